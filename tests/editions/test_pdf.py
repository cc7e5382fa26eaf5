"""The book on paper: one PDF of its pages."""

import shutil
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
import yaml

from coursekit.paths import ROOT
from tests.support.browsing import need_chromium


@pytest.mark.slow
def test_the_pdf_holds_the_pages_in_order_with_an_outline_and_links_within(
    book: Path, tmp_path: Path
) -> None:
    need_chromium()
    files = ["index", "chapters/noise", "pages/notation"]
    part = {"caption": "A part", "chapters": [{"file": file} for file in files[1:]]}
    contents = {"format": "jb-book", "root": files[0], "parts": [part]}
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(contents))
    shutil.copy(ROOT / "_config.yml", tmp_path)
    out = tmp_path / "book.pdf"
    # Apart, since a process has one Playwright at a time.
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from coursekit.editions.pdf import write_pdf\n"
        "print(write_pdf(*map(Path, sys.argv[1:])))"
    )
    command = [sys.executable, "-c", code, str(book), str(tmp_path), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    with pikepdf.open(out) as pdf, pdf.open_outline() as outline:
        assert len(pdf.pages) == int(done.stdout) > 10
        _, part = outline.root
        assert part.title == "A part" and len(part.children) == 2
        links = [link for page in pdf.pages for link in page.get("/Annots", [])]
        assert not [link for link in links if "file:" in str(link.get("/A", {}).get("/URI", ""))]
        within = [link.Dest[0] for link in pdf.pages[0].Annots if "/Dest" in link]
        assert pdf.pages[len(pdf.pages) - 1].obj not in within
        assert any(page.obj in within for page in pdf.pages)
