"""Honest answers that are written in an unusual way get full marks, and no flag that a person would
have to look at.
"""

import sys

import pytest

from coursekit.grading.marking import mark
from tests.support.marked import PASSED, RIGHT, marks, task

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux"),
]

DROPOUT = "keras.layers.Dropout(rate)"


def network(before: str, dropout: str = DROPOUT, compiled: str = '"adam", loss="mse"') -> dict:
    """The network with another dropout layer or compiled in another way, and what that needs before
    it.
    """
    source = RIGHT["network"].replace(DROPOUT, dropout).replace('"adam", loss="mse"', compiled)
    return {"network": f"{before}\n\n\n{source}"}


OWN_DROPOUT = """class Mine(keras.layers.Layer):
    def __init__(self, rate):
        super().__init__()
        self.rate, self.seeds = rate, keras.random.SeedGenerator()

    def call(self, x, training=None):
        if not training or self.rate == 0:
            return x
        kept = keras.random.uniform(keras.ops.shape(x), seed=self.seeds) >= self.rate
        return x * keras.ops.cast(kept, x.dtype) / (1 - self.rate)"""
SUBCLASS = """class Net(keras.Model):
    def __init__(self, rate):
        super().__init__()
        self.first, self.last = keras.layers.Dense(20), keras.layers.Dense(1)
        self.dropout = keras.layers.Dropout(rate)

    def call(self, x, training=None):
        return self.last(self.dropout(self.first(x), training=training))


def network(rate):
    model = Net(rate)
    model.compile("adam", loss="mse")
    return model"""
BLOCK = """class Block(keras.layers.Layer):
    def __init__(self, rate):
        super().__init__()
        self.inner = [keras.layers.Dense(20), keras.layers.Dropout(rate)]

    def call(self, x):
        for layer in self.inner:
            x = layer(x)
        return x


def network(rate):
    model = keras.Sequential([keras.Input((2,)), Block(rate), keras.layers.Dense(1)])
    model.compile("adam", loss="mse")
    return model"""
STEP = SUBCLASS.replace(
    "\n\n\ndef network",
    """

    def train_step(self, data):
        import tensorflow as tf
        x, y, *_ = data
        with tf.GradientTape() as tape:
            loss = keras.ops.mean((self(x, training=True) - y) ** 2)
        slopes = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(slopes, self.trainable_variables))
        return {"loss": loss}


def network""",
)
FUNCTIONAL = """def network(rate):
    inputs = keras.Input((2,))
    hidden = keras.layers.Dense(20)(inputs)
    hidden = 0.5 * (hidden + keras.ops.add(hidden, 0.0))
    outputs = keras.layers.Dense(1)(keras.layers.Dropout(rate)(hidden))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(), loss=keras.losses.MeanSquaredError())
    return model"""
