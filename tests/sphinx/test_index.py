"""The index has each term of the glossary and leads to its first link in each page."""

import re

import pytest

from tests.support.books import build_small
from tests.support.small_course import Course

PAGES = {
    "index": "# Book\n\n```{toctree}\none\ntwo\npages/glossary\n```\n",
    "one": "# The *first* page {term}`epoch`\n\n"
    "A {term}`batch`, {term}`Batches <batch>`, {term}`mini-batch`.\n\n"
    "```{note}\n{term}`epoch`\n```\n",
    "two": "# Second\n\nNo {term}`CNN`, but {term}`batches <batch>`.\n",
    "pages/glossary": "# Glossary\n\n```{glossary}\nbatch\nmini-batch\n  Some.\n\n"
    "CNN\n  Layers.\n\nepoch\n  All.\n```\n",
}


@pytest.mark.slow
def test_each_term_leads_to_the_glossary_and_to_its_first_link_in_each_page(course: Course) -> None:
    for name, text in PAGES.items():
        (course.root / f"{name}.md").write_text(text)
    done = build_small(course.root, "index")
    assert done.returncode == 0, done.stdout + done.stderr
    html = course.root / "html"
    index = (html / "genindex.html").read_text().split('class="sphinxsidebar"')[0]
    entries = re.findall(r'<li><a href="([^"]+)">(?:<strong>)?([^<]+?)(?:</strong>)?</a>', index)
    assert entries == [
        ("pages/glossary.html#term-batch", "batch"),
        ("two.html#use-of-batch", "Second"),
        ("one.html#use-of-batch", "The first page epoch"),
        ("pages/glossary.html#term-CNN", "CNN"),
        ("two.html#use-of-cnn", "Second"),
        ("pages/glossary.html#term-epoch", "epoch"),
        ("one.html#use-of-epoch", "The first page epoch"),
        ("pages/glossary.html#term-mini-batch", "mini-batch"),
    ]
    one = (html / "one.html").read_text()
    first, more = one.split('id="use-of-batch"')
    assert "batch" not in first.split("</h1>")[1]
    assert re.match(r'></span><a [^>]*href="pages/glossary.html#term-batch"', more)
    assert one.count('id="use-of-') == 2
