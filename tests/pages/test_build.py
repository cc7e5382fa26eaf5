"""A build executes what it has to, keeps the rest, and leaves whole what it cannot finish."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from coursekit.pages.build import build
from coursekit.pages.notebook import code_cells, pages
from coursekit.pages.pictures import smaller_png
from coursekit.paths import ROOT
from coursekit.rules.check import check
from tests.support.processes import HANGS
from tests.support.small_course import Course

# Tells executions apart.
STAMP = "\n```{code-cell} ipython3\nimport time\nprint(time.time_ns())\n```\n"


def run(course: Course, **options):
    return build(pages(course.root), **options)


def stamp(course: Course) -> str:
    return code_cells(course.notebook())[-1].outputs[0].text


@pytest.fixture
def stamped(course: Course) -> Course:
    course.source += STAMP
    assert run(course).executed == ["chapters/page"]
    return course


def test_a_built_notebook_runs_alone_holds_its_outputs_and_passes_the_check(course: Course) -> None:
    assert run(course).errors == []
    setup, parameters, last = code_cells(course.notebook())
    assert setup.outputs == []
    assert parameters.metadata.tags == ["parameters"]
    assert last.outputs[0].data["application/vnd.lab.record+json"]["epochs"]["n"] == 30
    assert last.outputs[1].text == "8\n"
    assert not (course.root / "chapters/lab.py").exists()
    assert check(course.root) == []


@pytest.mark.slow
def test_what_a_plotting_cell_returns_is_left_out_and_other_results_stay(course: Course) -> None:
    plot = "print(1)\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])"
    course.source += f"\n```{{code-cell}} ipython3\n{plot}\n```\n"
    course.source += "\n```{code-cell} ipython3\n6 * 7\n```\n"
    assert build([course.page]).errors == []
    *_, plotting, other = code_cells(course.notebook())
    printed, picture = plotting.outputs
    assert printed.text == "1\n"
    assert "image/png" in picture.data
    assert [output.data["text/plain"] for output in other.outputs] == ["42"]


@pytest.mark.slow
def test_two_builds_give_the_same_bytes(course: Course) -> None:
    run(course)
    first = course.page.notebook.read_bytes()
    assert run(course, force=True).executed == ["chapters/page"]
    assert course.page.notebook.read_bytes() == first


@pytest.mark.slow
def test_an_unchanged_page_is_left_untouched(stamped: Course) -> None:
    before = stamped.page.notebook.stat().st_mtime_ns
    assert run(stamped).unchanged == ["chapters/page"]
    assert stamped.page.notebook.stat().st_mtime_ns == before


@pytest.mark.slow
def test_changed_text_refreshes_the_notebook_and_keeps_its_outputs(stamped: Course) -> None:
    before = stamp(stamped)
    stamped.source = stamped.source.replace("It takes", "It took")
    assert run(stamped).refreshed == ["chapters/page"]
    assert "It took 15" in stamped.notebook().cells[0].source
    assert stamp(stamped) == before


def test_a_changed_comment_in_the_engine_refreshes_the_setup_cell_only(stamped: Course) -> None:
    before, lab = stamp(stamped), stamped.root / "lab/engine.py"
    lab.write_text(lab.read_text().replace("# as it says", "# twice as much"))
    assert run(stamped).refreshed == ["chapters/page"]
    assert "# twice as much" in code_cells(stamped.notebook())[0].source
    assert stamp(stamped) == before


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ("page", "the page's code changed"),
        ("engine", "lab.py, made of lab/, changed"),
        ("both", "the page's code changed; lab.py, made of lab/, changed"),
        ("version", "it was made with numpy 1.0, installed is "),
        ("record", "it does not say that it was executed with this code"),
        ("force", "that was asked for"),
    ],
)
@pytest.mark.slow
def test_what_could_change_outputs_is_executed_again_and_the_reason_said_before(
    stamped: Course, changed: str, why: str
) -> None:
    before, lab = stamp(stamped), stamped.root / "lab/engine.py"
    if changed in ("page", "both"):
        stamped.source = stamped.source.replace("seeds = 30", "seeds = 31")
    if changed in ("engine", "both"):
        lab.write_text(lab.read_text().replace("return 2 * x", "return x + x"))
    if changed == "version":
        stamped.edit_notebook(lambda nb: nb.metadata.course.built.versions.update(numpy="1.0"))
    if changed == "record":
        stamped.edit_notebook(lambda nb: nb.metadata.course.built.pop("code"))
    told: list[tuple[str, str]] = []
    result = run(
        stamped,
        force=changed == "force",
        tell=lambda line: told.append((line, stamp(stamped))),
    )
    assert result.executed == ["chapters/page"]
    after = stamp(stamped)
    assert after != before
    (first, stamp_at_first), last = told
    assert first.startswith(f"chapters/page: to be executed, since {why}")
    assert stamp_at_first == before
    assert last == ("chapters/page: executed", after)


@pytest.mark.slow
def test_the_command_says_what_becomes_of_each_page_and_draws_no_bar_into_a_log(
    stamped: Course, capsys: pytest.CaptureFixture
) -> None:
    (stamped.root / "chapters/new.md").write_text(stamped.source)
    stamped.source = stamped.source.replace("It takes", "It took")
    assert stamped.command("build") == 0
    assert capsys.readouterr() == (
        "chapters/new: to be executed, since it has no notebook yet\n"
        "chapters/page: text refreshed, outputs kept\n"
        "chapters/new: executed\n",
        "",
    )
    assert stamped.command("build", "page") == 0
    assert capsys.readouterr() == ("chapters/page: up to date\n", "")


def test_a_failing_page_keeps_its_old_notebook_and_names_file_cell_and_error(
    stamped: Course, capsys: pytest.CaptureFixture
) -> None:
    before = stamped.page.notebook.read_bytes()
    stamped.source = stamped.source.replace("double(4)", "double(4) / 0")
    assert stamped.command("build") == 1
    error = capsys.readouterr().err
    assert f"{stamped.page.source}, code cell 3 ('from lab import double, record')" in error
    assert "ZeroDivisionError: division by zero" in error
    assert "\x1b" not in error
    assert stamped.page.notebook.read_bytes() == before
    assert sorted(path.name for path in stamped.page.notebook.parent.iterdir()) == [
        "page.ipynb",
        "page.md",
    ]


@pytest.mark.slow
def test_a_failing_page_does_not_stop_the_others(course: Course) -> None:
    (course.root / "chapters/good.md").write_text(course.source)
    course.source = course.source.replace("double(4)", "nothing")
    result = run(course, jobs=2)
    assert result.executed == ["chapters/good"]
    assert len(result.errors) == 1


@pytest.mark.slow
def test_a_kernel_that_dies_is_an_error_of_its_page(course: Course) -> None:
    course.source = course.source.replace("print(double(4))", "import os; os._exit(1)")
    (error,) = run(course).errors
    assert "DeadKernelError" in error
    assert not course.page.notebook.exists()


def test_a_page_that_cannot_be_converted_is_an_error_of_its_page(course: Course) -> None:
    course.source = course.source.replace("It takes", "{novel}`It` takes")
    assert "page.md, line 15: no plain Markdown is known" in run(course).errors[0]


def test_an_unknown_page_is_refused_with_the_known_ones(
    course: Course, capsys: pytest.CaptureFixture
) -> None:
    assert course.command("build", "pgae") == 1
    assert capsys.readouterr().err == "no page pgae; there are: chapters/page\n"


def test_only_the_chosen_page_is_built(course: Course) -> None:
    (course.root / "chapters/other.md").write_text(course.source)
    assert build(pages(course.root, ["chapters/page.md"])).executed == ["chapters/page"]


@pytest.mark.slow
def test_an_interrupted_build_stops_its_kernels_and_keeps_the_old_notebook(stamped: Course) -> None:
    before = stamped.page.notebook.read_bytes()
    started = stamped.root / "pid"
    wait = (
        "import os, pathlib, time\n"
        f"pathlib.Path({str(started)!r}).write_text(str(os.getpid()))\ntime.sleep({HANGS})"
    )
    stamped.source += f"\n```{{code-cell}} ipython3\n{wait}\n```\n"
    process = subprocess.Popen(
        [sys.executable, "-m", "coursekit", "--root", str(stamped.root), "build"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        # What a script starts in the background ignores Ctrl-C, and hands that on to this test.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + HANGS
    while not (started.exists() and started.read_text()):
        assert time.monotonic() < deadline, "the build did not start"
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=HANGS)
    assert process.returncode == 130
    assert "interrupted; notebooks not yet finished are as they were" in error
    assert "Traceback" not in error
    assert stamped.page.notebook.read_bytes() == before
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


@pytest.mark.slow
def test_several_pages_run_at_once(course: Course) -> None:
    """Each page waits until the other has started."""
    meet = (
        "import pathlib, time\nfolder = pathlib.Path({folder!r})\n(folder / {me!r}).touch()\n"
        "for _ in range(10 * {hangs}):\n    if (folder / {other!r}).exists():\n        break\n"
        "    time.sleep(0.1)\n"
        "else:\n    raise TimeoutError"
    )
    source = course.source
    for me, other in (("page", "other"), ("other", "page")):
        code = meet.format(folder=str(course.root), me=me, other=other, hangs=HANGS)
        (course.root / f"chapters/{me}.md").write_text(
            source + f"\n```{{code-cell}} ipython3\n{code}\n```\n"
        )
    assert run(course, jobs=2).errors == []


@pytest.mark.slow
def test_pictures_shrink_without_a_visible_change_and_carry_their_alternative_text(
    course: Course,
) -> None:
    course.source += (
        "\n```{code-cell} ipython3\n---\nmystnb: {image: {alt: A rising line.}}\n---\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);\n```\n"
    )
    run(course)
    (output,) = code_cells(course.notebook())[-1].outputs[-1:]
    assert output.metadata["image/png"]["alt"] == "A rising line."
    assert Image.open(BytesIO(base64.b64decode(output.data["image/png"]))).mode == "P"
    assert check(course.root) == []


def test_a_plot_gets_a_palette_and_a_photograph_does_not() -> None:
    plot = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(plot).line((0, 0, 200, 150), fill="blue", width=3)
    gradient = Image.merge(
        "RGB", [Image.linear_gradient("L").rotate(90 * turn) for turn in range(3)]
    )
    for image, mode in ((plot, "P"), (gradient, "RGB")):
        file = BytesIO()
        image.save(file, "PNG", compress_level=0)
        made = smaller_png(file.getvalue())
        assert Image.open(BytesIO(made)).mode == mode
        assert len(made) < len(file.getvalue())


def test_nothing_of_the_run_stays_in_a_notebook(stamped: Course) -> None:
    stored = json.loads(stamped.page.notebook.read_text())
    assert stored["metadata"].keys() == {"course", "kernelspec", "language_info", "license"}
    assert stored["metadata"]["language_info"] == {"name": "python"}
    assert all("execution" not in cell["metadata"] for cell in stored["cells"])


@pytest.mark.slow
def test_hours_of_runs_are_kept_when_only_engine_or_versions_changed(course: Course) -> None:
    course.source += "\n```{code-cell} ipython3\nruns = len  # until_narrow(\n```\n" + STAMP
    assert run(course).executed == ["chapters/page"]
    assert course.notebook().metadata.course.built["processor"]
    before, lab = stamp(course), course.root / "lab/engine.py"
    lab.write_text(lab.read_text().replace("return 2 * x", "return x + x"))
    course.edit_notebook(lambda nb: nb.metadata.course.built.versions.update(numpy="1.0"))
    assert run(course).refreshed == ["chapters/page"]
    assert "return x + x" in code_cells(course.notebook())[0].source
    assert course.notebook().metadata.course.built.versions.numpy == "1.0"
    assert check(course.root) == []
    assert run(course).unchanged == ["chapters/page"]
    assert stamp(course) == before
    course.source = course.source.replace("runs = len", "runs = max")
    assert run(course).executed == ["chapters/page"]
