"""Values travel whole between player and judge, and bytes that were not made so are refused."""

import json
import math
import struct
from collections import Counter, OrderedDict, defaultdict
from typing import Any

import numpy as np
import pytest

from coursekit.grading.sandbox.inside.approved import approved
from coursekit.grading.sandbox.inside.arguments import apply_changes, changes, copies
from coursekit.grading.sandbox.inside.chance import chance_now, set_chance
from coursekit.grading.sandbox.inside.channel import Gone, NotCarried
from coursekit.grading.sandbox.inside.messages import decode, encode
from coursekit.grading.sandbox.inside.models import built, configuration, set_state, state_of
from coursekit.grading.sandbox.inside.peer import _error
from coursekit.grading.sandbox.inside.sources import attributes_of, imports_of, names_set

pytestmark = pytest.mark.slow


def no_reference(thing: Any) -> tuple:
    raise NotCarried(type(thing).__name__)


def there(thing: Any) -> Any:
    return decode(encode(thing, no_reference), lambda *_: None)


VALUES = [
    None,
    True,
    -3,
    10**400,
    0.1,
    -0.0,
    math.inf,
    "text",
    "half of a pair \ud800",
    b"\x00\xff",
    bytearray(b"1"),
    1 - 2j,
    [1, [2, (3, "x")]],
    (),
    {"a": [1], (1, 2): {3}, None: frozenset({4})},
    slice(1, None, 2),
    range(0, 9, 3),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_plain_value_arrives_as_it_was(value: Any) -> None:
    found = there(value)
    assert found == value and type(found) is type(value)
    assert repr(found) == repr(value)  # -0.0, and kinds within


ARRAYS = [
    np.arange(6).reshape(2, 3),
    np.arange(6.0, dtype="float32").reshape(3, 2).T,
    np.zeros((0, 4)),
    np.array(2.5),
    np.array([True, False]),
    np.array([1, 2], dtype=">i4"),
    np.array([1 + 2j]),
    np.float16(0.5),
    np.int8(-1),
    np.array([np.nan, -np.inf]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=repr)
def test_an_array_arrives_with_its_kind_shape_and_numbers(array: Any) -> None:
    found = there(array)
    assert found.dtype == array.dtype.newbyteorder("=") and found.shape == array.shape
    assert np.array_equal(found, array, equal_nan=array.dtype.kind == "f")
    assert type(found) is type(array)


def test_what_is_a_plain_value_of_another_class_arrives_as_its_plain_value() -> None:
    class Number(float):
        def __repr__(self) -> str:
            return "another number"

    for thing, plain in (
        (Number(2.5), 2.5),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (Counter("aa"), {"a": 2}),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array([None, 1]), [None, 1]),
        (np.longdouble(0.5), 0.5),
    ):
        found = there(thing)
        assert found == plain and type(found) in (type(plain), np.float64)


def test_what_is_nested_too_deep_or_in_itself_is_not_carried() -> None:
    own: list = []
    own.append(own)
    deep: Any = 1
    for _ in range(5000):
        deep = (deep,)
    for thing in (own, deep, {"a": own}, 10**5000, np.zeros(1, "datetime64[s]")):
        with pytest.raises(NotCarried):
            encode(thing, no_reference)


def message(tree: Any, rest: bytes = b"") -> bytes:
    text = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return struct.pack("!I", len(text)) + text + rest


NONSENSE = {
    "nothing": b"",
    "half of a length": b"\0\0",
    "a length that is too long": b"\xff\xff\xff\xff",
    "no JSON": message(b"{"),
    "a table": message({"a": 1}),
    "an empty list": message([]),
    "an unknown kind": message(["object", 1]),
    "a kind that is a list": message([["list"], 1]),
    "an array of objects": message(["array", "object", 1], bytes(8)),
    "an array of pointers": message(["array", "O", 1], bytes(8)),
    "an array of a kind with a hidden field": message(["array", "V8", 1], bytes(8)),
    "an array of dates": message(["array", "datetime64[s]", 1], bytes(8)),
    "a kind of array that is a list": message(["array", [["a", "O"]], 1], bytes(8)),
    "more numbers than bytes": message(["array", "float64", 3], bytes(8)),
    "a negative length": message(["array", "float64", -1, -1], bytes(8)),
    "a length that is no number": message(["array", "float64", "1"], bytes(8)),
    "a length of true": message(["array", "float64", True], bytes(8)),
    "a huge length": message(["array", "float64", 2**62, 4], bytes(8)),
    "a length that overflows to nothing": message(["array", "int8", 2**63, 2], bytes(8)),
    "more bytes than there are": message(["bytes", 9], bytes(8)),
    "bytes before the first": message(["bytes", -1], bytes(8)),
    "a key without a value": message(["dict", 1]),
    "a list as a key": message(["dict", ["list"], 1]),
    "a range of texts": message(["range", "a", "b", "c"]),
    "a complex number of texts": message(["complex", "a", "b"]),
    "a list within a list, without end": message(b"[" * 100_000),
    "lists within lists, closed": message(b'["list",' * 5000 + b"1" + b"]" * 5000),
    "too many digits": message(b"1" * 10_000),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_bytes_that_stand_for_no_value_are_refused(what: str) -> None:
    with pytest.raises(Gone):
        decode(NONSENSE[what], lambda *_: None)


def test_random_bytes_give_a_plain_value_or_are_refused() -> None:
    random, good = np.random.default_rng(0), encode([1, {"a": np.arange(3.0)}], no_reference)
    for _ in range(3000):
        data = bytearray(good)
        for place in random.integers(0, len(data), random.integers(1, 6)):
            data[place] = random.integers(0, 256)
        try:
            found = decode(bytes(data), lambda *_: None)
        except Gone:
            continue
        encode(found, no_reference)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, 9),
        (1, np.zeros(2)),
        (3, "PCG64"),
        (4, np.zeros(3, "uint32")),
        (4, [1]),
        (5, -1),
        (5, 625),
        (5, "0"),
        (6, 2),
    ],
)
def test_a_state_of_chance_that_is_none_is_refused(place: int, value: Any) -> None:
    state = chance_now()
    set_chance(there(state))
    before = np.random.random(3)
    set_chance(there(state))
    assert np.array_equal(np.random.random(3), before)
    with pytest.raises(Gone):
        set_chance([value if n == place else one for n, one in enumerate(state)])


