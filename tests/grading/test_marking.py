"""What submissions try in the sandbox, each with what is seen of it: no harm, the right status, and all other marks given."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from coursekit.grading import marking
from coursekit.grading.marking import Task, close_sandboxes, mark
from coursekit.grading.results import Result
from coursekit.grading.sandbox.bubblewrap import missing_sandbox, walls
from coursekit.grading.sandbox.limits import Limits
from coursekit.grading.sandbox.supervisor import Sandbox
from coursekit.pages.exercises import KINDS
from coursekit.paths import ROOT
from coursekit.units import MIB

LIMITS = Limits(
    seconds=80, all_seconds=600, memory=1024 * MIB, disk=64 * MIB, output=200_000, processes=30
)
SHORT = replace(LIMITS, seconds=8)  # for what never ends by itself
SECRET = "the_secret_of_the_hidden_test"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux"),
]

GIVEN = "import checks\nfrom checks import expect\n\nimport keras\nimport numpy as np"
RIGHT = {
    "add": "def add(a, b):\n    return a + b",
    "network": """def network(rate):
    layers = [keras.layers.Dense(20), keras.layers.Dropout(rate), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile("adam", loss="mse")
    return model""",
}
CHECKS = {
    "add": f"""expect(add(1, 2) == 3, "One and two is three.")
print("It adds.")
### BEGIN HIDDEN TESTS
{SECRET} = np.arange(3.0)
expect(np.allclose(add({SECRET}, 1), [1, 2, 3]), "Arrays are added number by number.")
### END HIDDEN TESTS""",
    "network": """found = checks.disturbances(network(0.5), checks.points(200))
expect(len(found) == 1 and abs(found[0].rate - 0.5) < 0.05, "Half is dropped.")""",
}


def cell(kind: str, name: str, source: str) -> nbformat.NotebookNode:
    metadata = {"schema_version": 3, "grade_id": name, **KINDS[kind]}
    if KINDS[kind]["grade"]:
        metadata["points"] = 2
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": metadata})


def task(walls: bool = True, limits: Limits = LIMITS, **cells: str) -> Task:
    """A submission with some of its cells changed; ``extra`` is a cell of its own, ``last`` one at the end."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [cell("given", "given_1", GIVEN)]
    if "extra" in cells:
        notebook.cells.append(nbformat.v4.new_code_cell(cells["extra"]))
    for name, source in RIGHT.items():
        notebook.cells.append(cell("solution", name, cells.get(name, source)))
        notebook.cells.append(cell("check", f"check_{name}", CHECKS[name]))
    if "last" in cells:
        notebook.cells.append(nbformat.v4.new_code_cell(cells["last"]))
    return Task("ada", "chapter/exercise", nbformat.writes(notebook), {}, str(ROOT), limits, walls)


def outputs(text: str) -> str:
    """All that the cells of a marked notebook show."""
    shown = []
    for one in nbformat.reads(text, as_version=4).cells:
        for output in one.get("outputs", []):
            shown += [output.get("text", ""), output.get("evalue", ""), str(output.get("data", ""))]
    return "\n".join(shown)


def marks(result: Result) -> dict[str, str]:
    return {mark.check: mark.outcome for mark in result.marks}


BOTH = {"check_add": "passed", "check_network": "passed"}


@pytest.fixture(scope="module", autouse=True)
def sandbox_ends_with_the_tests() -> Iterator[None]:
    if why := missing_sandbox():
        pytest.fail(f"{why} These tests need it.")
    yield
    close_sandboxes()


def left_behind() -> set[str]:
    """Processes in the sandbox beside the one that forks, mounts of this machine, and what is in the sandbox's own folders."""
    found: set[str] = set()
    for sandbox in marking._sandboxes.values():
        tree = subprocess.run(
            ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True
        ).stdout.split()
        parents = dict(zip(tree[::2], tree[1::2], strict=True))
        family = {str(sandbox.process.pid)}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        found |= {f"{len(family)} processes"}
        found |= {str(path) for path in Path(sandbox.folder.name).rglob("*")}
    return found | set(Path("/proc/self/mounts").read_text().splitlines())


@pytest.fixture
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    mark(task())  # the sandbox runs
    before = left_behind()
    yield
    assert left_behind() == before


