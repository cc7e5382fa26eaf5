"""Where things lie."""

from pathlib import Path

# The course's folder, which holds the book and this package.
ROOT = Path(__file__).parents[1]

# What npm installs of playground/package.json.
NODE_MODULES = ROOT / "playground/node_modules"

# Pages of the book that run no code: their files, and those that tools know by name.
TEXTS = ("index.md", "pages/*.md")
GLOSSARY, INSTRUCTORS, LEDGER, PLAYGROUND = (
    f"pages/{name}" for name in ("glossary", "instructors", "ledger", "playground")
)

# The examples of the playground, for the worked examples and the exercises of the chapters.
EXAMPLES = "playground/src/examples.json"
# What Keras recorded of them: curves, and a picture of each.
RECORDED, PICTURES = "playground/src/recorded.json", "playground/recorded"
# The playground as one script, made of its modules.
BUNDLE = "vendor/playground"


def texts(root: Path) -> list[Path]:
    """The files of a course's pages that run no code."""
    return sorted(path for name in TEXTS for path in root.glob(name))
