"""Submissions to dropout/max_norm."""

from coursekit.grading.proofs import right, wrong

SUBMISSIONS = [
    wrong(
        "the keep probability given as the rate",
        {"check_dropout": "the probability that it wants"},
        network=("Dropout(0.4)", "Dropout(0.6)"),
    ),
    wrong(
        "dropout on the inputs",
        {"check_dropout": "not the 500 hidden units"},
        network=(
            "[keras.Input((2,)), hidden, keras.layers.Dropout(0.4), output]",
            "[keras.Input((2,)), keras.layers.Dropout(0.4), hidden, output]",
        ),
    ),
    wrong(
        "dropout that is on in use, too",
        {"check_dropout": "when it is used"},
        network="""\
class AlwaysOn(keras.layers.Dropout):
    def call(self, inputs, training=None):
        return super().call(inputs, training=True)


def network(limit):
    bound = keras.constraints.MaxNorm(limit) if limit else None
    hidden = keras.layers.Dense(500, activation="relu", kernel_constraint=bound)
    output = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((2,)), hidden, AlwaysOn(0.4), output])
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "the bound on the output layer",
        {"check_bound": "longer than the limit"},
        network="""\
def network(limit):
    bound = keras.constraints.MaxNorm(limit) if limit else None
    hidden = keras.layers.Dense(500, activation="relu")
    output = keras.layers.Dense(1, activation="sigmoid", kernel_constraint=bound)
    model = keras.Sequential([keras.Input((2,)), hidden, keras.layers.Dropout(0.4), output])
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "the bound on both layers",
        {"check_bound": "output unit were shortened"},
        network=('"sigmoid")', '"sigmoid", kernel_constraint=bound)'),
    ),
    wrong(
        "a penalty in place of a bound",
        {"check_bound": "longer than the limit"},
        network=("kernel_constraint=bound", "kernel_regularizer=keras.regularizers.L2(0.01)"),
    ),
    wrong(
        "a bound along the wrong axis",
        {"check_bound": "of each unit, or of more"},
        network=("MaxNorm(limit)", "MaxNorm(limit, axis=1)"),
    ),
    wrong(
        "a norm of exactly the limit",
        {"check_bound": "no penalty"},
        network=(
            "keras.constraints.MaxNorm(limit) if limit else None",
            "keras.constraints.MinMaxNorm(limit or 1, limit or 1, axis=0)",
        ),
    ),
    wrong(
        "a limit that is always 3",
        {"check_bound": "longer than the limit"},
        network=("MaxNorm(limit)", "MaxNorm(3)"),
    ),
    wrong(
        "a bound that is set, and weights clipped once only",
        {"check_bound": "longer than the limit"},
        network=(
            "    model.compile",
            "    hidden.kernel.assign(hidden.kernel if limit is None else bound(hidden.kernel))\n"
            "    hidden.kernel.constraint = None\n    model.compile",
        ),
    ),
    wrong(
        "norms of what leaves the inputs",
        {"check_unit_norms": "shape"},
        unit_norms=("axis=0", "axis=1"),
    ),
    wrong(
        "one norm of all weights",
        {"check_unit_norms": "shape"},
        unit_norms=("np.linalg.norm(kernel, axis=0)", "np.linalg.norm(kernel)"),
    ),
    wrong(
        "the bias taken for an incoming weight",
        {"check_unit_norms": "3 and 0 has the norm 3"},
        unit_norms="""\
def unit_norms(model):
    kernel, bias = model.layers[0].get_weights()
    return np.sqrt((kernel**2).sum(axis=0) + bias**2)
""",
    ),
    wrong(
        "one seed for all runs",
        {"check_experiment": "Two seeds gave the same run"},
        experiment=(
            "    return repeat(lambda: network(limit), data, **options).measures",
            "    options |= dict(seeds=[1])\n"
            "    run = repeat(lambda: network(limit), data, **options).measures\n"
            "    return {name: [values[0]] * len(seeds) for name, values in run.items()}",
        ),
    ),
    wrong(
        "training on training and test data",
        {"check_experiment": "test data take part in the training"},
        experiment=(
            "    options = ",
            "    everything = tuple(np.concatenate(pair) for pair in zip(*data, strict=True))\n"
            "    data = (everything, data[1])\n    options = ",
        ),
    ),
    wrong(
        "the loss on the training data",
        {"check_experiment": "does not depend on the labels of the test data"},
        experiment=("inputs, labels = data[1]", "inputs, labels = data[0]"),
    ),
    wrong(
        "numbers typed in",
        {"check_experiment": "does not depend on the labels of the test data"},
        experiment="""\
def experiment(limit, data, seeds, epochs):
    rng = np.random.default_rng(0)
    return {
        "loss": 0.54 + 0.01 * rng.normal(size=len(seeds)),
        "norms": rng.uniform(0, 0.8, (len(seeds), 500)),
    }
""",
    ),
    wrong(
        "the limit forgotten in the experiment",
        {"check_experiment": "Asked for the limit 0.7"},
        experiment=("network(limit)", "network(3)"),
    ),
    wrong(
        "a comparison without room for rounding",
        {"check_share": "a rounding below the limit"},
        share_at_bound=(
            "np.abs(np.asarray(norms) - limit) <= 0.01 * limit",
            "np.asarray(norms) >= limit",
        ),
    ),
    wrong(
        "one share over all runs",
        {"check_share": "shape"},
        share_at_bound=(".mean(axis=1)", ".mean()"),
    ),
    right(
        "functional API, other names",
        network="""\
def network(limit):
    point = keras.Input(shape=(2,), name="point")
    rule = None if limit is None else keras.constraints.max_norm(limit, axis=0)
    h = keras.layers.Dense(500, kernel_constraint=rule)(point)
    h = keras.layers.ReLU()(h)
    h = keras.layers.Dropout(rate=0.4)(h)
    net = keras.Model(point, keras.layers.Dense(1, activation="sigmoid")(h))
    net.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return net
""",
        share_at_bound="""\
def share_at_bound(norms, limit):
    return [sum(bool(np.isclose(n, limit, rtol=0.01)) for n in row) / len(row) for row in norms]
""",
    ),
    right(
        "subclassed model that cuts its weights itself",
        network="""\
class Bounded(keras.Model):
    def __init__(self, longest):
        super().__init__()
        self.longest = longest
        self.first = keras.layers.Dense(500, activation="relu")
        self.drop = keras.layers.Dropout(0.4)
        self.last = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=None):
        return self.last(self.drop(self.first(inputs), training=training))

    def train_step(self, data):
        logs = super().train_step(data)
        if self.longest is not None:
            kernel = self.first.kernel
            length = keras.ops.norm(kernel, axis=0, keepdims=True)
            kernel.assign(kernel * keras.ops.minimum(1.0, self.longest / (length + 1e-9)))
        return logs


def network(limit):
    model = Bounded(limit)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model
""",
        unit_norms="""\
def unit_norms(model):
    weights = [np.asarray(v) for v in model.trainable_variables if tuple(v.shape) == (2, 500)][0]
    return pd.Series(np.hypot(weights[0], weights[1]))


import pandas as pd
""",
    ),
    right(
        "model.fit, results in pandas",
        experiment="""\
import pandas as pd


def experiment(limit, data, seeds, epochs):
    rows = []
    for s in seeds:
        keras.utils.set_random_seed(s)
        net = network(limit)
        net.fit(*data[0], epochs=epochs, verbose=0)
        loss, _ = net.evaluate(*data[1], verbose=0)
        rows.append({"loss": loss, "norms": unit_norms(net)})
    return pd.DataFrame(rows)
""",
    ),
    right(
        "a training loop of one's own, lists",
        experiment="""\
import tensorflow as tf


def experiment(limit, data, seeds, epochs):
    result = {"loss": [], "norms": []}
    (xs, ys), (xt, yt) = data
    xs, ys = tf.constant(xs), tf.constant(ys.reshape(-1, 1), tf.float32)
    cross_entropy = keras.losses.BinaryCrossentropy()
    for s in seeds:
        keras.utils.set_random_seed(s)
        net = network(limit)
        optimizer = keras.optimizers.Adam()
        optimizer.build(net.trainable_variables)

        @tf.function
        def step():
            with tf.GradientTape() as tape:
                error = cross_entropy(ys, net(xs, training=True))
            gradients = tape.gradient(error, net.trainable_variables)
            optimizer.apply(gradients, net.trainable_variables)

        for _ in range(epochs):
            step()
        result["loss"].append(float(cross_entropy(yt.reshape(-1, 1), net(xt, training=False))))
        result["norms"].append(list(unit_norms(net)))
    return result
""",
    ),
]
