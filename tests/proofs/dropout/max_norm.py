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
        {"check_dropout": "in use gives two answers"},
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
        {"check_bound": "longer after an update"},
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
        {"check_dropout": "is there a penalty", "check_bound": "longer after an update"},
        network=("kernel_constraint=bound", "kernel_regularizer=keras.regularizers.L2(0.01)"),
    ),
    wrong(
        "a bound along the wrong axis",
        {"check_bound": "of each unit, or of more"},
        network=("MaxNorm(limit)", "MaxNorm(limit, axis=1)"),
    ),
    wrong(
        "a norm of exactly the limit",
        {"check_dropout": "in another way", "check_bound": "no fixed length"},
        network=(
            "None if limit is None else keras.constraints.MaxNorm(limit)",
            "keras.constraints.MinMaxNorm(limit or 1, limit or 1, axis=0)",
        ),
    ),
    wrong(
        "a limit that is always 3",
        {"check_bound": "longer after an update"},
        network=("MaxNorm(limit)", "MaxNorm(3)"),
    ),
    wrong(
        "a bound that is set, and weights clipped once only",
        {"check_bound": "longer after an update"},
        network=(
            "    model.compile",
            "    hidden.kernel.assign(hidden.kernel if limit is None else bound(hidden.kernel))\n"
            "    hidden.kernel.constraint = None\n    model.compile",
        ),
    ),
    wrong(
        "no case for the limit None",
        {"check_dropout": "network(None) stops", "check_bound": "network(None) stops"},
        network=(
            "None if limit is None else keras.constraints.MaxNorm(limit)",
            "keras.constraints.MaxNorm(float(limit))",
        ),
    ),
    wrong(
        "the ReLU forgotten",
        {"check_dropout": "Do the hidden units have their ReLU"},
        network=('500, activation="relu", ', "500, "),
    ),
    wrong(
        "SGD in place of Adam",
        {"check_dropout": "steps are 0.01 and 0.01, those of the one asked for 0.001"},
        network=('model.compile("adam"', 'model.compile("sgd"'),
    ),
    wrong(
        "a higher learning rate where there is a bound",
        {"check_dropout": "steps are 0.005 and 0.005"},
        network=(
            'model.compile("adam"',
            "model.compile(keras.optimizers.Adam(0.001 if limit is None else 0.005)",
        ),
    ),
    wrong(
        "He-uniform first weights, which nobody asked for",
        {"check_dropout": "How are they drawn"},
        network=('activation="relu", ', 'activation="relu", kernel_initializer="he_uniform", '),
    ),
    wrong(
        "first weights of zero",
        {
            "check_dropout": "learn the same, or nothing",
            "check_bound": "output unit were shortened",
        },
        network=(
            'Dense(1, activation="sigmoid")',
            'Dense(1, activation="sigmoid", kernel_initializer="zeros")',
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
        "bound networks trained for a fifth of the epochs",
        {"check_experiment": "were trained for 2 epochs, not for 12"},
        experiment=("epochs=epochs", "epochs=epochs if limit > 1 else epochs // 5"),
    ),
    wrong(
        "one arm trained on half of the points",
        {"check_experiment": "on half of the training points"},
        experiment=(
            "    options = ",
            "    if limit == 3:\n"
            "        data = tuple(part[::2] for part in data[0]), data[1]\n    options = ",
        ),
    ),
    wrong(
        "the number of epochs written into the function",
        {"check_experiment": "were trained for 4000 epochs, not for 12"},
        experiment=("epochs=epochs", "epochs=4000"),
    ),
    wrong(
        "the lowest loss of all epochs for the last",
        {"check_experiment": "It is the lowest test loss of all epochs"},
        experiment=(
            "validation_data=None, measure=look)\n"
            "    return repeat(lambda: network(limit), data, **options).measures",
            "measure=look)\n"
            "    runs = repeat(lambda: network(limit), data, **options)\n"
            '    return runs.measures | {"loss": runs["val_loss"].min(axis=1)}',
        ),
    ),
    wrong(
        "the loss in training mode",
        {"check_experiment": "asked in training mode"},
        experiment=("training=False", "training=True"),
    ),
    wrong(
        "training on training and test data",
        {"check_experiment": "test data take part"},
        experiment=(
            "    options = ",
            "    everything = tuple(np.concatenate(pair) for pair in zip(*data, strict=True))\n"
            "    data = (everything, data[1])\n    options = ",
        ),
    ),
    wrong(
        "the loss on the training data",
        {"check_experiment": "It is the training loss"},
        experiment=("inputs, labels = data[1]", "inputs, labels = data[0]"),
    ),
    wrong(
        "numbers typed in",
        {"check_experiment": "No training on these data"},
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
        {"check_experiment": "it built network(3.0)"},
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
        "an absolute in place of a relative tolerance",
        {"check_share": "Which hundredth did you allow"},
        share_at_bound=("<= 0.01 * limit", "<= 0.01"),
    ),
    wrong(
        "whatever is longer than 99 % of the limit",
        {"check_share": "2.95 and 3.2 not"},
        share_at_bound=(
            "np.abs(np.asarray(norms) - limit) <= 0.01 * limit",
            "np.asarray(norms) >= 0.99 * limit",
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
        values = self.first(inputs=inputs)
        return self.last(self.drop(inputs=values, training=True) if training else values)

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
    right(
        "a constraint of one's own, norms layer by layer",
        network="""\
class Shorten(keras.constraints.Constraint):
    def __init__(self, longest):
        self.longest = longest

    def __call__(self, kernel):
        length = keras.ops.sqrt(keras.ops.sum(kernel**2, axis=0, keepdims=True))
        return keras.ops.where(length > self.longest, kernel * self.longest / length, kernel)


def network(limit):
    rule = {} if limit is None else {"kernel_constraint": Shorten(limit)}
    net = keras.Sequential()
    net.add(keras.Input((2,)))
    net.add(keras.layers.Dense(500, **rule))
    net.add(keras.layers.Activation("relu"))
    net.add(keras.layers.Dropout(0.4))
    net.add(keras.layers.Dense(1, activation=keras.activations.sigmoid))
    net.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"])
    return net
""",
        unit_norms="""\
def unit_norms(model):
    for layer in model.layers:
        if getattr(layer, "units", 0) == 500:
            return keras.ops.norm(layer.kernel, axis=0).numpy().tolist()
""",
        share_at_bound="""\
def share_at_bound(norms, limit):
    ratio = np.asarray(norms, float) / limit
    return np.count_nonzero((ratio > 0.99) & (ratio < 1.01), axis=1) / ratio.shape[1]
""",
    ),
    right(
        "the bound even where it is None, one epoch after the other, a dictionary that grows",
        network="""\
def network(limit):
    rule = keras.constraints.MaxNorm(1e9 if limit is None else limit)
    point = keras.Input((2,))
    units = keras.layers.Dense(500, "relu", kernel_constraint=rule)(point)
    answer = keras.layers.Dense(1, "sigmoid")(keras.layers.Dropout(2 / 5)(units))
    net = keras.Model(inputs=point, outputs=answer)
    net.compile(optimizer="adam", loss=keras.losses.binary_crossentropy, metrics=["accuracy"])
    return net
""",
        experiment="""\
from collections import defaultdict


def experiment(limit, data, seeds, epochs):
    found = defaultdict(list)
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        net = network(limit)
        for _ in range(epochs):
            net.train_on_batch(*data[0])
        answers = net.predict_on_batch(data[1][0])[:, 0]
        right = np.where(data[1][1] == 1, answers, 1 - answers)
        found["loss"].append(float(-np.log(np.clip(right, 1e-7, 1)).mean()))
        found["norms"].append(unit_norms(net))
    return found
""",
    ),
]
