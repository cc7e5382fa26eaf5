"""A network is measured for what it computes, whatever it is built of: in the judge, layer by layer,
as it would be in the student's own notebook.
"""

import sys

import nbformat
import pytest

from coursekit.grading.marking import Task, mark
from coursekit.paths import ROOT
from tests.support.marked import GIVEN, LIMITS, cell

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux"),
]

CHECK = """far = 3 * checks.points(200) + 5
found = checks.normalizations(network(True), far)
expect(len(found) == 1, f"{len(found)} layers normalize.")
expect(np.allclose(found[0].received, far, atol=1e-4), "Not the inputs are normalized.")
expect(abs(found[0].momentum - 0.9) < 0.02, f"The momentum is {found[0].momentum}.")
expect(found[0].uses_moving and found[0].scale and found[0].center, "Mode, gamma or beta.")
expect(not checks.normalizations(network(False), far), "It normalizes all the same.")
dropped = checks.disturbances(network(False), checks.points(500))
expect(len(dropped) == 1, f"{len(dropped)} layers drop.")
expect(abs(dropped[0].rate - 0.5) < 0.03 and dropped[0].features == 20, "Half of 20 is dropped.")
expect(not dropped[0].at_inference and dropped[0].after_relu, "Not in use, and after ReLU.")
expect(checks.is_deterministic(network(True), far), "It answers by chance.")
mine, layers = network(True), keras.layers
example = keras.Sequential(
    [keras.Input((2,)), layers.BatchNormalization(momentum=0.9), layers.Dense(20, "relu"),
     layers.Dropout(0.5), layers.Dense(1)]
)
inputs = checks.points(60)
checks.copy_weights(mine, example, inputs)
expect(
    np.allclose(mine(inputs, training=False), example(inputs, training=False), atol=1e-5),
    "With the same weights it answers otherwise.",
)
before, after = checks.update(mine, inputs, inputs[:, :1], times=2)
moved = [np.abs(new - old).max() for new, old in zip(after, before, strict=True)]
expect(len(moved) == 6 and min(moved) > 1e-4 and max(moved) < 0.01, "Adam moves by its rate.")"""

NORM = "keras.layers.BatchNormalization(momentum=0.9)"
LIST = f"""def network(first):
    layers = [{NORM}] if first else []
    layers += [keras.layers.Dense(20, activation="relu"), keras.layers.Dropout(0.5)]
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1)])
    model.compile("adam", loss="mse")
    return model"""
GRAPH = f"""def network(first):
    inputs = z = keras.Input((2,))
    if first:
        z = {NORM}(z)
    z = keras.activations.relu(keras.layers.Dense(20)(z))
    z = keras.layers.Dropout(0.5)(z)
    model = keras.Model(inputs, keras.layers.Dense(1)(z))
    model.compile("adam", loss="mse")
    return model"""
NET = f"""class Net(keras.Model):
    def __init__(self, first):
        super().__init__()
        self.first, self.normalize = first, {NORM}
        self.hidden = keras.layers.Dense(20, activation="relu")
        self.drop, self.answer = keras.layers.Dropout(0.5), keras.layers.Dense(1)

    def call(self, inputs, training=None):
        z = self.normalize(inputs, training=training) if self.first else inputs
        return self.answer(self.drop(self.hidden(z), training=training))


def network(first):
    model = Net(first)
    model.compile("adam", loss="mse")
    return model"""