@pytest.mark.parametrize(
    "kind", ["StopIteration", "GeneratorExit", "SystemExit", "print", "Nonsense"]
)
def test_an_error_that_would_end_a_loop_or_a_program_is_an_error_like_others(kind: str) -> None:
    assert type(_error(kind, "why")) is RuntimeError
    assert type(_error("ValueError", "why")) is ValueError


def test_what_a_function_changed_in_place_is_changed_here_too() -> None:
    def arguments() -> list:
        return [(np.zeros(3), [1, [2]], {"a": np.ones(2), "b": {1}}, np.zeros(2)), {"c": [3]}]

    mine, theirs = arguments(), arguments()
    frozen = mine[0][3]
    frozen.flags.writeable = False
    before = copies(theirs)
    theirs[0][0][1] = 5
    theirs[0][1][1].append(7)
    theirs[0][2]["a"] *= 2
    theirs[0][2]["b"].add(2)
    theirs[0][3][0] = 9
    theirs[1]["c"].clear()
    array, row = mine[0][0], mine[0][1]
    apply_changes(mine, there(changes(before)))
    assert array.tolist() == [0, 5, 0] and row == [1, [2, 7]] and mine[1] == {"c": []}
    assert mine[0][2]["a"].tolist() == [2, 2] and mine[0][2]["b"] == {1, 2}
    assert frozen.tolist() == [0, 0]
    assert changes(copies(mine)) == []
    apply_changes(mine, [((0, 0), np.zeros(9)), ((0, 0), [1]), ((5, 5), [1]), ((0, 1), {})])
    assert array.tolist() == [0, 5, 0] and row == [1, [2, 7]]


# ------------------------------------------------------------------------------------ models


def network() -> Any:
    import keras

    inputs = keras.Input((2,))
    bound = keras.constraints.MaxNorm(3)
    hidden = keras.layers.Dense(5, "relu", kernel_constraint=bound, kernel_regularizer="l2")(inputs)
    hidden = keras.layers.Dropout(0.2)(hidden * 2 + keras.ops.relu(hidden)[:, :5])
    model = keras.Model(inputs, keras.layers.Dense(1, keras.activations.sigmoid)(hidden))
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    loss = keras.losses.binary_crossentropy
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), loss=loss, metrics=["accuracy", "auc"])
    return model


def test_a_configuration_of_approved_parts_is_that_of_the_same_model() -> None:
    import keras

    model = network()
    copy = built(configuration(model), trusted=False)
    set_state(copy, state_of(model))
    inputs = np.random.default_rng(0).normal(size=(7, 2)).astype("float32")
    for training in (False, True):
        assert np.array_equal(model(inputs, training=training), copy(inputs, training=training))
    assert isinstance(copy, keras.Model)
    wanted, found = (one.optimizer.get_config() for one in (model, copy))
    assert found == wanted


