"""Run the notebook of an exercise with few seeds and epochs, and tell the points of its checks.

python .github/checks.py dropout/max_norm
"""

import json
import os
import sys
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

HERE = Path(__file__).resolve().parent


def main(name: str) -> int:
    """Print a table, which GitHub shows with the run; return whether points are missing."""
    told = json.loads((HERE / "checks.json").read_text(encoding="utf-8"))[name]
    path = HERE.parent / f"{name}.ipynb"
    found = outcomes(path, told["parameters"]) if path.exists() else {}
    rows, reached = [], 0
    for check, points in told["checks"].items():
        message = found.get(check, "Its cell is missing.")
        reached += 0 if message else points
        words = " ".join(message.split()).replace("|", "/")[:300]
        rows.append(f"| {check} | {0 if message else points:g} of {points:g} | {words} |")
    total = sum(told["checks"].values())
    print(f"### Points of {name}: {reached:g} of {total:g}\n")
    print("| check | points | message |\n|---|---|---|", *rows, sep="\n")
    if told["answers"]:
        print(f"\nFor answers in words a person gives up to {told['answers']:g} more.")
    print("\nThese points are a first answer. Grades come from checks that see more.\n")
    return int(reached < total)


def outcomes(path: Path, parameters: dict) -> dict[str, str]:
    """What each check said, empty where it passed. What the cells print goes elsewhere."""
    table, sys.stdout = sys.stdout, sys.stderr
    os.chdir(path.parent)
    sys.path.insert(0, "")
    shell = InteractiveShell.instance()
    shell.run_line_magic("colors", "nocolor")
    said = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        metadata, source = cell["metadata"], "".join(cell["source"])
        tags = metadata.get("tags", [])
        if cell["cell_type"] != "code" or "results" in tags:
            continue
        if "parameters" in tags:
            source += "".join(f"\n{name} = {value!r}" for name, value in parameters.items())
        done = shell.run_cell(source)
        graded = metadata.get("nbgrader", {})
        if graded.get("grade"):
            error = done.error_before_exec or done.error_in_exec
            said[graded.get("grade_id")] = (str(error) or type(error).__name__) if error else ""
    sys.stdout = table
    return said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
