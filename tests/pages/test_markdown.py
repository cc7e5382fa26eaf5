"""The converter gives plain Markdown, and refuses what has no plain form."""

import pytest

from coursekit.pages.book import Book, load_book
from coursekit.pages.markdown import to_markdown
from coursekit.pages.myst import MystError, raw_myst


@pytest.fixture
def book(course) -> Book:
    course.source = """\
---
a: b
---
# A page

(middle)=
## The middle

$$ a = b $$ (first)

$$ c = d $$ (second)

(why)=
```{admonition} Why?
Because.
```
"""
    (course.root / "chapters/picture.png").write_bytes(b"png")
    return load_book(course.root)


def convert(text: str, book: Book) -> str:
    return to_markdown(text, "chapters/page", book)


@pytest.mark.parametrize(
    ("myst", "markdown"),
    [
        ("{term}`batch`", "batch"),
        ("{term}`batches <batch>`", "batches"),
        ("{math}`x^2`", "$x^2$"),
        ("{sub}`2`", "<sub>2</sub>"),
        ("{ref}`middle`", "The middle"),
        ("{ref}`here <middle>`", "here"),
        ("{ref}`why`", "Why?"),
        ("{doc}`../index`", "The *course*"),
        ("{doc}`front <../index>`", "front"),
        ("{doc}`/chapters/page`", "A page"),
        ("[front](../index.md)", "front"),
        ("[front](../index.md#front)", "front"),
        ("[](#middle)", "The middle"),
        ("[there](middle)", "there"),
        ("[web](https://keras.io/a)", "[web](https://keras.io/a)"),
        ("{eq}`second`", "(2)"),
        ("{cite:t}`ioffe2015`", "[Ioffe & Szegedy (2015)](https://arxiv.org/abs/1502.03167)"),
        ("{cite}`bishop1995`", "([Bishop, 1995](https://doi.org/10.1162/neco.1995.7.1.108))"),
        (
            "{cite:p}`bishop1995,santurkar2018`",
            "([Bishop, 1995](https://doi.org/10.1162/neco.1995.7.1.108); Santurkar et al., 2018)",
        ),
        ("a role\nthat {term}`breaks\nlines`", "a role\nthat breaks\nlines"),
        ("`{term}` and ``{ref}`x` `` in code", "`{term}` and ``{ref}`x` `` in code"),
        ("```python\nx = '{term}`a`'\n```", "```python\nx = '{term}`a`'\n```"),
        ("15 <!-- = a.b --> epochs", "15<!-- = a.b --> epochs"),
        ("It holds\n<!-- = a.b -->.", "It holds<!-- = a.b -->."),
        ("It holds {claim}`C14`.", "It holds (claim C14)."),
        ("It holds. {claim}`C14`", "It holds. (claim C14)"),
        ("It holds{claim}`C14`.", "It holds (claim C14)."),
        ("It holds.{claim}`C14` So", "It holds. (claim C14) So"),
        ("{claim}`C14` {claim}`C15`", "(claim C14) (claim C15)"),
        ("`{claim}` in code", "`{claim}` in code"),
        ("(target)=\n## Heading", "## Heading"),
        ("% said to authors\ntext", "text"),
        ("$$ a = b $$ (first)", "$$\na = b\n\\tag{1}\n$$"),
        ("$$\na = b\n$$", "$$\na = b\n$$"),
        ("$$\nc = d\n$$ (second)", "$$\nc = d\n\\tag{2}\n$$"),
        ("```{note}\nA {term}`b`.\n```", "> **Note**\n>\n> A b."),
        (":::{note} First\nA.\n:::", "> **Note**\n>\n> First\n>\n> A."),
        ("```{admonition} A title\n:class: tip\nB.\n```", "> **A title**\n>\n> B."),
        ("::::{note}\n:::{note}\nA\n:::\n::::", "> **Note**\n>\n> > **Note**\n> >\n> > A"),
        ("- item\n  ```{note}\n  A.\n  ```", "- item\n\n  > **Note**\n  >\n  > A."),
        (
            "```{admonition} Why?\n:class: note dropdown\nB.\n```",
            "<details>\n<summary><b>Why?</b></summary>\n\nB.\n\n</details>",
        ),
        ("![A dot.](picture.png)", "![A dot.](data:image/png;base64,cG5n)"),
    ],
)
def test_myst_becomes_plain_markdown(book: Book, myst: str, markdown: str) -> None:
    assert convert(myst, book).strip() == markdown


