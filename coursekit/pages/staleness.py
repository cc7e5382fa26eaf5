"""Why a notebook's outputs are not those that its page would give now."""

from nbformat import NotebookNode

from coursekit.pages.notebook import code_cells, code_hash, essence, is_sampled, is_setup
from coursekit.pages.registry import REGISTRY

# Of what the files are made that a notebook writes for itself, if not of the engine.
MADE_OF = {"claims.json": f"{REGISTRY}/"}
BUNDLE, ENGINE = "lab.py", "lab/"
OWN = ""  # stands for the cells that are the page's own
OWN_CHANGED = "the page's code changed"


def reasons(old: NotebookNode, new: NotebookNode, versions: dict[str, str]) -> list[str]:
    """Say what changed since a notebook was executed; nothing if its outputs are still right.

    ``old`` is the stored notebook, ``new`` what its page gives now, ``versions`` are those of the
    installed packages. Neither these nor the engine make a notebook stale whose runs take hours:
    a test trains a sample of them anew with what is there now.
    """
    made_by = old.metadata.get("course", {}).get("built", {})
    found = _changed_code(old, new) if made_by.get("code") != code_hash(new) else []
    if is_sampled(new):
        return found
    for name, version in versions.items():
        made_with = made_by.get("versions", {}).get(name, "none")
        if made_with != version:
            found.append(f"it was made with {name} {made_with}, installed is {version}")
    return found


def _changed_code(old: NotebookNode, new: NotebookNode) -> list[str]:
    before, after = _code(old), _code(new)
    changed = [name for name in before | after if before.get(name) != after.get(name)]
    said = [
        f"{name}, made of {MADE_OF.get(name, ENGINE)}, changed" if name else OWN_CHANGED
        for name in changed
        if not (is_sampled(new) and name == BUNDLE)
    ]
    # Whoever edits a notebook by hand may leave its code as it was, and not what it says of itself.
    return said if changed else ["it does not say that it was executed with this code"]


def _code(notebook: NotebookNode) -> dict[str, list[str]]:
    """What each file that the notebook writes for itself, and its own cells, come down to."""
    code: dict[str, list[str]] = {OWN: []}
    for cell in code_cells(notebook):
        name = cell.source.split()[1] if is_setup(cell) else OWN
        code.setdefault(name, []).append(essence(cell.source))
    return code
