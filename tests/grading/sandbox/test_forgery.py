"""What hostile submissions try in order to pass.

Each has a wrong answer, and loses the points of its step.
"""

import sys

import pytest

from coursekit.grading.marking import FAILED_INSIDE, mark
from coursekit.grading.sandbox.limits import Limits
from tests.support.marked import PASSED, RIGHT, SECRET, SHORT, lost, marks, outputs, task

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux"),
]

WRONG = "def add(a, b):\n    return 5"
ALL_WRONG = {
    "add": WRONG,
    "network": "network = lambda rate: keras.Sequential([keras.layers.Dense(1)])",
    "twice": "def twice(change, x):\n    return 0",
    "centred": "def centred(x):\n    return x",
}
REPLACED = {
    "the checking function": "expect = lambda *_: None",
    "the checking function in its "
    "module": "checks.expect = lambda *_: None\nfrom checks import expect",
    "its code": "checks.expect.__code__ = (lambda condition, message, read='': None).__code__",
    "numpy": "np.allclose = lambda *_, **__: True",
    "keras": "keras.layers.Dropout.call = lambda self, x, training=False: x",
    "builtins": "import builtins\nbuiltins.abs = lambda _: 0",
    "lab": "import lab\nlab.repeat = None",
}


@pytest.mark.parametrize("what", REPLACED)
def test_replacing_what_checks_are_made_with_gains_nothing_and_is_told(what: str) -> None:
    result, _ = mark(task(extra=REPLACED[what], **ALL_WRONG))
    assert lost(result) == set(RIGHT)
    assert any("replaced" in flag for flag in result.flags), result.flags


# What a submission can do that knows all about the process that it runs in: `player` is what
# answers the judge.
PLAYER = """import gc
from coursekit.grading.sandbox.inside.player import Player
player = next(one for one in gc.get_objects() if isinstance(one, Player))
"""
# More names than were asked for, each with a value of the submission's.
MORE_NAMES = (
    PLAYER
    + """run, value = player.do_run, player.do_value
mine = dict(expect=lambda *_: None, abs=lambda _: 0, len=lambda _: 1, found=[], kept=None,
            checks=None, np=None,
            __builtins__={}, __name__="x", print=None)
def more_names(source, wanted):
    outputs, error, changed = run(source, wanted)
    return outputs, error, [*changed, *mine]
player.do_run = more_names
player.do_value = lambda name: mine[name] if name in mine else value(name)"""
)
# The model that was asked for, in the judge's eyes, if it believed what it is told.
TOLD = """
import json
from coursekit.grading.sandbox.inside import own_parts
def right():
    layers = [keras.layers.Dense(20), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile("adam", loss="mse")
    return model
"""
GAINS_NOTHING = {
    "Python's own names, redefined": (
        "abs = lambda x: 0\nall = any = bool = lambda x: True\nlen = lambda x: 1\n"
        "min = max = lambda *x: 0.001"
    ),
    "Python's own names as functions": "def abs(x):\n    return 0\n\n\ndef len(x):\n    return 1",
    "names of the checks' "
    "own": "found = [1, 2]\nkept = given = None\ninputs = before = after = moved = 0",
    "more names than were asked for": MORE_NAMES,
    "printed marks": "print('check_add: passed, 2 of 2 points')\nimport IPython\n"
    "get_ipython().run_cell = None",
    "a thread that replaces names all the time": (
        "import threading, time, builtins\ndef work():\n    while True:\n"
        "        builtins.abs = lambda x: 0\n"
        "        np.allclose = lambda *_, **__: True\n        time.sleep(0.001)\n"
        "threading.Thread(target=work, daemon=True).start()"
    ),
    "frames above are searched for the checks": (
        "import sys\nframe = sys._getframe()\nwhile frame:\n"
        "    frame.f_globals['expect'] = lambda *_: None\n"
        "    frame = frame.f_back"
    ),
    "every model is told as the right one": PLAYER
    + TOLD
    + "own_parts.told = lambda model: json.dumps(keras.saving.serialize_keras_object(right()))\n",
}


@pytest.mark.parametrize("what", GAINS_NOTHING)
def test_what_a_submission_does_to_its_own_process_does_not_pass_a_check(what: str) -> None:
    result, _ = mark(task(extra=GAINS_NOTHING[what], **ALL_WRONG))
    assert result.status == "graded"
    assert lost(result) == set(RIGHT)