AWAY = "def away(y, answers):\n    return keras.ops.mean((y - answers) ** 2, axis=-1)\n\n\n"
OWN_NORM = """class Mine(keras.layers.Layer):
    def build(self, shape):
        self.gamma = self.add_weight(shape=shape[-1:], initializer="ones")
        self.beta = self.add_weight(shape=shape[-1:], initializer="zeros")
        self.mean = self.add_weight(shape=shape[-1:], initializer="zeros", trainable=False)
        self.var = self.add_weight(shape=shape[-1:], initializer="ones", trainable=False)

    def call(self, x, training=None):
        mean, var = self.mean, self.var
        if training:
            mean, var = keras.ops.moments(x, axes=0)
            self.mean.assign(0.9 * self.mean + 0.1 * mean)
            self.var.assign(0.9 * self.var + 0.1 * var)
        return self.gamma * (x - mean) / keras.ops.sqrt(var + 1e-3) + self.beta


"""
STEP = """

    def train_step(self, data):
        import tensorflow as tf
        x, y, *_ = data
        with tf.GradientTape() as tape:
            loss = keras.ops.mean((self(x, training=True) - y) ** 2)
        slopes = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(slopes, self.trainable_variables))
        return {"loss": loss}


def network"""
BLOCK = """class Block(keras.layers.Layer):
    def __init__(self, *inner):
        super().__init__()
        self.inner = list(inner)

    def call(self, x):
        for layer in self.inner:
            x = layer(x)
        return x


"""
# Holds a layer whose weights it uses, without ever calling it.
HOLDS = """class Holds(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = keras.layers.Dense(20)

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return keras.activations.relu(x @ self.inner.kernel + self.inner.bias)


"""
RELU = "keras.activations.relu(keras.layers.Dense(20)(z))"
DENSE = 'keras.layers.Dense(20, activation="relu")'
KINDS = {
    "a list": LIST,
    "a graph": GRAPH,
    "a class": NET,
    "a graph with a loss of one's own": AWAY + GRAPH.replace('loss="mse"', "loss=away"),
    "a list with a loss of one's own": AWAY + LIST.replace('loss="mse"', "loss=away"),
    "a list with an activation of one's own": LIST.replace(
        'activation="relu"', "activation=lambda x: keras.ops.maximum(x, 0)"
    ),
    "an activation of TensorFlow's": "import tensorflow as tf\n\n\n"
    + LIST.replace('"relu"', "tf.nn.relu"),
    "a graph with TensorFlow in a Lambda": "import tensorflow as tf\n\n\n"
    + GRAPH.replace(
        RELU, "keras.layers.Lambda(lambda x: tf.nn.relu(x))(keras.layers.Dense(20)(z))"
    ),
    "a graph with a layer of one's own": BLOCK + GRAPH.replace(RELU, f"Block({DENSE})(z)"),
    "a graph with a mode": GRAPH.replace("(0.5)(z)", "(0.5)(z, training=None)"),
    "a graph with masks": BLOCK
    + GRAPH.replace(f"{NORM}(z)", f"{NORM}(z, mask=None)").replace(RELU, f"Block({DENSE})(z)"),
    "a normalization from scratch": OWN_NORM + LIST.replace(NORM, "Mine()"),
    "a normalization from scratch in a graph": OWN_NORM + GRAPH.replace(NORM, "Mine()"),
    "a normalization from scratch in a class": OWN_NORM + NET.replace(NORM, "Mine()"),
    "a normalization by another name": "class Mine(keras.layers.BatchNormalization):\n    pass\n\n\n"
    + LIST.replace(NORM, "Mine(momentum=0.9)"),
    "layers in a layer": BLOCK + LIST.replace(DENSE, f"Block({DENSE})"),
    "a layer in a layer in a layer": BLOCK
    + LIST.replace(f"[{NORM}]", f"[Block(Block(), Block({NORM}))]"),
    "a list in a list": LIST.replace(f"[{NORM}]", f"[keras.Sequential([{NORM}])]"),
    "a list in a class": NET.replace(
        f"first, {NORM}", f"first, keras.Sequential([keras.Input((2,)), {NORM}])"
    ),
    "a list with a layer of one's own in a class": BLOCK
    + NET.replace(f"first, {NORM}", f"first, keras.Sequential([Block({NORM})])"),
    "weights of a layer that is not called": HOLDS + LIST.replace(DENSE, "Holds()"),
    "layers made in build": NET.replace(
        "__init__(self, first):", "__init__(self, first):", 1
    ).replace(
        "        self.first, self.normalize = first, ",
        "        self.first = first\n\n    def build(self, shape):\n        self.normalize = ",
    ),
    "layers called by name": NET.replace("self.hidden(z)", "self.hidden(inputs=z)")
    .replace("self.normalize(inputs, ", "self.normalize(inputs=inputs, ")
    .replace("self.answer(self.drop(", "self.answer(inputs=self.drop(inputs="),
    "dropout called in training only": NET.replace(
        "self.answer(self.drop(self.hidden(z), training=training))",
        "self.answer(self.drop(self.hidden(z), training=True) if training else self.hidden(z))",
    ),
    "a class whose call knows no mode": NET.replace(", training=None", "").replace(
        ", training=training", ""
    ),
    "a class that is called once": NET.replace(
        "    return model", "    model(np.zeros((1, 2)))\n    return model"
    ),
    "a training step of one's own": NET.replace("\n\n\ndef network", STEP),
    "a class of a graph": GRAPH.replace("keras.Model(", "Mine(").replace(
        "def network", "class Mine(keras.Model):\n    pass\n\n\ndef network"
    ),
    "two outputs within": BLOCK.replace("        return x", "        return x, [x, 0.0]").replace(
        "    def call",
        "    def compute_output_shape(self, shape):\n        return None\n\n    def call",
    )
    + NET.replace("keras.layers.Dropout(0.5)", "Block(keras.layers.Dropout(0.5))").replace(
        "self.answer(self.drop(self.hidden(z), training=training))",
        "self.answer(self.drop(self.hidden(z), training=training)[1][0])",
    ),
    "a sum of two inputs within": BLOCK
    + GRAPH.replace(
        RELU, "keras.layers.Add()([0.5 * Block(keras.layers.Identity())(h), 0.5 * h])"
    ).replace("    z = keras.layers.Add", f"    h = {RELU}\n    z = keras.layers.Add"),
    "double precision": BLOCK
    + LIST.replace(DENSE, f"Block({DENSE})").replace("Dense(20,", 'Dense(20, dtype="float64",'),
    "weights of one's own in a class": NET.replace(
        "    def call",
        "    def build(self, shape):\n"
        '        self.gain = self.add_weight(shape=(), initializer="ones", trainable=False)\n\n'
        "    def call",
    ).replace("self.hidden(z)", "self.gain * self.hidden(z)"),
}


