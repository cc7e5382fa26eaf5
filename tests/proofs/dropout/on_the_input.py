"""Submissions to dropout/on_the_input."""

from coursekit.grading.proofs import right, wrong

SUBMISSIONS = [
    wrong(
        "the keep probability counted as the rate",
        {"check_shares": "Which probability is the rate?"},
        shares=(
            "(1 - rate) ** features, rate**features",
            "rate**features, (1 - rate) ** features",
        ),
    ),
    wrong(
        "one draw for all inputs of a sample",
        {"check_shares": "lose all their inputs at once, or none"},
        shares=("(1 - rate) ** features, rate**features", "1 - rate, rate"),
    ),
    wrong(
        "the keep probability given as the rate",
        {"check_rates": "is it the probability that the layer wants"},
        network=("keras.layers.Dropout(rate) for", "keras.layers.Dropout(1 - rate) for"),
    ),
    wrong(
        "the two rates exchanged",
        {
            "check_rates": "Which number belongs where",
            "check_masks": "not the two inputs that lose values",
        },
        network=("on_input, on_hidden = ", "on_hidden, on_input = "),
    ),
    wrong(
        "dropout after the hidden layer and after the output",
        {
            "check_rates": "are 500 and 1 features",
            "check_masks": "not the two inputs that lose values",
        },
        network=("on_input, hidden, on_hidden, output", "hidden, on_input, output, on_hidden"),
    ),
    wrong(
        "dropout that is on in use, too",
        {"check_rates": "when the network is used"},
        network=(
            "    on_input, on_hidden = (keras.layers.Dropout(rate) for rate in rates)",
            "    class Always(keras.layers.Dropout):\n"
            "        def call(self, inputs, training=None):\n"
            "            return super().call(inputs, training=True)\n\n"
            "    on_input, on_hidden = (Always(rate) for rate in rates)",
        ),
    ),
    wrong(
        "one mask for both inputs",
        {"check_masks": "if each input were drawn on its own"},
        network=(
            "(keras.layers.Dropout(rate) for rate in rates)",
            "(keras.layers.Dropout(rate, noise_shape=(None, 1) if rate == rates[0] else None)"
            " for rate in rates)",
        ),
    ),
    wrong(
        "inputs set to zero, and nothing scaled",
        {"check_masks": "What is kept is multiplied by 1.00"},
        network=(
            "    on_input, on_hidden = (keras.layers.Dropout(rate) for rate in rates)",
            "    class Unscaled(keras.layers.Dropout):\n"
            "        def call(self, inputs, training=None):\n"
            "            return super().call(inputs, training=training) * (\n"
            "                1 - self.rate if training else 1\n"
            "            )\n\n"
            "    on_input = Unscaled(rates[0])\n"
            "    on_hidden = keras.layers.Dropout(rates[1])",
        ),
    ),
    wrong(
        "another optimizer",
        {"check_rates": "the worked example's optimizer"},
        network=('"adam"', '"sgd"'),
    ),
    wrong(
        "one seed for all runs",
        {"check_experiment": "Two seeds gave the same run"},
        experiment=(
            "    options = dict(seeds=seeds, epochs=epochs, validation_data=None, measure=look)\n"
            "    return repeat(lambda: network(rates), data, **options).measures",
            "    options = dict(seeds=[1], epochs=epochs, validation_data=None, measure=look)\n"
            "    run = repeat(lambda: network(rates), data, **options).measures\n"
            "    return {name: [values[0]] * len(seeds) for name, values in run.items()}",
        ),
    ),
    wrong(
        "Keras' training accuracy, with the masks on",
        {"check_experiment": "Was something dropped when"},
        experiment=(
            "    return repeat(lambda: network(rates), data, **options).measures",
            "    runs = repeat(lambda: network(rates), data, **options)\n"
            '    return runs.measures | {"train": runs.final("accuracy")}',
        ),
    ),
    wrong(
        "training on training and test data",
        {"check_experiment": "test data take part in the training"},
        experiment=(
            "    return repeat(lambda: network(rates), data, **options).measures",
            "    everything = tuple(np.concatenate(pair) for pair in zip(*data, strict=True))\n"
            "    options |= dict(batch_size=1000)\n"
            "    return repeat(lambda: network(rates), (everything, data[1]), **options).measures",
        ),
    ),
    wrong(
        "the test accuracy of the training data",
        {"check_experiment": "does not depend on the labels of the test data"},
        experiment=("np.mean(test == data[1][1])", "np.mean(train == data[0][1])"),
    ),
    wrong(
        "the share of class 1 in the labels",
        {"check_experiment": "not that of the network's answers"},
        experiment=('"inner": np.mean(test)', '"inner": np.mean(data[1][1]) + 1e-6 * test[0]'),
    ),
    wrong(
        "numbers typed in",
        {"check_experiment": "does not depend on the labels of the test data"},
        experiment="""\
def experiment(rates, data, seeds, epochs):
    rng = np.random.default_rng(0)
    test = 0.77 + 0.02 * rng.normal(size=len(seeds))
    return {"train": [1.0] * len(seeds), "test": test, "inner": [0.6] * len(seeds)}
""",
    ),
    wrong(
        "one rate for all experiments",
        {"check_experiment": "Asked for the rates (0.3, 0.1)"},
        experiment=("network(rates)", "network((0.2, 0))"),
    ),
    wrong(
        "points made smaller in place of larger",
        {"check_as_kept": "moved to the centre"},
        as_kept=("inputs / (1 - rate)", "inputs * (1 - rate)"),
    ),
    wrong(
        "the points changed in place",
        {"check_as_kept": "arrays given were changed"},
        as_kept=("    return", "    inputs /= 1 - rate\n    return"),
    ),
    right(
        "functional API, a layer only where something is dropped",
        network="""\
def network(rates):
    visible, deep = rates
    point = keras.Input(shape=(2,))
    seen = keras.layers.Dropout(visible)(point) if visible > 0 else point
    h = keras.layers.ReLU()(keras.layers.Dense(500)(seen))
    if deep > 0:
        h = keras.layers.Dropout(rate=deep)(h)
    net = keras.Model(point, keras.layers.Dense(1, activation="sigmoid")(h))
    net.compile(keras.optimizers.Adam(), keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return net
""",
    ),
    right(
        "subclassed model that draws its own masks, a simulation",
        network="""\
class Masked(keras.Model):
    def __init__(self, rates):
        super().__init__()
        self.before = keras.layers.Dropout(rates[0])
        self.first = keras.layers.Dense(500)
        self.after = keras.layers.Dropout(rates[1])
        self.last = keras.layers.Dense(1)

    def call(self, inputs, training=False):
        z = self.after(self.first(self.before(inputs, training=training)), training=training)
        return keras.ops.sigmoid(self.last(keras.ops.relu(z)))


def network(rates):
    model = Masked(rates)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
        shares="""\
def shares(rate, features):
    lost = (np.random.default_rng(0).random((20000, features)) < rate).sum(axis=1)
    none, everything = np.mean(lost == 0), np.mean(lost == features)
    return [none, np.mean((lost > 0) & (lost < features)), everything]
""",
    ),
    right(
        "model.fit, results in pandas",
        experiment="""\
import pandas as pd


def experiment(rates, data, seeds, epochs):
    rows = []
    for s in seeds:
        keras.utils.set_random_seed(s)
        net = network(rates)
        net.fit(*data[0], epochs=epochs, verbose=0)
        rows.append(
            {
                "train": net.evaluate(*data[0], verbose=0)[1],
                "test": net.evaluate(*data[1], verbose=0)[1],
                "inner": float((net.predict(data[1][0], verbose=0) > 0.5).mean()),
            }
        )
    return pd.DataFrame(rows)
""",
        as_kept="""\
def as_kept(points, rate):
    factor = 1 / (1 - rate)
    return [np.multiply(points[0], factor).tolist(), list(points[1])]
""",
    ),
    right(
        "a training loop of one's own, lists",
        experiment="""\
import tensorflow as tf


def experiment(rates, data, seeds, epochs):
    result = {"train": [], "test": [], "inner": []}
    (xs, ys), (xt, yt) = data
    targets = tf.constant(np.reshape(ys, (-1, 1)), tf.float32)
    cross_entropy = keras.losses.BinaryCrossentropy()
    for s in seeds:
        keras.utils.set_random_seed(s)
        net = network(rates)
        optimizer = keras.optimizers.Adam()
        optimizer.build(net.trainable_variables)

        @tf.function
        def step():
            with tf.GradientTape() as tape:
                error = cross_entropy(targets, net(tf.constant(xs), training=True))
            gradients = tape.gradient(error, net.trainable_variables)
            optimizer.apply(gradients, net.trainable_variables)

        for _ in range(epochs):
            step()
        said = [np.ravel(net(points, training=False)) > 0.5 for points in (xs, xt)]
        result["train"].append(float(np.mean(said[0] == ys)))
        result["test"].append(float(np.mean(said[1] == yt)))
        result["inner"].append(float(np.mean(said[1])))
    return result
""",
    ),
]
