"""Names that some code uses, sets or imports."""

import ast


def names_used(sources: list[str]) -> set[str]:
    """Global names that some code reads, or names in a string."""
    found = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value.isidentifier()
            ):
                found.add(node.value)
    return found


def imports_of(source: str) -> tuple[str, dict[str, str]]:
    """The imports in some code: their text, and for each name its ``module`` or ``module:attribute``."""
    lines, names = [], {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            lines.append(ast.unparse(node))
            names |= {one.asname: one.name for one in node.names if one.asname}
            names |= {
                one.name: one.name for one in node.names if not one.asname and "." not in one.name
            }
        elif isinstance(node, ast.ImportFrom):
            lines.append(ast.unparse(node))
            names |= {one.asname or one.name: f"{node.module}:{one.name}" for one in node.names}
    return "\n".join(lines), names


def names_set(source: str) -> set[str]:
    """Global names that some code sets."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found