def marked(source: str) -> tuple:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        cell("given", "given_1", GIVEN),
        cell("solution", "network", source),
        cell("check", "check_network", CHECK),
    ]
    text, names = nbformat.writes(notebook), ("network",)
    result, _ = mark(Task("ada", "chapter/exercise", text, names, {}, str(ROOT), LIMITS, True))
    (found,) = result.marks
    return result.status, found.outcome, found.message, found.inside, result.flags


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_network_passes_outside_of_its_process_and_needs_no_flag(kind: str) -> None:
    assert marked(KINDS[kind]) == ("graded", "passed", "", False, ())


SCRATCH = KINDS["a normalization from scratch in a graph"]
WRONG = {
    "another rate in a class": (NET, "Dropout(0.5)", "Dropout(0.2)", "Half of 20"),
    "another rate in a block": (
        KINDS["a layer in a layer in a layer"], "Dropout(0.5)", "Dropout(0.2)", "Half of 20"
    ),
    "another rate beside a layer of one's own": (
        SCRATCH, "Dropout(0.5)", "Dropout(0.2)", "Half of 20"
    ),
    "another momentum in a class": (NET, "momentum=0.9", "momentum=0.5", "The momentum is"),
    "another momentum from scratch": (
        SCRATCH, "0.9 * self.mean + 0.1", "0.5 * self.mean + 0.5", "The momentum is"
    ),
    "no moving statistics from scratch": (SCRATCH, "if training:", "if True:", "The momentum is nan"),
    "normalized in training only": (
        NET, "if self.first else", "if self.first and training else", "Mode, gamma or beta."
    ),
    "always normalized in a class": (
        NET, "if self.first else", "if True else", "It normalizes all the same."
    ),
    "another optimizer in a class": (
        NET, '"adam"', "keras.optimizers.Adam(0.1)", "Adam moves by its rate."
    ),
    "another loss of one's own": (
        KINDS["a graph with a loss of one's own"], "(y - answers) ** 2", "0.0 * answers", "Adam moves"
    ),
    "a layer that does nothing when it is asked for a batch": (
        BLOCK.replace("        return x", "        return x if len(x) < 40 else 0 * x")
        + LIST.replace(DENSE, f"Block({DENSE})"), "@", "@", ""
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_one_is_told_what_is_wrong(mistake: str) -> None:
    source, right, wrong, words = WRONG[mistake]
    status, outcome, message, inside, _ = marked(source.replace(right, wrong))
    assert (status, outcome, inside) == ("graded", "failed", False)
    assert words in message
