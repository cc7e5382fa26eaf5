"""A class is graded with one command: everything is there in the end, whatever happens on the way."""

import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from coursekit.grading.grade import load_exercises
from coursekit.grading.results import Result, read_results
from coursekit.paths import ROOT
from tests.support.small_course import FRONT_MATTER

CELL = "```{{code-cell}} ipython3\n{}\n```\n"
PARTS = {
    "double": ("return 2 * x", 'expect(double(3) == 6, "Twice three is six.")'),
    "model": (
        "return keras.Sequential([keras.Input((2,)), keras.layers.Dropout(x)])",
        'expect(checks.disturbances(model(0.5), checks.points(200)), "Nothing is dropped.")',
    ),
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux"),
]


def page(secret: int) -> str:
    """A small exercise with two steps and an answer in words."""
    text = FRONT_MATTER + "# An exercise\n\n"
    text += CELL.format(":tags: [parameters]\n\nseeds = 30")
    text += CELL.format("import checks\nfrom checks import expect\n\nimport keras")
    for name, (body, check) in PARTS.items():
        lines = [
            f":nbgrader: {{kind: solution, id: {name}}}",
            "",
            f"def {name}(x):",
            "    ### BEGIN SOLUTION",
        ]
        text += CELL.format("\n".join([*lines, f"    {body}", "    ### END SOLUTION"]))
        hidden = (
            f'expect(double({secret}) == {2 * secret}, "A hidden one.")'
            if name == "double"
            else "expect(seeds == 2, 'shortened')"
        )
        lines = [
            f":nbgrader: {{kind: check, id: check_{name}, points: 2}}",
            "",
            check,
            "### BEGIN HIDDEN TESTS",
        ]
        text += CELL.format("\n".join([*lines, hidden, "### END HIDDEN TESTS"]))
    return (
        text + '+++ {"nbgrader": {"kind": "answer", "id": "why", "points": 3}}\n\nBecause.\n\n+++\n'
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with two small exercises and the real engine."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "lab", folder / "lab", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    (folder / "_config.yml").write_text("title: A course\n")
    (folder / "references.bib").write_text("")
    for number, name in enumerate(("first", "second")):
        path = folder / f"solutions/chapter/{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(40 + number))
    return folder


RIGHT = {name: f"def {name}(x):\n    {body}" for name, (body, _) in PARTS.items()}


def hand_in(root: Path, folder: Path, student: str, exercise: str, **cells: str) -> None:
    """Hand in a notebook with these cells, or the untouched one."""
    notebook = load_exercises(root)[f"chapter/{exercise}"].student
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        cell.source = cells.get(name, cell.source)
    path = folder / student / "chapter" / f"{exercise}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def submitted(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("handed-in") / "submitted"
    wrong = {**RIGHT, "double": "def double(x):\n    return x + 3"}
    for exercise in ("first", "second"):
        hand_in(root, folder, "ada", exercise, **RIGHT, why="I say so.")
        hand_in(root, folder, "ben", exercise, **wrong)
        hand_in(root, folder, "cem", exercise)
    hand_in(root, folder, "dan", "first", **{**RIGHT, "model": "import os\nos._exit(3)"})
    hand_in(root, folder, "eva", "first", **{**RIGHT, "double": "while True:\n    pass"})
    (folder / "eva/chapter/second.ipynb").write_text("{broken")
    return folder


def command(root: Path, submitted: Path, out: Path, *options: str) -> list[str]:
    start = [
        sys.executable,
        "-m",
        "coursekit",
        "--root",
        str(root),
        "grade",
        str(submitted),
        "--out",
        str(out),
    ]
    return [*start, "--seconds", "6", *options]


def grade(root: Path, submitted: Path, out: Path, *options: str, fails: bool = False) -> str:
    """Run the command as an instructor does; return what it says."""
    done = subprocess.run(
        command(root, submitted, out, *options),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=3600,
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


SCORES = {
    ("ada", "first"): ("graded", 4),
    ("ada", "second"): ("graded", 4),
    ("ben", "first"): ("graded", 2),
    ("ben", "second"): ("graded", 2),
    ("cem", "first"): ("graded", 0),
    ("cem", "second"): ("graded", 0),
    ("dan", "first"): ("crashed", 2),
    ("dan", "second"): ("missing", 0),
    ("eva", "first"): ("timed out", 2),
    ("eva", "second"): ("unreadable", 0),
}


def scores(out: Path) -> dict[tuple[str, str], tuple[str, float]]:
    found = read_results(out / "results")
    assert len({(one.student, one.exercise) for one in found}) == len(found)
    return {(one.student, one.exercise.split("/")[1]): (one.status, one.score) for one in found}


def lasting(results: list[Result]) -> list[tuple]:
    """What of the records does not depend on the hour."""
    return [
        (one.student, one.exercise, one.status, one.marks, one.flags, one.notes) for one in results
    ]


@pytest.fixture(scope="module")
def graded(
    root: Path, submitted: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    out = tmp_path_factory.mktemp("graded") / "grades"
    yield out, grade(root, submitted, out)


def test_every_submission_has_its_status_marks_and_reports(graded: tuple[Path, str]) -> None:
    out, said = graded
    assert scores(out) == SCORES
    assert "9 graded now, 0 before" in said
    with (out / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {(row["student"], row["exercise"]): row for row in csv.DictReader(file)}
    assert len(rows) == len(SCORES)
    assert rows["dan", "chapter/first"]["status"] == "crashed"
    assert "exit code 3" in rows["dan", "chapter/first"]["message"]
    feedback = (out / "feedback/ben/chapter/first.html").read_text()
    assert "Twice three is six" in feedback or "A hidden one" in feedback
    assert "double(40)" not in feedback and "http://" not in feedback.replace(
        "http://www.w3.org", ""
    )
    assert (out / "overview.html").exists()


def test_the_points_are_in_nbgraders_gradebook_and_its_export(graded: tuple[Path, str]) -> None:
    out, _ = graded
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
    }
    run = [sys.executable, "-m", "nbgrader", "export"]
    done = subprocess.run(run, cwd=out, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    exported = out / "grades.csv"
    with exported.open() as file:
        points = {
            row["student_id"]: float(row["score"])
            for row in csv.DictReader(file)
            if "student_id" in row
        }
    assert points["ada"] == 8 and points["ben"] == 4


def test_a_second_run_grades_nothing_again_and_one_exercise_of_one_student_can_be(
    root: Path, submitted: Path, graded: tuple[Path, str]
) -> None:
    out, _ = graded
    before = {path: path.stat().st_mtime_ns for path in (out / "results").rglob("*.json")}
    assert "0 graded now, 9 before" in grade(root, submitted, out)
    assert {path: path.stat().st_mtime_ns for path in (out / "results").rglob("*.json")} == before
    old = lasting(read_results(out / "results"))
    said = grade(root, submitted, out, "--student", "ada", "--exercise", "chapter/first", "--again")
    assert "1 graded now" in said
    changed = [path for path, when in before.items() if path.stat().st_mtime_ns != when]
    assert changed == [out / "results/ada/chapter/first.json"]
    assert lasting(read_results(out / "results")) == old


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_grading_goes_on_where_it_was(
    seed: int, root: Path, submitted: Path, graded: tuple[Path, str], tmp_path: Path
) -> None:
    """Killed with the fiercest signal at random moments, the command and all its processes are gone, and nothing is lost."""
    out, chance = tmp_path / "grades", random.Random(seed)
    shutil.copytree(graded[0] / ".compiled", out / ".compiled")
    shutil.copytree(graded[0] / ".solutions", out / ".solutions")
    for _ in range(2):
        with subprocess.Popen(
            command(root, submitted, out),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            time.sleep(chance.uniform(5, 25))
            process.send_signal(signal.SIGKILL)
        end = time.monotonic() + 150
        while (left := with_words(str(out))) and time.monotonic() < end:
            time.sleep(0.2)
        assert not left
    assert len(list(out.rglob("*.json"))) <= len(SCORES) + 2
    grade(root, submitted, out)
    assert lasting(read_results(out / "results")) == lasting(read_results(graded[0] / "results"))


def with_words(words: str) -> list[str]:
    """Processes whose command or environment holds some words."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if words.encode() in text:
            found.append(f"{folder.name}: {text[:200]!r}")
    return found


def test_an_interrupted_grading_says_how_to_go_on(
    root: Path, submitted: Path, graded: tuple[Path, str], tmp_path: Path
) -> None:
    out = tmp_path / "grades"
    shutil.copytree(graded[0] / ".compiled", out / ".compiled")
    shutil.copytree(graded[0] / ".solutions", out / ".solutions")
    with subprocess.Popen(
        command(root, submitted, out),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        # What runs in the background has this signal ignored, and passes that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        end = time.monotonic() + 3600
        while not list((out / "results").rglob("ben/*/*.json")) and time.monotonic() < end:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=600)
    assert process.returncode == 130, said
    assert "run the same command again" in said and "Traceback" not in said


def test_a_zip_gives_what_its_folder_gives(
    root: Path, submitted: Path, graded: tuple[Path, str], tmp_path: Path
) -> None:
    path = shutil.make_archive(str(tmp_path / "all"), "zip", submitted.parent, "submitted")
    out = tmp_path / "grades"
    shutil.copytree(graded[0], out)
    assert "0 graded now, 9 before" in grade(root, Path(path), out)


def test_a_solution_that_fails_stops_the_grading(
    root: Path, submitted: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "course"
    shutil.copytree(root, broken)
    path = broken / "solutions/chapter/first.md"
    path.write_text(path.read_text().replace("return 2 * x", "return 3 * x"))
    said = grade(broken, submitted, tmp_path / "grades", "--exercise", "chapter/first", fails=True)
    assert (
        "the solution of chapter/first does not get full marks here" in said
        and "Twice three" in said
    )
    assert not list((tmp_path / "grades/results").rglob("ada/chapter/first.json"))


def test_without_bubblewrap_grading_refuses_and_says_what_to_install(
    root: Path, submitted: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        command(root, submitted, tmp_path / "grades"),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 1
    assert "apt-get install bubblewrap" in done.stderr and "--no-sandbox" in done.stderr
    assert not (tmp_path / "grades").exists()


@pytest.mark.parametrize("options", [("--student", "zoe"), ("--exercise", "chapter/third")])
def test_an_unknown_student_or_exercise_is_named(
    root: Path, submitted: Path, tmp_path: Path, options: tuple[str, str]
) -> None:
    said = grade(root, submitted, tmp_path / "grades", *options, fails=True)
    assert f"no {options[0][2:]} {options[1]}; there are: " in said


def test_a_dask_cluster_grades_and_survives_the_loss_of_a_worker(
    root: Path, submitted: Path, graded: tuple[Path, str], tmp_path: Path
) -> None:
    from distributed import LocalCluster

    out = tmp_path / "grades"
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        workers = [worker.process.pid for worker in cluster.workers.values()]
        run = command(root, submitted, out, "--cluster", cluster.scheduler_address)
        with subprocess.Popen(
            run, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            end = time.monotonic() + 3600
            while len(list((out / "results").rglob("*.json"))) < 2 and time.monotonic() < end:
                time.sleep(0.1)
            os.kill(workers[0], signal.SIGKILL)
            said, _ = process.communicate(timeout=3600)
    assert process.returncode == 0, said
    assert lasting(read_results(out / "results")) == lasting(read_results(graded[0] / "results"))