def test_nothing_raw_is_left_of_a_whole_page(book: Book) -> None:
    text = "(t)=\n# A\n\n```{note}\n{term}`a`\n```\n\n% no\n\n:::{note}\n{math}`x`\n:::\n"
    assert raw_myst(convert(text, book)) == []


def test_links_go_to_the_public_book_once_it_has_an_address(course) -> None:
    (course.root / "_config.yml").write_text("html: {baseurl: 'https://example.org/book/'}")
    course.source = "(the_middle)=\n# A\n"
    book = load_book(course.root)
    linked = "[A](https://example.org/book/chapters/page.html#the-middle)"
    assert convert("{ref}`the_middle`", book) == linked
    assert convert("[f](../index.md)", book) == "[f](https://example.org/book/index.html)"


@pytest.mark.parametrize(
    ("myst", "line", "message"),
    [
        ("a\n\n{unknown}`b`", 3, "role {unknown}"),
        ("a\n```{unknown}\n```", 2, "directive {unknown}"),
        # The book would show these, but no page with a notebook has any.
        ("```{math}\n:label: second\nc = d\n```", 1, "directive {math}"),
        ("```{code-block} python\nx = 1\n```", 1, "directive {code-block}"),
        (":::{seealso}\nA.\n:::", 1, "directive {seealso}"),
        (":::{dropdown} More\nB.\n:::", 1, "directive {dropdown}"),
        ("```{list-table} Rates\n* - a\n  - b\n```", 1, "directive {list-table}"),
        ("```{figure} picture.png\n:alt: A dot.\n```", 1, "directive {figure}"),
        ("```{exercise} Twice\nDo.\n```", 1, "directive {exercise}"),
        ("```{bibliography}\n```", 1, "directive {bibliography}"),
        ("{numref}`drawing`", 1, "role {numref}"),
        ("```{note}\na\n\n{unknown}`b`\n```", 4, "role {unknown}"),
        ("```{note}\na", 1, "never closed"),
        ("a\n\n````{note}\nb\n```", 3, "never closed"),
        ("- ```{note}\n  a\n  ```", 1, "does not begin its line"),
        ("```{note}\n---\na: [\n---\n```", 1, "not YAML"),
        ("{ref}`nowhere`", 1, "nothing in the book is labelled 'nowhere'"),
        ("{doc}`nowhere`", 1, "no page 'chapters/nowhere'"),
        ("{eq}`nowhere`", 1, "no equation labelled 'nowhere'"),
        ("{cite}`nobody1900`", 1, "no work 'nobody1900'"),
        ("[data](data.csv)", 1, "dead in a lone notebook"),
        ("![](picture.png)", 1, "alternative text"),
        ("![A dot.](missing.png)", 1, "no picture missing.png"),
        ("a[^1]", 1, "no plain form"),
        ("{{ version }}", 1, "no plain form"),
    ],
)
def test_what_has_no_plain_form_is_refused_with_its_line(
    book: Book, myst: str, line: int, message: str
) -> None:
    with pytest.raises(MystError) as error:
        convert(myst, book)
    assert message in str(error.value)
    assert error.value.line == line


@pytest.mark.parametrize(
    "raw", ["{term}`a`", "```{note}\na\n```", ":::", "(here)=", "{{ a }}", "[^1]", "% hidden"]
)
def test_raw_markup_is_found_in_text_but_not_in_code(raw: str) -> None:
    assert raw_myst(f"text\n{raw}\ntext")
    assert not raw_myst(f"text\n\n````\n{raw}\n````\n\ntext")


def test_raw_markup_is_found_in_html() -> None:
    assert raw_myst("<details>\n<summary>{term}`a`, $x$</summary>\n</details>") == ["{term}"]
