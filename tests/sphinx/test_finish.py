"""What the course does to the theme's HTML."""

import os
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from coursekit.sphinx.finish import finish, lighter

PAGE = """<!DOCTYPE html>
<html lang="en"><head><script src="_static/sphinx-thebe.js"></script>
<script>let keep = "a < b";</script></head>
<body><main><h1>One &amp; two<a href="#x">#</a></h1>
<div class="admonition dropdown note">
<p class="admonition-title">Solution</p><p>Because <code>x</code>.</p></div>
<div><style scoped>.dataframe th { text-align: right; }</style>
<table class="dataframe"><thead><tr><th></th><th>mean</th></tr></thead>
<tbody><tr><th>a</th><td>1</td></tr></tbody></table></div>
<pre>  two
   lines</pre>
<img alt="A curve." src="first.png" /><img alt="Another curve." src="second.png" />
</main></body></html>
"""


@pytest.fixture
def finished(tmp_path: Path) -> BeautifulSoup:
    for name, size in (("first", (30, 20)), ("second", (300, 200))):
        Image.new("RGB", size, "white").save(tmp_path / f"{name}.png")
    return BeautifulSoup(finish(PAGE, tmp_path), "html.parser")


def test_finishing_a_finished_page_changes_nothing(tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 50).save(tmp_path / "first.png")
    once = finish(PAGE, tmp_path)
    assert finish(once, tmp_path) == once
    assert once != PAGE


def test_text_scripts_and_listings_stay_as_they_are(finished: BeautifulSoup) -> None:
    assert str(finished.find("script")) == '<script>let keep = "a < b";</script>'
    assert finished.pre.string == "  two\n   lines"
    assert "One &amp; two" in str(finished.h1)


def test_the_script_that_would_need_a_cdn_is_gone(finished: BeautifulSoup) -> None:
    assert "thebe" not in str(finished)


def test_a_fold_is_the_browsers_own(finished: BeautifulSoup) -> None:
    fold = finished.details
    assert fold.summary.string == "Solution"
    assert fold.p.get_text() == "Because x."


def test_a_table_scrolls_in_a_named_box_that_the_keyboard_reaches(finished: BeautifulSoup) -> None:
    box = finished.table.parent
    assert (box["role"], box["tabindex"]) == ("region", "0")
    assert box["aria-label"] == "Table 1: One & two"


def test_a_table_of_pandas_comes_without_rules_that_html_has_given_up(
    finished: BeautifulSoup,
) -> None:
    assert not finished.select("main style")


def test_headings_of_a_table_say_what_they_head_and_the_empty_corner_is_none(
    finished: BeautifulSoup,
) -> None:
    headings = [(cell.get_text(), cell["scope"]) for cell in finished.table.find_all("th")]
    assert headings == [("mean", "col"), ("a", "row")]


def test_images_have_their_size_and_those_below_load_late(finished: BeautifulSoup) -> None:
    first, second = finished.find_all("img")
    assert (first["width"], first["height"], first.get("loading")) == ("30", "20", None)
    assert (second["width"], second["height"], second.get("loading")) == ("300", "200", "lazy")


def test_a_lighter_image_shows_the_same(tmp_path: Path) -> None:
    path = tmp_path / "plot.png"
    with Image.linear_gradient("L") as drawn:
        drawn.convert("RGB").save(path)
    light = lighter(path)
    assert light.suffix == ".webp"
    assert light.stat().st_size < path.stat().st_size
    with Image.open(light) as new, Image.open(path) as old:
        assert new.convert("RGB").tobytes() == old.tobytes()


def test_a_picture_that_has_changed_is_made_lighter_again(tmp_path: Path) -> None:
    path = tmp_path / "plot.png"
    Image.linear_gradient("L").convert("RGB").save(path)
    light = lighter(path)
    assert light.suffix == ".webp"
    Image.linear_gradient("L").rotate(180).convert("RGB").save(path)
    # Clocks of files are coarse.
    os.utime(path, (path.stat().st_atime, light.stat().st_mtime + 2))
    with Image.open(lighter(path)) as new, Image.open(path) as old:
        assert new.convert("RGB").tobytes() == old.tobytes()