ASK = (
    PLAYER
    + """
said = []
def twice(change, x):
    number = player.their_number[id(change)]
    for question in (
        ("operate", number, "getattribute", ("__globals__",)),
        ("read", number, "attribute", "__globals__"),
        ("read", number, "attribute", "__code__"), ("value", "expect"), ("names", {"expect": len}),
        ("run", "expect = print", []), ("check", 0, "", "", []),
        ("own", "method", number, "fit", (), {}, []), ("inner", 0, (np.ones((1, 2)),), None),
        ("seed", 3), ("replaced", {}), ("report", {}), ("remember", 0),
        ("call", number + 1, (), {}, None), ("call", "__class__", (), {}, None),
        ("lent", []), ("do", "run"),
    ):
        try:
            said.append(f"{question[:3]} gives {player.request(*question)!r}")
        except Exception as error:
            said.append(type(error).__name__)
    return change(change(x))
"""
)


def test_the_judge_does_nothing_for_a_submission_but_what_a_check_handed_out() -> None:
    result, text = mark(task(twice=ASK, last="print(said)"))
    assert marks(result) == PASSED
    shown = outputs(text)
    assert shown.count("PermissionError") == 17 and "gives" not in shown


LATER = """
import builtins
def twice(change, x):
    builtins.handed = change
    return change(change(x))
"""


def test_what_a_check_handed_out_cannot_be_used_later() -> None:
    use = """import builtins
try:
    print("got", builtins.handed(1))
except Exception as error:
    print(type(error).__name__)"""
    result, text = mark(task(twice=LATER, centred=use + "\n" + RIGHT["centred"]))
    assert marks(result) == PASSED
    assert "PermissionError" in outputs(text) and "got" not in outputs(text)