LOSS = "def away(y, answers):\n    return keras.ops.mean((y - answers) ** 2, axis=-1)"
UNUSUAL = {
    "a layer that is Dropout by another name": network(
        "class Mine(keras.layers.Dropout):\n    pass", "Mine(rate)"
    ),
    "a layer of one's own from scratch": network(OWN_DROPOUT, "Mine(rate)"),
    "a model of one's own class": {"network": SUBCLASS},
    "a model whose call knows no mode": {
        "network": SUBCLASS.replace(", training=None", "").replace(", training=training", "")
    },
    "a layer made of layers": {"network": BLOCK},
    "a training step of one's own": {"network": STEP},
    "a functional model with steps between layers": {"network": FUNCTIONAL},
    "a model without its input": {"network": RIGHT["network"].replace("keras.Input((2,)), ", "")},
    "a loss of one's own": network(LOSS, compiled='"adam", loss=away'),
    "a loss of one's own with a name of Keras'": network(
        LOSS.replace("away", "mse"), compiled='"adam", loss=mse'
    ),
    "an optimizer of one's own": network(
        "class Own(keras.optimizers.Adam):\n    pass", compiled='Own(), loss="mse"'
    ),
    "a metric of one's own": network(LOSS, compiled='"adam", loss="mse", metrics=[away]'),
    "a layer given by a function": network("", "keras.layers.Lambda(lambda x: x), " + DROPOUT),
    "an activation of one's own": {
        "network": RIGHT["network"].replace("Dense(20)", "Dense(20, activation=lambda x: x + 0.0)")
    },
    "a constraint of one's own": network(
        "class Free(keras.constraints.Constraint):\n    def __call__(self, w):\n        return w"
    )
    | {},
    "numbers of double precision": {
        "network": RIGHT["network"].replace("Dense(20)", 'Dense(20, dtype="float64")')
    },
    "Keras by way of TensorFlow": {"extra": "from tensorflow import keras"},
    "Keras as TensorFlow's": {"extra": "import tensorflow as tf\nkeras = tf.keras"},
    "Python's own names for one's own numbers": {
        "extra": "sum = 3\nset = {1}\nlen = 'long'\nabs = None\nmin, max = 0, 1\n"
        "print(sum, set, len)"
    },
    "names of the checks for one's own numbers": {
        "extra": "found = 5\nkept = [1]\ngiven = inputs = before = after = moved = None"
    },
    "a data frame's column": {
        "add": "import pandas as pd\n\n\ndef add(a, b):\n"
        "    return pd.Series(np.atleast_1d(a + b)) if np.ndim(a) else a + b"
    },
    "a data frame": {
        "centred": "import pandas as pd\n\n\ndef centred(x):\n"
        "    return pd.DataFrame(x - x.mean(axis=0))"
    },
    "a tensor": {
        "centred": "def centred(x):\n    return keras.ops.convert_to_tensor(x - x.mean(axis=0))"
    },
    "tuples with names": {
        "centred": "from collections import namedtuple\nRow = namedtuple('Row', 'a b')\n\n\n"
        "def centred(x):\n    return [Row(*row) for row in x - x.mean(axis=0)]"
    },
    "a function of a library": {"add": "from operator import add"},
    "a part of a function": {
        "add": "from functools import partial\nadd = partial(lambda c, a, b: a + b + c, 0)"
    },
    "an object that can be called": {
        "add": "class Add:\n    def __call__(self, a, b):\n        return a + b\n\n\nadd = Add()"
    },
    "a method": {
        "add": "class Sum:\n    def both(self, a, b):\n        return a + b\n\n\nadd = Sum().both"
    },
    "a number of one's own kind": {
        "add": "class Number(float):\n    pass\n\n\ndef add(a, b):\n"
        "    return a + b if np.ndim(a) else Number(a + b)"
    },
    "a compiled function": {
        "add": "import tensorflow as tf\n\n\n@tf.function\ndef add(a, b):\n    return a + b"
    },
    "a wrapped function": {
        "twice": "import functools\n\n\ndef loud(f):\n    @functools.wraps(f)\n    def g(*a):\n"
        "        return f(*a)\n    return g\n\n\n"
        "@loud\ndef twice(change, x):\n    return change(change(x))"
    },
    "arguments handed on": {
        "twice": "def twice(change, x):\n    return list(map(change, [change(x)]))[0]"
    },
}


@pytest.mark.parametrize("what", UNUSUAL)
def test_what_is_right_gets_full_marks_and_no_flag(what: str) -> None:
    result, _ = mark(task(**UNUSUAL[what]))
    assert (result.status, result.message) == ("graded", "")
    assert marks(result) == PASSED, [one.message for one in result.marks]
    assert result.flags == ()
    assert not any(one.inside for one in result.marks)


def test_a_change_of_what_a_function_was_given_is_seen() -> None:
    result, _ = mark(task(centred="def centred(x):\n    x -= x.mean(axis=0)\n    return x"))
    assert marks(result) == PASSED | {"check_centred": "failed"}
    assert [one.message for one in result.marks][-1] == "The data given were changed."
