"""Names that some code uses, sets or imports."""

import ast
import symtable


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


def attributes_of(name: str, sources: list[str]) -> list[str]:
    """What some code takes from a name: ``layers.Dense`` of ``keras``; an empty text where it uses
    the name alone.
    """
    found, inner = set(), set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):  # what is outermost comes first
            labels, one = [], node
            while isinstance(one, ast.Attribute):
                labels.append(one.attr)
                one = one.value
            if isinstance(one, ast.Name) and one.id == name and id(one) not in inner:
                inner.add(id(one))
                found.add(".".join(reversed(labels)))
    return sorted(found)


def imports_of(source: str) -> tuple[str, dict[str, str]]:
    """The imports in some code: their text, and for each name its ``module`` or
    ``module:attribute``.
    """
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
    """Global names that some code sets, imports and functions that say ``global`` included."""
    top = symtable.symtable(source, "<cell>", "exec")
    tables, found = [top], set()
    for table in tables:
        tables += table.get_children()
        for one in table.get_symbols():
            if one.is_global() or table is top:
                found |= {one.get_name()} if one.is_assigned() or one.is_imported() else set()
    return found
