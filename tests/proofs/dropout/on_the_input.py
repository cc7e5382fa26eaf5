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
        network=(
            "keras.layers.Dropout(on_input), keras.layers.Dropout(on_hidden)",
            "keras.layers.Dropout(1 - on_input), keras.layers.Dropout(1 - on_hidden)",
        ),
    ),
    wrong(
        "the two rates exchanged",
        {
            "check_rates": "Which number belongs where",
            "check_masks": "not the two inputs that lose values",
        },
        network=("first, second = ", "second, first = "),
    ),
    wrong(
        "dropout after the hidden layer and after the output",
        {
            "check_rates": "are 500 and 1 features",
            "check_masks": "not the two inputs that lose values",
        },
        network=("first, hidden, second, output", "hidden, first, output, second"),
    ),
    wrong(
        "dropout that is on in use, too",
        {"check_rates": "in use gives two answers"},
        network=(
            "    first, second = keras.layers.Dropout(on_input), keras.layers.Dropout(on_hidden)",
            "    class Always(keras.layers.Dropout):\n"
            "        def call(self, inputs, training=None):\n"
            "            return super().call(inputs, training=True)\n\n"
            "    first, second = Always(on_input), Always(on_hidden)",
        ),
    ),
    wrong(
        "one mask for both inputs",
        {"check_masks": "if each input were drawn on its own"},
        network=(
            "keras.layers.Dropout(on_input), ",
            "keras.layers.Dropout(on_input, noise_shape=(None, 1)), ",
        ),
    ),
    wrong(
        "inputs set to zero, and nothing scaled",
        {"check_masks": "What is kept is multiplied by 1.00"},
        network=(
            "    first, second = keras.layers.Dropout(on_input), keras.layers.Dropout(on_hidden)",
            "    class Unscaled(keras.layers.Dropout):\n"
            "        def call(self, inputs, training=None):\n"
            "            return super().call(inputs, training=training) * (\n"
            "                1 - self.rate if training else 1\n"
            "            )\n\n"
            "    first = Unscaled(on_input)\n"
            "    second = keras.layers.Dropout(on_hidden)",
        ),
    ),
    wrong(
        "another optimizer",
        {"check_rates": "steps are 0.01 and 0.01, those of the one asked for 0.001"},
        network=('"adam"', '"sgd"'),
    ),
    wrong(
        "the ReLU forgotten",
        {"check_rates": "Do the hidden units have their ReLU"},
        network=('Dense(500, activation="relu")', "Dense(500)"),
    ),
    wrong(
        "first weights of zero",
        {"check_rates": "learn the same, or nothing"},
        network=('activation="relu")', 'activation="relu", kernel_initializer="zeros")'),
    ),
    wrong(
        "another learning rate where inputs are dropped",
        {"check_rates": "steps are 0.01 and 0.01"},
        network=(
            'model.compile("adam"',
            "model.compile(keras.optimizers.Adam(0.01 if on_input else 0.001)",
        ),
    ),
    wrong(
        "a seed off by one",
        {"check_experiment": "The runs are those of the seeds [4, 9], not of [3, 8]"},
        experiment=("seeds=seeds", "seeds=[seed + 1 for seed in seeds]"),
    ),
    wrong(
        "the number of a run for its seed",
        {"check_experiment": "The runs are those of the seeds [0, 1], not of [3, 8]"},
        experiment=("seeds=seeds", "seeds=len(seeds)"),
    ),
    wrong(
        "dropout on the inputs a fifth of the epochs",
        {"check_experiment": "were trained for 2 epochs, not for 12"},
        experiment=("epochs=epochs", "epochs=epochs // 5 if on_input else epochs"),
    ),
    wrong(
        "one arm trained on half of the points",
        {"check_experiment": "on half of the training points"},
        experiment=(
            "    options = ",
            "    if on_hidden == 0.4:\n"
            "        data = tuple(part[15:] for part in data[0]), data[1]\n    options = ",
        ),
    ),
    wrong(
        "the number of epochs written into the function",
        {"check_experiment": "were trained for 4000 epochs, not for 12"},
        experiment=("epochs=epochs", "epochs=4000"),
    ),
    wrong(
        "the best epoch for the last",
        {"check_experiment": "It is the highest test accuracy of all epochs"},
        experiment=(
            "validation_data=None, measure=look)\n"
            "    return repeat(lambda: network(on_input, on_hidden), data, **options).measures",
            "measure=look)\n"
            "    runs = repeat(lambda: network(on_input, on_hidden), data, **options)\n"
            '    return runs.measures | {"test": runs["val_accuracy"].max(axis=1)}',
        ),
    ),
    wrong(
        "measured in training mode",
        {"check_experiment": "asked in training mode"},
        experiment=("training=False", "training=True"),
    ),
    wrong(
        "one seed for all runs",
        {"check_experiment": "Two seeds gave the same run"},
        experiment=(
            "    options = dict(seeds=seeds, epochs=epochs, validation_data=None, measure=look)\n"
            "    return repeat(lambda: network(on_input, on_hidden), data, **options).measures",
            "    options = dict(seeds=[1], epochs=epochs, validation_data=None, measure=look)\n"
            "    run = repeat(lambda: network(on_input, on_hidden), data, **options).measures\n"
            "    return {name: [values[0]] * len(seeds) for name, values in run.items()}",
        ),
    ),
    wrong(
        "Keras' training accuracy, with the masks on",
        {"check_experiment": "It is the training accuracy that Keras reports"},
        experiment=(
            "    return repeat(lambda: network(on_input, on_hidden), data, **options).measures",
            "    runs = repeat(lambda: network(on_input, on_hidden), data, **options)\n"
            '    return runs.measures | {"train": runs.final("accuracy")}',
        ),
    ),
    wrong(
        "training on training and test data",
        {"check_experiment": "test data take part"},
        experiment=(
            "    return repeat(lambda: network(on_input, on_hidden), data, **options).measures",
            "    everything = tuple(np.concatenate(pair) for pair in zip(*data, strict=True))\n"
            "    options |= dict(batch_size=1000)\n"
            "    return repeat(lambda: network(on_input, on_hidden), (everything, data[1]), **options).measures",
        ),
    ),
    wrong(
        "the test accuracy of the training data",
        {"check_experiment": "It is the training accuracy"},
        experiment=("np.mean(test == data[1][1])", "np.mean(train == data[0][1])"),
    ),
    wrong(
        "the share of class 1 in the labels",
        {"check_experiment": "the share of test points in class 1 is not right"},
        experiment=('"inner": np.mean(test)', '"inner": np.mean(data[1][1]) + 1e-6 * test[0]'),
    ),
    wrong(
        "numbers typed in",
        {"check_experiment": "No training on these data"},
        experiment="""\
def experiment(on_input, on_hidden, data, seeds, epochs):
    rng = np.random.default_rng(0)
    test = 0.77 + 0.02 * rng.normal(size=len(seeds))
    return {"train": [1.0] * len(seeds), "test": test, "inner": [0.6] * len(seeds)}
""",
    ),
    wrong(
        "one rate for all experiments",
        {"check_experiment": "it built network(0.2, 0.0)"},
        experiment=("network(on_input, on_hidden)", "network(0.2, 0)"),
    ),
    wrong(
        "the points moved as far for each rate",
        {"check_as_kept": "With rate 0.4 the points are not where the layer puts them"},
        as_kept=("inputs / (1 - rate)", "inputs * 1.25"),
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
def network(visible, deep):
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
    def __init__(self, outside, inside):
        super().__init__()
        self.before = keras.layers.Dropout(outside)
        self.first = keras.layers.Dense(500)
        self.after = keras.layers.Dropout(inside)
        self.last = keras.layers.Dense(1)

    def call(self, inputs, training=False):
        z = self.after(self.first(self.before(inputs, training=training)), training=training)
        return keras.ops.sigmoid(self.last(keras.ops.relu(z)))


def network(on_input, on_hidden):
    model = Masked(on_input, on_hidden)
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


def experiment(on_input, on_hidden, data, seeds, epochs):
    rows = []
    for s in seeds:
        keras.utils.set_random_seed(s)
        net = network(on_input, on_hidden)
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


def experiment(on_input, on_hidden, data, seeds, epochs):
    result = {"train": [], "test": [], "inner": []}
    (xs, ys), (xt, yt) = data
    targets = tf.constant(np.reshape(ys, (-1, 1)), tf.float32)
    cross_entropy = keras.losses.BinaryCrossentropy()
    for s in seeds:
        keras.utils.set_random_seed(s)
        net = network(on_input, on_hidden)
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
    right(
        "binomial probabilities, masks over ones, a model in a model",
        shares="""\
def shares(rate, features):
    from scipy import stats

    lost = stats.binom(features, rate)
    return np.array([lost.pmf(0), lost.cdf(features - 1) - lost.pmf(0), lost.pmf(features)])
""",
        network="""\
def network(on_input, on_hidden):
    drop = lambda rate: [keras.layers.Dropout(rate)] if rate else []
    body = [*drop(on_input), keras.layers.Dense(500), keras.layers.ReLU(), *drop(on_hidden)]
    net = keras.Sequential([keras.Input((2,)), keras.Sequential(body)])
    net.add(keras.layers.Dense(1, activation="sigmoid"))
    net.compile(keras.optimizers.Adam(0.001), "binary_crossentropy", metrics=["accuracy"])
    return net
""",
        as_kept="""\
def as_kept(points, rate):
    inputs, labels = points
    return np.array([[value / (1 - rate) for value in point] for point in inputs]), np.copy(labels)
""",
    ),
    right(
        "epoch by epoch with train_on_batch, a dictionary of arrays",
        experiment="""\
def experiment(on_input, on_hidden, data, seeds, epochs):
    (x, y), (x_test, y_test) = data
    table = np.empty((3, len(seeds)))
    for run, seed in enumerate(seeds):
        keras.utils.set_random_seed(seed)
        net = network(on_hidden=on_hidden, on_input=on_input)
        for _ in range(epochs):
            net.train_on_batch(x, y)
        inside, outside = (net.predict(p, verbose=0)[:, 0] >= 0.5 for p in (x, x_test))
        table[:, run] = (inside == y).mean(), (outside == y_test).mean(), outside.mean()
    return dict(zip(("train", "test", "inner"), table))
""",
    ),
]