def test_steps_of_a_graph_are_those_of_the_same_model() -> None:
    import keras

    from coursekit.grading.sandbox.inside.own_parts import told

    inputs = keras.Input((2,))
    hidden = keras.activations.relu(keras.layers.Dense(4)(inputs))
    hidden = keras.ops.logaddexp(hidden, keras.ops.erf(inputs[:, :1])) * keras.ops.rsqrt(
        1.0 + keras.ops.cast(inputs[:, 1:] > 0, "float32")
    )
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.activations.leaky_relu(hidden)))
    copy = built(told(model), trusted=False)
    set_state(copy, state_of(model))
    given = np.random.default_rng(0).normal(size=(7, 2)).astype("float32")
    assert np.array_equal(model(given), copy(given))


def test_to_tell_a_model_draws_no_random_numbers() -> None:
    from coursekit.grading.sandbox.inside.own_parts import told

    model = network()
    before = chance_now()
    told(model)
    after = chance_now()
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))


DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}}
NOT_APPROVED = {
    "a step that runs a function": {
        "module": "keras.src.ops.core",
        "class_name": "Map",
        "config": {},
    },
    "a lambda": {"class_name": "__lambda__", "config": {"value": ["", None, None]}},
    "a layer of a lambda": DENSE | {"class_name": "Lambda"},
    "a saved model": DENSE | {"class_name": "TFSMLayer"},
    "a layer that reads a file": DENSE | {"class_name": "StringLookup"},
    "a function of Keras' insides": {
        "module": "keras.src.utils.python_utils",
        "class_name": "function",
        "config": "func_load",
    },
    "a class of Keras' insides": {
        "module": "keras.src.saving.saving_lib",
        "class_name": "H5IOStore",
        "config": {},
    },
    "a module of Keras' insides": {
        "module": "keras.src.utils.io_utils",
        "class_name": "os",
        "config": {},
    },
    "a function that loads": {
        "module": "keras.saving",
        "class_name": "function",
        "config": "load_model",
    },
    "a function that reads configurations": {
        "module": "keras.losses",
        "class_name": "function",
        "config": "deserialize",
    },
    "a function of Python's": {"module": "builtins", "class_name": "function", "config": "eval"},
    "a function of the system's": {"module": "os", "class_name": "function", "config": "system"},
    "a known name in another module": DENSE | {"module": "os.keras.layers"},
    "no module": DENSE | {"module": None},
    "a function to be called for each value": {
        "module": "keras.src.ops.numpy",
        "class_name": "Vectorize",
        "config": {"pyfunc": "x"},
    },
    "a kind of tensor": {
        "class_name": "__typespec__",
        "spec_name": "x",
        "module": "os",
        "config": [],
    },
    "an array of objects": {"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}},
    "a part of a shape": {
        "class_name": "__keras_tensor__",
        "config": {"shape": [DENSE], "dtype": "x", "keras_history": []},
    },
    "an inner part": DENSE
    | {
        "config": {
            "units": 1,
            "activation": {"class_name": "Lambda", "config": {}, "module": "keras.layers"},
        }
    },
    "what it was built with": DENSE
    | {"build_config": {"a": {"class_name": "Lambda", "config": {}}}},
    "what it was compiled with": DENSE
    | {"compile_config": {"loss": [{"class_name": "Lambda", "config": {}}]}},
}


@pytest.mark.parametrize("what", NOT_APPROVED)
def test_a_configuration_that_names_anything_else_is_not_built(what: str) -> None:
    assert approved(DENSE)["class_name"] == "Dense"
    with pytest.raises(NotCarried):
        approved({"layers": [DENSE, NOT_APPROVED[what]]})


def test_a_registered_name_does_not_lead_to_another_class() -> None:
    assert approved(DENSE | {"registered_name": "builtins>Other"})["registered_name"] is None
    step = {
        "module": "keras.src.ops.numpy",
        "class_name": "Add",
        "config": {},
        "registered_name": "x",
    }
    assert approved(step)["registered_name"] == "Add"


# ------------------------------------------------------------------------------------- names


def test_names_that_code_sets_are_its_global_ones() -> None:
    source = (
        "import a.b as c, d.e\nfrom x import y\ndef f():\n    global g\n    g = 1\n    z = 2\n"
        "class K:\n    m = 1\n"
        "for i in []:\n    pass\nif (t := 1):\n    with open('') as h:\n        q, *r = 1, 2\n"
        "print(w)\nabs = 3"
    )
    assert names_set(source) == set("c d y f g K i t h q r abs".split())


def test_what_code_takes_from_a_name_are_its_outermost_parts() -> None:
    source = (
        "keras.layers.Dense(2)\nkeras.utils.f(keras)\nother.keras.x\ndef f():\n    return keras.ops"
    )
    assert attributes_of("keras", [source]) == ["", "layers.Dense", "ops", "utils.f"]
    text, names = imports_of("import numpy as np\nfrom a.b import c as d\nimport e")
    assert names == {"np": "numpy", "d": "a.b:c", "e": "e"}
    assert text.splitlines() == ["import numpy as np", "from a.b import c as d", "import e"]