# Each tells the judge something that makes no sense; what it would have read, run or believed is in
# its name.
NONSENSE = {
    "a thing that was never handed out": "player.refer_to_object = lambda thing: ('yours', 0)",
    "a place before the state of chance": (
        "call = player.do_call\ndef lie(*given):\n"
        "    result, states, changed, chance = call(*given)\n"
        "    chance[5] = -100_000\n    return result, states, changed, chance\nplayer.do_call = lie"
    ),
    "an answer of another shape": "player.do_call = lambda *_: 7",
    "numbers of objects": (
        "from coursekit.grading.sandbox.inside import messages, peer\nreal = peer.encode\n"
        "peer.encode = lambda *given: real(*given).replace(b'float64', b'objects')"
    ),
    "more numbers than there are bytes": (
        "from coursekit.grading.sandbox.inside import messages, peer\nreal = peer.encode\n"
        'peer.encode = lambda *given: real(*given).replace(b\'["array","float64",3\', '
        'b\'["array","float64",9\')'
    ),
    "a pickle": (
        "import os, pickle, struct\nclass Bad:\n    def __reduce__(self):\n"
        "        return os.system, ('true',)\n"
        "data = b'!' + pickle.dumps(Bad())\nfor number in range(3, 64):\n    try:\n"
        "        os.write(number, struct.pack('!Q', len(data)) + data)\n    except OSError:\n"
        "        pass"
    ),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_ends_the_submission_and_nothing_else(what: str) -> None:
    given = "Odd()" if "handed out" in what else "(a + b) * np.ones(3)"
    source = f"{PLAYER}\n{NONSENSE[what]}\ndef add(a, b):\n    return {given}\nclass Odd:\n    pass"
    result, _ = mark(task(add=source))
    assert result.status == "crashed"
    assert "add" in lost(result)
    result, _ = mark(task())
    assert (result.status, marks(result)) == ("graded", PASSED)


LIAR = """class Liar(float):
    def __eq__(self, other):
        return True
    __hash__ = None
    def __array__(self, *_, **__):
        return np.array([1.0, 2.0, 3.0])

def add(a, b):
    return Liar(5)"""
LIES = {
    "a number that equals everything": LIAR,
    "an object that equals everything": LIAR.replace("(float)", "").replace("Liar(5)", "Liar()"),
    "an end of iteration": "def add(a, b):\n    raise StopIteration",
    "a row that says it is longer": (
        "class Liar(list):\n    def __len__(self):\n        return 3\n"
        "    def __eq__(self, other):\n        return True\n"
        "def add(a, b):\n    return Liar([5])"
    ),
}


@pytest.mark.parametrize("what", LIES)
def test_what_is_compared_are_plain_values_whatever_an_object_says_of_itself(what: str) -> None:
    result, _ = mark(task(add=LIES[what]))
    assert result.status == "graded"
    assert lost(result) == {"add"}


SPY = """import inspect, sys, gc
seen = []
def add(a, b):
    frame = sys._getframe()
    while frame:
        seen.append(str(frame.f_code) + str(frame.f_locals.keys()) + str(list(frame.f_globals)))
        seen.append(str(getattr(frame.f_code, "co_names", "")) + str(frame.f_code.co_consts))
        frame = frame.f_back
    return a + b"""


def test_hidden_tests_are_not_in_what_a_submission_can_show() -> None:
    show = "print(seen)\nprint(list(globals()))\n"
    show += "print([o for o in gc.get_objects() if type(o) is str])"
    result, text = mark(task(add=SPY, last=show, limits=Limits(output=10**8)))
    assert marks(result) == PASSED
    assert "seen" in outputs(text) and SECRET not in outputs(text)


CARRIERS = {
    # What cannot leave makes the check run in the submission's process, where it sees the hidden
    # tests.
    "what cannot leave": "    deep = 1\n    for _ in range(300):\n        deep = [deep]\n"
    "    return deep",
    "a wrong answer": "    return 5",
}


@pytest.mark.parametrize("what", CARRIERS)
def test_a_hidden_test_cannot_be_carried_out_in_a_failure(what: str) -> None:
    carrier = SPY.replace("    return a + b", "") + (
        f"    told, wanted = ' '.join(seen), {SECRET[::-1]!r}[::-1]\n    if wanted in told:\n"
        "        print(told)\n"
        f"        raise AssertionError(told[told.index(wanted) - 200:])\n{CARRIERS[what]}"
    )
    result, text = mark(task(add=carrier))
    assert lost(result) == {"add"}
    (message,) = [one.message for one in result.marks if one.message]
    assert message in (FAILED_INSIDE, "One and two is three.")
    assert SECRET not in outputs(text) + str(result.marks) + str(result.flags)


def test_what_cannot_leave_its_process_is_checked_there_and_a_person_is_told() -> None:
    own = "class Always:\n    def __eq__(self, other):\n        return True\n"
    deep = (
        own
        + "def add(a, b):\n    deep = Always()\n    for _ in range(300):\n        deep = [deep]\n"
        "    return deep"
    )
    result, _ = mark(task(add=deep, extra="checks.expect = lambda *_: None"))
    assert [one.check for one in result.marks if one.inside] == ["check_add"]
    assert any("replaced checks.expect" in flag for flag in result.flags)


OWN_WRONG = {
    "another rate": "Mine(0.1)",
    "a rate changed afterwards": "Mine(rate)",
    "another class of the same name": "Dropout(rate)",
}


@pytest.mark.parametrize("what", OWN_WRONG)
def test_layers_of_ones_own_are_measured_and_what_is_replaced_beside_them_gains_nothing(
    what: str,
) -> None:
    own = """class Mine(keras.layers.Dropout):
    pass


class Dropout(keras.layers.Layer):
    def call(self, x, training=None):
        return x

"""
    source = own + RIGHT["network"].replace("keras.layers.Dropout(rate)", OWN_WRONG[what])
    if "afterwards" in what:
        source = source.replace(
            "    model.compile", "    model.layers[1].rate = 0.0\n    model.compile"
        )
    result, _ = mark(task(extra="checks.expect = lambda *_: None", network=source))
    assert lost(result) == {"network"}
    assert any("replaced checks.expect" in flag for flag in result.flags)


INSTANCE = {
    "its configuration": "model.layers[1].rate = 0.0",
    "its layer": "model.layers[1].call = lambda x, training=None: x",
    "its call": "model.call = lambda x, training=None, mask=None: model.layers[0](x)",
}


@pytest.mark.parametrize("what", INSTANCE)
def test_a_model_that_was_changed_after_it_was_made_is_measured_as_it_is(what: str) -> None:
    changed = RIGHT["network"].replace(
        "    model.compile", f"    {INSTANCE[what]}\n    model.compile"
    )
    result, _ = mark(task(network=changed))
    assert lost(result) == {"network"}


def test_a_submission_that_asks_without_end_is_stopped() -> None:
    flood = (
        PLAYER + "def add(a, b):\n    while True:\n        try:\n            player.request('no')\n"
        "        except PermissionError:\n            pass"
    )
    result, _ = mark(task(add=flood, limits=SHORT))
    assert result.status == "timed out"
    assert lost(result) == {"add"}
