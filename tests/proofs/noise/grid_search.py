"""Submissions to noise/grid_search."""

from coursekit.grading.proofs import right, wrong

SUBMISSIONS = [
    wrong(
        "the variance given as the standard deviation",
        {"check_network": "in the right measure"},
        network=("GaussianNoise(amount)", "GaussianNoise(amount**2)"),
    ),
    wrong(
        "noise on the hidden units",
        {"check_network": "The network has two inputs"},
        network=("noise, hidden, output]", "hidden, noise, output]"),
    ),
    wrong(
        "noise that is on in use, too",
        {"check_network": "when it is used"},
        network="""\
class AlwaysOn(keras.layers.GaussianNoise):
    def call(self, inputs, training=None):
        return super().call(inputs, training=True)


def network(amount):
    hidden = keras.layers.Dense(500, activation="relu")
    output = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((2,)), AlwaysOn(amount), hidden, output])
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "dropout in place of noise",
        {"check_network": "another kind of chance"},
        network=("keras.layers.GaussianNoise", "keras.layers.Dropout"),
    ),
    wrong(
        "a lower learning rate for more noise: two settings at once",
        {"check_network": "something else changes"},
        network=(
            'model.compile("adam"',
            "model.compile(keras.optimizers.Adam(0.001 / (1 + 10 * amount))",
        ),
    ),
    wrong(
        "one seed for all runs",
        {"check_search": "Two seeds gave the same run"},
        search=(
            '    return np.array([one["outputs"] for one in runs])',
            '    table = np.array([one["outputs"] for one in runs])\n'
            "    return np.repeat(table[:, :1], len(seeds), axis=1)",
        ),
    ),
    wrong(
        "the seed set once, before all runs",
        {"check_search": "tried with the same seeds"},
        search="""\
def search(amounts, data, seeds, epochs):
    keras.utils.set_random_seed(seeds[0])
    table = np.zeros((len(amounts), len(seeds), len(data(seeds[0])[1][1])))
    for i, amount in enumerate(amounts):
        for j, seed in enumerate(seeds):
            train, test = data(seed)
            model = network(amount)
            fit(model, *train, epochs=epochs)
            table[i, j] = model(test[0], training=False)[:, 0]
    return table


from lab import fit
""",
    ),
    wrong(
        "one amount for all networks",
        {"check_search": "built networks with [0.1]"},
        search=(
            'sweep(network, {"amount": amounts}, data, **options)',
            "[sweep(lambda: network(0.1), {}, data, **options).runs[0]] * len(amounts)",
        ),
    ),
    wrong(
        "noise left on when the test points are asked",
        {"check_search": "Is there still noise when you ask"},
        search=("training=False", "training=True"),
    ),
    wrong(
        "the data of one seed in all runs",
        {"check_search": "the data of its own seed"},
        search=("data, **options)", "lambda seed: data(seeds[0]), **options)"),
    ),
    wrong(
        "classes in place of probabilities",
        {"check_search": "no probabilities"},
        search=(
            "np.asarray(model(data[1][0], training=False))[:, 0]}",
            "np.asarray(model(data[1][0], training=False))[:, 0] > 0.5}",
        ),
    ),
    wrong(
        "the training points asked",
        {"check_search": "shape"},
        search=("data[1][0]", "data[0][0]"),
    ),
    wrong(
        "test points used for training, too",
        {"check_search": "test data take part in the training"},
        search=(
            "    options = ",
            "    data_of = data\n\n    def data(seed):\n        train, test = data_of(seed)\n"
            "        few = tuple(part[:5] for part in test)\n"
            "        return tuple(np.concatenate(p) for p in zip(train, few)), test\n\n"
            "    options = ",
        ),
    ),
    wrong(
        "a logarithm to the base 10",
        {"check_scores": "another base"},
        scores=("np.log(of_truth)", "np.log10(of_truth)"),
    ),
    wrong(
        "no bound on the probabilities",
        {"check_scores": "the loss infinity"},
        scores=("np.clip(np.asarray(outputs, float), 1e-7, 1 - 1e-7)", "np.asarray(outputs)"),
    ),
    wrong(
        "the loss of the class that is answered",
        {"check_scores": "The true class got"},
        scores=("-np.log(of_truth)", "-np.log(np.maximum(outputs, 1 - outputs))"),
    ),
    wrong(
        "the mean probability of class 1 taken for the confidence",
        {"check_scores": "It is what is answered that counts"},
        scores=("np.maximum(outputs, 1 - outputs).mean", "outputs.mean"),
    ),
    wrong(
        "the highest loss chosen",
        {"check_choose": "is that good"},
        choose=("np.argmin(np.mean(loss", "np.argmax(np.mean(loss"),
    ),
    wrong(
        "the best single run chosen",
        {"check_choose": "best single run"},
        choose=(
            "np.argmax(np.mean(accuracy, axis=1)), np.argmin(np.mean(loss, axis=1))",
            "np.argmax(np.max(accuracy, axis=1)), np.argmin(np.min(loss, axis=1))",
        ),
    ),
    wrong(
        "one half for all labels",
        {"check_yardstick": "one half is not the best answer"},
        loss_without_looking=("np.clip(np.mean(labels), 1e-7, 1 - 1e-7)", "0.5"),
    ),
    wrong(
        "the share of wrong answers in place of a loss",
        {"check_yardstick": "0.693"},
        loss_without_looking=(
            "-share * np.log(share) - (1 - share) * np.log(1 - share)",
            "min(share, 1 - share)",
        ),
    ),
    right(
        "functional API, other names, pandas",
        network="""\
def network(amount):
    where = keras.Input(shape=(2,), name="where")
    moved = keras.layers.GaussianNoise(stddev=amount)(where)
    h = keras.layers.ReLU()(keras.layers.Dense(500)(moved))
    net = keras.Model(where, keras.layers.Dense(1, activation="sigmoid")(h))
    net.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return net
""",
        scores="""\
import pandas as pd
from sklearn.metrics import log_loss


def scores(outputs, labels):
    rows = []
    for p, y in zip(np.asarray(outputs, float), labels, strict=True):
        answers = (p > 0.5).astype(int)
        rows.append(
            {
                "accuracy": np.mean(answers == y),
                "loss": log_loss(y, p.clip(1e-7, 1 - 1e-7)),
                "confidence": np.mean(0.5 + np.abs(p - 0.5)),
            }
        )
    return pd.DataFrame(rows)
""",
        loss_without_looking="""\
def loss_without_looking(labels):
    y = np.asarray(labels)
    return log_loss(y, np.full(len(y), y.mean()))
""",
    ),
    right(
        "subclassed model with noise of its own, Keras' own loss",
        network="""\
class Moved(keras.Model):
    def __init__(self, spread):
        super().__init__()
        self.move = keras.layers.GaussianNoise(spread)
        self.first = keras.layers.Dense(500, activation="relu")
        self.last = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=None):
        return self.last(self.first(self.move(inputs, training=training)))


def network(amount):
    model = Moved(amount)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model
""",
        scores="""\
def scores(outputs, labels):
    p, y = np.asarray(outputs, "float64"), np.asarray(labels, "float64")
    return {
        "loss": np.asarray(keras.losses.binary_crossentropy(y, p)),
        "accuracy": [np.mean((row >= 0.5) == (t == 1)) for row, t in zip(p, y)],
        "confidence": list(np.abs(p - 0.5).mean(axis=1) + 0.5),
    }
""",
        choose="""\
def choose(accuracy, loss):
    a = [sum(row) / len(row) for row in np.asarray(accuracy)]
    b = [sum(row) / len(row) for row in np.asarray(loss)]
    return [a.index(max(a)), b.index(min(b))]
""",
    ),
    right(
        "model.fit in plain loops",
        search="""\
def search(amounts, data, seeds, epochs):
    table = []
    for amount in amounts:
        table.append([])
        for seed in seeds:
            (x, y), (questions, _) = data(seed)
            keras.utils.set_random_seed(seed)
            net = network(amount)
            net.fit(x, y, epochs=epochs, verbose=0)
            table[-1].append(np.array(net(questions))[:, 0])
    return table
""",
    ),
    right(
        "a training loop of one's own",
        search="""\
import tensorflow as tf


def search(amounts, data, seeds, epochs):
    def one(amount, seed):
        (x, y), (questions, _) = data(seed)
        keras.utils.set_random_seed(seed)
        net, optimizer = network(amount), keras.optimizers.Adam()
        optimizer.build(net.trainable_variables)
        x, y = tf.constant(x, tf.float32), tf.constant(y[:, None], tf.float32)

        @tf.function
        def step():
            with tf.GradientTape() as tape:
                error = tf.reduce_mean(keras.losses.binary_crossentropy(y, net(x, training=True)))
            optimizer.apply(tape.gradient(error, net.trainable_variables), net.trainable_variables)

        for _ in range(epochs):
            step()
        return net(questions).numpy().ravel().tolist()

    return [[one(amount, seed) for seed in seeds] for amount in amounts]
""",
    ),
    right(
        "lab.repeat for each amount, predict in the end",
        search="""\
from lab import repeat


def search(amounts, data, seeds, epochs):
    def keep(net, both):
        return {"p": net.predict(both[1][0], verbose=0).reshape(-1)}

    each = [repeat(lambda: network(a), data, seeds=seeds, epochs=epochs, measure=keep) for a in amounts]
    return np.stack([r["p"] for r in each])
""",
    ),
]
