"""Let Lighthouse rate every page of the built book, and write the table pages_results.md.

Run it with `make benchmark-pages`, which installs what it needs, after `make book`.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from tqdm import tqdm

from coursekit.browser import INSTALL, Quiet, chromium, serve
from coursekit.paths import NODE_MODULES, ROOT

BOOK = ROOT / "_build/html"
OUT = Path(__file__).with_name("pages_results.md")
CONFIG = (ROOT / "_config.yml").read_text(encoding="utf-8")
CATEGORIES = ("performance", "accessibility", "best-practices")


class Server(Quiet):
    """Serves files as public hosts do: text compressed."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file() or path.suffix not in (".html", ".css", ".js", ".svg"):
            return super().do_GET()
        body = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def pages() -> list[str]:
    """All pages as addresses under the book's, without parts of the theme and old addresses."""
    old = {
        f"{name}.html" for name in yaml.safe_load(CONFIG)["sphinx"]["config"]["course_redirects"]
    }
    found = [path.relative_to(BOOK) for path in BOOK.rglob("*.html")]
    return sorted({path.as_posix() for path in found if path.parts[0] != "_static"} - old)


def rate(url: str) -> dict:
    """Give Lighthouse's report of a page as a desktop browser sees it."""
    node = Path(sys.executable).with_name("node")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        command = [str(node), str(NODE_MODULES / "lighthouse/cli/index.js"), url, "--quiet"]
        command += ["--preset=desktop", f"--only-categories={','.join(CATEGORIES)}"]
        command += ["--output=json", f"--output-path={out}"]
        command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
        environment = {**os.environ, "CHROME_PATH": chromium()}
        subprocess.run(command, check=True, env=environment, timeout=300, capture_output=True)
        return json.loads(out.read_text(encoding="utf-8"))


def row(page: str, report: dict) -> str:
    """Give a page's line of the table."""
    scores = [round(100 * report["categories"][name]["score"]) for name in CATEGORIES]
    audits = report["audits"]
    kilobytes = audits["total-byte-weight"]["numericValue"] / 1000
    shift = audits["cumulative-layout-shift"]["numericValue"]
    numbers = [*map(str, scores), f"{kilobytes:,.0f}", f"{shift:.3f}"]
    return f"| {page.removesuffix('.html')} | {' | '.join(numbers)} |"


def main() -> None:
    if not chromium():
        sys.exit(f"no Chromium; install it: {INSTALL}")
    if not (BOOK / "index.html").exists():
        sys.exit(f"{BOOK} holds no book; run: make book")
    chosen = sys.argv[1:] or pages()
    with serve(BOOK, Server) as address:
        reports = {page: rate(address + page) for page in tqdm(chosen, leave=False)}
    version = next(iter(reports.values()))["lighthouseVersion"]
    size = sum(path.stat().st_size for path in BOOK.rglob("*") if path.is_file()) / 1e6
    lines = [
        "# The book's pages, rated by Lighthouse",
        "",
        f"Lighthouse {version}, desktop settings, served locally, text compressed; written by",
        "`make benchmark-pages`. Scores are out of 100. Weight is what the browser loads before",
        "anybody scrolls, MathJax included; shift is how far what one reads moves while the page",
        f"loads. The whole book has {size:.1f} MB, notebooks to download included.",
        "",
        "| page | performance | accessibility | best practices | kB | shift |",
        "|---|---:|---:|---:|---:|---:|",
        *(row(page, report) for page, report in reports.items()),
    ]
    table = "\n".join(lines) + "\n"
    print(table)
    if not sys.argv[1:]:
        OUT.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
