"""Pictures in answers are kept, as nothing but pictures."""

import base64
import io
import re

import pytest
from nbformat import NotebookNode
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.support.restored import at, restored


def picture(
    kind: str = "PNG", size: tuple[int, int] = (8, 4), mode: str = "RGB", **more: object
) -> str:
    made = io.BytesIO()
    Image.new(mode, size).save(made, kind, **more)
    return base64.b64encode(made.getvalue()).decode()


def with_pictures(source: str, **attached: dict[str, str]) -> tuple[NotebookNode, list[str]]:
    """The answer as it is kept, with these files attached, and the notes."""

    def edit(nb: NotebookNode) -> None:
        nb.cells[at(nb, "conclusion")].update(source=source, attachments=attached)

    made, notes = restored(edit)
    return made.cells[at(made, "conclusion")], notes


def data_of(cell: NotebookNode, name: str) -> bytes:
    ((_, data),) = cell.attachments[name].items()
    return base64.b64decode(data)


def opened(cell: NotebookNode, name: str) -> Image.Image:
    return Image.open(io.BytesIO(data_of(cell, name)))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "L"), ("PNG", "1"), ("PNG", "I;16"), ("PNG", "P"), ("JPEG", "RGB"), ("JPEG", "CMYK")],
)  # fmt: skip
def test_a_picture_attached_to_an_answer_is_kept(kind: str, mode: str) -> None:
    given = {f"image/{kind.lower()}": picture(kind, mode=mode)}
    cell, notes = with_pictures("See ![mine](attachment:my%20plot.x)", **{"my plot.x": given})
    name = f"picture-1.{kind.lower()}"
    assert cell.source == f"See ![mine](attachment:{name})"
    assert (opened(cell, name).format, opened(cell, name).size) == (kind, (8, 4))
    assert notes == []


def test_a_kept_picture_is_written_anew_with_nothing_but_its_pixels() -> None:
    said = PngInfo()
    said.add_text("comment", "<script>alert(1)</script>")
    data = base64.b64decode(picture(pnginfo=said)) + b"<script>alert(2)</script>"
    cell, _ = with_pictures("![](attachment:a)", a={"image/png": base64.b64encode(data).decode()})
    assert b"script" not in data_of(cell, "picture-1.png")
    assert opened(cell, "picture-1.png").info == {}


def test_pictures_within_a_text_and_in_html_become_attachments() -> None:
    png = picture()
    source = f'![a](data:image/png;base64,{png}) <img width="9" src="attachment:b.png"/>'
    cell, notes = with_pictures(source, **{"b.png": {"image/png": png}})
    assert cell.source == "![a](attachment:picture-2.png) ![picture](attachment:picture-1.png)"
    assert set(cell.attachments) == {"picture-1.png", "picture-2.png"}
    assert notes == []


def test_a_name_that_is_ours_already_means_the_students_picture() -> None:
    given = {
        "zz": {"image/png": picture(size=(1, 1))},
        "picture-1.png": {"image/png": picture(size=(2, 2))},
    }
    cell, _ = with_pictures("![](attachment:zz) ![](attachment:picture-1.png)", **given)
    names = re.findall(r"attachment:([^)]+)", cell.source)
    assert [opened(cell, name).size for name in names] == [(1, 1), (2, 2)]


BAD = {
    "svg": {"image/svg+xml": "<svg/>"},
    "no base64": {"image/png": "no base64!"},
    "no picture": {"image/png": base64.b64encode(b"GIF89a").decode()},
    "gif": {"image/png": picture("GIF")},
    "cut": {"image/png": picture()[:60]},
    "huge": {"image/png": picture(size=(9000, 9000), mode="1")},
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_picture_is_taken_out_and_told(what: str) -> None:
    cell, notes = with_pictures("See ![x](attachment:a.png).", **{"a.png": BAD[what]})
    assert cell.source == "See ![x](attachment:none)."
    assert "attachments" not in cell
    (note,) = notes
    assert note.startswith("1 picture in the answer conclusion was taken out")
    assert "the file as it was handed in has" in note


def test_pictures_are_made_smaller_and_are_no_more_than_there_is_room_for() -> None:
    cell, _ = with_pictures("![](attachment:a)", a={"image/png": picture(size=(4000, 1000))})
    assert opened(cell, "picture-1.png").size == (1600, 400)
    many = {f"p{number}.png": {"image/png": picture()} for number in range(30)}
    cell, notes = with_pictures(" ".join(f"![](attachment:{name})" for name in many), **many)
    assert len(cell.attachments) == 20
    assert notes[0].startswith("10 pictures in the answer conclusion were taken out")