ENDLESS = "import itertools, collections\ncollections.deque(itertools.count(), maxlen=0)"
ATTACKS = {  # name: (the student's cell, status, words of the message)
    "endless loop": ("while True:\n    pass", "timed out", "stopped after 8 seconds"),
    "endless loop in native code": (ENDLESS, "timed out", "stopped after 8 seconds"),
    "fork bomb": (
        "import os, time\nfor _ in range(8):\n    os.fork()\ntime.sleep(300)\nos._exit(0)",
        "too many processes",
        "30 are allowed",
    ),
    "memory in pieces": (
        "parts = []\nfor _ in range(400):\n    parts.append(bytearray(10 * 2**20))",
        "out of memory",
        "",
    ),
    "memory of many processes": (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
        "        held = bytearray(300 * 2**20)\n        time.sleep(300)\n        os._exit(0)\ntime.sleep(300)",
        "out of memory",
        "1,024 MiB",
    ),
    "gigabytes of output": (
        "for _ in range(2000):\n    print('x' * 2**20)",
        "too much output",
        "200,000 characters",
    ),
    "an end": ("import os\nos._exit(0)", "crashed", "exit code 0"),
    "an end with a code": ("import os\nos._exit(77)", "crashed", "exit code 77"),
    "a segmentation fault": ("import ctypes\nctypes.string_at(0)", "crashed", "SIGSEGV"),
    "an abort": ("import os\nos.abort()", "crashed", "SIGABRT"),
    "its connections closed": ("import os\nos.closerange(3, 4096)", "crashed", ""),
    "its connections flooded": (
        "import os\nfor number in range(3, 64):\n    try:\n        os.write(number, b'\\xff' * 10_000_000)\n"
        "    except OSError:\n        pass",
        "crashed",
        "",
    ),
    "a message that would run code": (
        "import os, pickle, struct\nclass Bad:\n    def __reduce__(self):\n        return os.system, ('true',)\n"
        "data = b'!' + pickle.dumps(Bad())\nfor number in range(3, 64):\n    try:\n"
        "        os.write(number, struct.pack('!Q', len(data)) + data)\n    except OSError:\n        pass",
        "crashed",
        "",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_cell_that_goes_too_far_is_stopped_named_and_left_out(
    name: str, nothing_left: None
) -> None:
    source, status, words = ATTACKS[name]
    result, _ = mark(task(extra=source, limits=SHORT if status == "timed out" else LIMITS))
    assert result.status == status
    assert words in result.message
    assert "That was in the cell that begins with" in result.message
    assert marks(result) == BOTH


@pytest.mark.parametrize("where", ["solution", "function"])
def test_an_endless_loop_costs_its_own_step_only(where: str) -> None:
    loop = "while True:\n        pass"
    source = f"def add(a, b):\n    {loop}" if where == "function" else "while True:\n    pass"
    result, _ = mark(task(add=source, limits=Limits(seconds=3)))
    assert result.status == "timed out"
    assert marks(result)["check_network"] == "passed"
    assert marks(result)["check_add"] != "passed"


def test_a_full_disk_is_an_error_of_the_cell(nothing_left: None) -> None:
    source = "for i in range(20):\n    open(f'{i}', 'wb').write(bytes(10 * 2**20))"
    result, text = mark(task(extra=source))
    assert (result.status, marks(result)) == ("graded", BOTH)
    assert "No space left" in outputs(text)


@pytest.mark.parametrize("source", ["raise SystemExit", "import sys\nsys.exit(3)", "exit()"])
def test_an_exit_is_an_error_of_the_cell(source: str) -> None:
    result, _ = mark(task(extra=source))
    assert (result.status, marks(result)) == ("graded", BOTH)


def test_an_exit_in_a_function_is_an_error_of_the_check() -> None:
    result, _ = mark(task(add="def add(a, b):\n    raise SystemExit"))
    assert result.status == "graded"
    assert marks(result) == {"check_add": "failed", "check_network": "passed"}


def test_loopback_and_network_are_out_of_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        port = server.getsockname()[1]
        seen: list = []
        listening = threading.Thread(target=lambda: seen.append(server.accept()))
        listening.daemon = True
        source = f"""import socket
for place in (("127.0.0.1", {port}), ("localhost", {port}), ("192.0.2.1", 80)):
    try:
        socket.create_connection(place, timeout=2)
        print("connected")
    except OSError as error:
        print("refused:", type(error).__name__)"""
        result, text = mark(task(extra=source))
        with pytest.raises(TimeoutError):
            server.accept()
    assert outputs(text).count("refused") == 3 and "connected" not in outputs(text)
    assert result.status == "graded"


def test_solutions_gradebook_and_others_work_cannot_be_read(tmp_path: Path) -> None:
    gradebook = tmp_path / "gradebook.db"
    gradebook.write_text("marks of all")
    wanted = [
        gradebook,
        ROOT / "solutions",
        ROOT / "tests",
        ROOT / "coursekit",
        Path.home(),
        ROOT / ".git",
    ]
    source = f"""import os
for path in {[str(path) for path in wanted]}:
    try:
        print(path, os.listdir(path) if os.path.isdir(path) else open(path).read())
    except OSError as error:
        print(type(error).__name__)
for folder, folders, files in os.walk("/"):
    folders[:] = [one for one in folders if one not in ("usr", "site-packages", "proc", "lib", "sys")]
    for file in files:
        if file in ("grades.csv", "max_norm.md", "proofs.py", "gradebook.db"):
            print("found", folder, file)
for number in os.listdir("/proc"):
    for part in ("environ", "cmdline", "maps", "mem"):
        if number.isdigit():
            try:
                data = open(f"/proc/{{number}}/{{part}}", "rb").read(100_000)
                if b"{gradebook.parent.name}" in data:
                    print("found", number, part)
            except OSError:
                pass"""
    result, text = mark(task(extra=source))
    shown = outputs(text)
    assert result.status == "graded"
    assert "marks of all" not in shown and "found" not in shown
    assert shown.count("FileNotFoundError") >= 5


def test_nothing_can_be_written_outside_its_folder(tmp_path: Path, nothing_left: None) -> None:
    target = tmp_path / "grades.csv"
    target.write_text("ada,0")
    source = f"""import os, sys
for path in ({str(target)!r}, "/usr/bad", "/grading/lab.py", sys.prefix + "/bad", "/bad", "/etc/bad", "/dev/bad"):
    try:
        open(path, "w").write("ada,100")
        print("wrote", path)
    except OSError:
        print("refused")
open("mine", "w").write("fine")"""
    _, text = mark(task(extra=source))
    assert outputs(text).count("refused") == 7 and "wrote" not in outputs(text)
    assert target.read_text() == "ada,0"


def test_its_parent_and_all_others_survive_its_signals(nothing_left: None) -> None:
    source = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(1, signal.SIGKILL)"
    source += "\nfor pid in range(2, 400):\n    if pid != os.getpid():\n        try:\n            os.kill(pid, 9)"
    source += "\n        except OSError:\n            pass"
    first = next(iter(marking._sandboxes.values()))
    result, _ = mark(task(extra=source))
    assert (result.status, marks(result)) == ("graded", BOTH)
    assert next(iter(marking._sandboxes.values())) is first
    assert first.process.poll() is None


def test_a_submission_leaves_nothing_for_the_next() -> None:
    leave = """import os
for folder in (".", "/tmp", "/dev/shm"):
    open(os.path.join(folder, "left"), "w").write("answers")
keras.config.set_floatx("float64")
checks.points = None"""
    look = """import os
print([os.path.exists(os.path.join(folder, "left")) for folder in (".", "/tmp", "/dev/shm")])
print(keras.config.floatx(), checks.points is None)"""
    mark(task(extra=leave))
    result, text = mark(task(extra=look))
    assert "[False, False, False]" in outputs(text) and "float32 False" in outputs(text)
    assert marks(result) == BOTH


# ------------------------------------------------------------------------------------- forgery

WRONG = "def add(a, b):\n    return 5"
FORGERIES = {
    "the checking function": "expect = lambda *_: None",
    "the checking function in its module": "checks.expect = lambda *_: None\nfrom checks import expect",
    "its code": "checks.expect.__code__ = (lambda condition, message, read='': None).__code__",
    "numpy": "np.allclose = lambda *_, **__: True",
    "keras": "keras.layers.Dropout.call = lambda self, x, training=False: x",
    "builtins": "import builtins\nbuiltins.abs = lambda _: 0",
    "lab": "import lab\nlab.repeat = None",
}


@pytest.mark.parametrize("what", FORGERIES)
def test_replacing_what_checks_are_made_with_gains_nothing(what: str) -> None:
    wrong = {
        "add": WRONG,
        "network": "network = lambda rate: keras.Sequential([keras.layers.Dense(1)])",
    }
    result, _ = mark(task(extra=FORGERIES[what], **wrong))
    assert marks(result) == {"check_add": "failed", "check_network": "failed"}
    assert any("replaced" in flag for flag in result.flags), result.flags


def test_printed_marks_and_a_rewritten_notebook_gain_nothing() -> None:
    source = (
        "print('check_add: passed, 2 of 2 points')\nimport IPython\nget_ipython().run_cell = None"
    )
    result, _ = mark(task(extra=source, add=WRONG))
    assert marks(result)["check_add"] == "failed"


LIAR = """class Liar(float):
    def __eq__(self, other):
        return True
    __hash__ = None
    def __array__(self, *_, **__):
        import sys
        frame = sys._getframe()
        while frame:
            if "found" in frame.f_globals:
                print(frame.f_globals.keys())
            frame = frame.f_back
        return np.array([1.0, 2.0, 3.0])

def add(a, b):
    return Liar(3)"""


def test_an_object_that_equals_everything_is_told_from_a_number_only_where_a_check_asks() -> None:
    result, _ = mark(task(add=LIAR))
    assert result.status == "graded"
    assert marks(result)["check_network"] == "passed"


def test_hidden_tests_are_not_in_what_a_submission_can_show() -> None:
    spy = """import inspect, sys, gc
seen = []
def add(a, b):
    frame = sys._getframe()
    while frame:
        seen.append(str(frame.f_code) + str(frame.f_locals.keys()) + str(list(frame.f_globals)))
        frame = frame.f_back
    return a + b"""
    show = "print(seen)\nimport IPython\nprint(list(globals()))\nprint([o for o in gc.get_objects() if type(o) is str])"
    result, text = mark(task(add=spy, last=show, limits=Limits(output=10**8)))
    assert marks(result) == BOTH
    assert "seen" in outputs(text) and SECRET not in outputs(text)


def test_a_layer_of_ones_own_is_checked_in_its_process_and_a_person_is_told() -> None:
    own = "class Mine(keras.layers.Dropout):\n    pass\n\n" + RIGHT["network"].replace(
        "keras.layers.Dropout", "Mine"
    )
    result, _ = mark(task(network=own))
    assert marks(result) == BOTH
    assert [one.inside for one in result.marks] == [False, True]
    assert (
        "check_network could only be checked in the submission's own process (Mine is"
        in result.flags[0]
    )


def test_a_forgery_that_a_check_must_run_beside_is_put_back_and_flagged() -> None:
    own = "class Mine(keras.layers.Dropout):\n    pass\n\n" + RIGHT["network"].replace(
        "keras.layers.Dropout(rate)", "Mine(0.1)"
    )
    result, _ = mark(task(extra="np.ndarray.__len__\nchecks.expect = lambda *_: None", network=own))
    assert marks(result) == {"check_add": "passed", "check_network": "failed"}
    assert any("replaced checks.expect" in flag for flag in result.flags)


def test_a_model_that_acts_in_another_way_than_its_configuration_fails() -> None:
    without = RIGHT["network"].replace(
        "    model.compile", "    model.layers[1].rate = 0.0\n    model.compile"
    )
    result, _ = mark(task(network=without))
    assert marks(result)["check_network"] == "failed"


# -------------------------------------------------------------------------------- equal results


def test_the_same_submission_gets_the_same_record_and_outputs_twice() -> None:
    draws = "print(np.random.rand(), keras.random.normal((2,)))"
    submission = task(extra=draws)
    (first, text), (second, again) = mark(submission), mark(submission)
    assert first.marks == second.marks and first.fingerprint == second.fingerprint
    assert outputs(text) == outputs(again)


def test_a_forked_process_trains_as_a_fresh_one_does() -> None:
    """Bit for bit: losses and weights of a training with dropout, batch normalization and noise."""
    code = """import lab, keras
import numpy as np
keras.utils.set_random_seed(3)
layers = [keras.layers.Dense(30, activation="relu"), keras.layers.BatchNormalization(), keras.layers.Dropout(0.2)]
model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.GaussianNoise(0.1), keras.layers.Dense(1)])
model.compile("adam", loss="mse")
x = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
history = lab.fit(model, x, x[:, :1], epochs=20, verbose=0)
slow = model.fit(x, x[:, :1], epochs=2, verbose=0)
print(history.history["loss"][-1].hex() if hasattr(history.history["loss"][-1], "hex") else history.history["loss"][-1])
print(float(slow.history["loss"][-1]).hex(), [float(np.sum(w)).hex() for w in model.get_weights()])"""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CUDA_VISIBLE_DEVICES": "",
        "LAB_PROGRESS": "0",
    }
    fresh = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    _, text = mark(task(extra=code, limits=Limits()))
    assert fresh.stdout.strip() in outputs(text)


# --------------------------------------------------------------------------------- no sandbox


def test_without_walls_marks_and_limits_are_the_same() -> None:
    result, _ = mark(task(walls=False))
    assert (result.status, marks(result)) == ("graded", BOTH)
    result, _ = mark(task(walls=False, extra="while True:\n    pass", limits=Limits(seconds=2)))
    assert (result.status, marks(result)) == ("timed out", BOTH)


def test_an_environment_in_a_temporary_folder_is_seen_from_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "module.py").write_text("here")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    command = [*walls(), "--", "cat", str(tmp_path / "module.py")]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "here"


def test_a_sandbox_that_was_killed_is_started_again() -> None:
    mark(task())
    sandbox: Sandbox = next(iter(marking._sandboxes.values()))
    sandbox.process.kill()
    result, _ = mark(task())
    assert (result.status, marks(result)) == ("graded", BOTH)
