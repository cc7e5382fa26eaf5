"""Submissions to dropout/grid_search."""

from coursekit.grading.proofs import right, wrong

SUBMISSIONS = [
    wrong(
        "the keep probability given as the rate",
        {"check_network": "the probability that it wants"},
        network=("Dropout(rate)", "Dropout(1 - rate)"),
    ),
    wrong(
        "dropout on the inputs",
        {"check_network": "not the 500 hidden units"},
        network=(
            "hidden, keras.layers.Dropout(rate), output]",
            "keras.layers.Dropout(rate), hidden, output]",
        ),
    ),
    wrong(
        "dropout that is on in use, too",
        {"check_network": "in use gives two answers"},
        network="""\
class AlwaysOn(keras.layers.Dropout):
    def call(self, inputs, training=None):
        return super().call(inputs, training=True)


def network(rate):
    hidden = keras.layers.Dense(500, activation="relu")
    output = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((2,)), hidden, AlwaysOn(rate), output])
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "a wider layer for a higher rate: two settings at once",
        {"check_network": "With the rate something else changes"},
        network=("Dense(500,", "Dense(round(350 / (1 - rate)),"),
    ),
    wrong(
        "a higher learning rate for a higher rate: two settings at once",
        {"check_network": "steps are 0.001429 and 0.001429"},
        network=(
            'model.compile("adam"',
            "model.compile(keras.optimizers.Adam(0.001 / (1 - rate))",
        ),
    ),
    wrong(
        "the same rate whatever is asked for",
        {"check_network": "Asked for the rate 0.3"},
        network=("Dropout(rate)", "Dropout(0.4)"),
    ),
    wrong(
        "the ReLU forgotten",
        {"check_network": "Do the hidden units have their ReLU"},
        network=('Dense(500, activation="relu")', "Dense(500)"),
    ),
    wrong(
        "SGD in place of Adam",
        {"check_network": "steps are 0.01 and 0.01, those of the one asked for 0.001"},
        network=('model.compile("adam"', 'model.compile("sgd"'),
    ),
    wrong(
        "first weights of zero",
        {"check_network": "learn the same, or nothing"},
        network=('activation="relu")', 'activation="relu", kernel_initializer="zeros")'),
    ),
    wrong(
        "a seed off by one",
        {"check_search": "Runs and data are those of the seeds [4, 9]"},
        search=("seeds=seeds", "seeds=[seed + 1 for seed in seeds]"),
    ),
    wrong(
        "the number of a run for its seed, its data drawn with the seed",
        {"check_search": "The runs are those of the seeds [0, 1], not of [3, 8]"},
        search=(
            "    options = dict(seeds=seeds",
            "    own = draw\n    draw = lambda run: own(seeds[run])\n"
            "    options = dict(seeds=range(len(seeds))",
        ),
    ),
    wrong(
        "without dropout a fifth of the epochs",
        {"check_search": "were trained for 2 epochs, not for 12"},
        search=(
            'sweep(network, {"rate": rates}, draw, **options)',
            "[sweep(network, {'rate': [r]}, draw, **options | {'epochs': epochs if r else epochs // 5})"
            ".runs[0] for r in rates]",
        ),
    ),
    wrong(
        "half of the training points",
        {"check_search": "on half of the training points"},
        search=(
            "    options = ",
            "    own = draw\n\n"
            "    def draw(seed):\n"
            "        train, test = own(seed)\n"
            "        return tuple(part[:15] for part in train), test\n\n"
            "    options = ",
        ),
    ),
    wrong(
        "the number of epochs written into the function",
        {"check_search": "were trained for 4000 epochs, not for 12"},
        search=("epochs=epochs", "epochs=4000"),
    ),
    wrong(
        "guesses without any training",
        {"check_search": "No training on these data"},
        search="""\
def search(rates, draw, seeds, epochs):
    rng = np.random.default_rng(0)
    sets = len(draw(seeds[0])[1][1]) // 70
    learned = rng.uniform(0.7, 1, (len(rates), len(seeds)))
    return learned, rng.uniform(0.5, 0.9, (len(rates), len(seeds), sets))
""",
    ),
    wrong(
        "one seed for all runs",
        {"check_search": "Two seeds gave the same run"},
        search=(
            '    return [np.array([one[name] for one in runs]) for name in ("training", "test")]',
            '    tables = [np.array([one[name] for one in runs]) for name in ("training", "test")]\n'
            "    return [np.repeat(table[:, :1], len(seeds), axis=1) for table in tables]",
        ),
    ),
    wrong(
        "another seed for each rate",
        {"check_search": "Does a seed alone fix a run, for all settings"},
        search="""\
def search(rates, draw, seeds, epochs):
    def look(model, data):
        right = [(np.asarray(model(x, training=False))[:, 0] > 0.5) == y for x, y in data]
        return {"training": right[0].mean(), "test": right[1].reshape(-1, 70).mean(axis=1)}

    training, test = [], []
    for number, rate in enumerate(rates):
        own = [seed + 100 * number for seed in seeds]
        runs = repeat(
            lambda: network(rate),
            lambda seed: draw(seed % 100),
            seeds=own, epochs=epochs, validation_data=None, measure=look,
        )
        training.append(runs["training"])
        test.append(runs["test"])
    return training, test


from lab import repeat
""",
    ),
    wrong(
        "results in the order of the sorted rates",
        {"check_search": "for another setting. Is the order kept"},
        search=('{"rate": rates}', '{"rate": sorted(rates)}'),
    ),
    wrong(
        "one rate for all networks",
        {"check_search": "it built network(0.4)"},
        search=(
            'sweep(network, {"rate": rates}, draw, **options)',
            "[sweep(lambda: network(0.4), {}, draw, **options).runs[0]] * len(rates)",
        ),
    ),
    wrong(
        "measured in training mode",
        {"check_search": "asked in training mode"},
        search=("training=False", "training=True"),
    ),
    wrong(
        "the data of one seed in all runs",
        {"check_search": "The data are those of the seeds [3, 3]"},
        search=("draw, **options)", "lambda seed: draw(seeds[0]), **options)"),
    ),
    wrong(
        "the training accuracy that Keras reports while it trains",
        {"check_search": "It is the training accuracy that Keras reports"},
        search=(
            '    return [np.array([one[name] for one in runs]) for name in ("training", "test")]',
            '    return [r.final("accuracy") for r in runs], [r["test"] for r in runs]',
        ),
    ),
    wrong(
        "test points used for training, too",
        {"check_search": "test data take part"},
        search="""\
def search(rates, draw, seeds, epochs):
    def more(seed):
        train, test = draw(seed)
        return tuple(np.concatenate([t, part[:5]]) for t, part in zip(train, test)), test

    def look(model, data):
        right = [(np.asarray(model(x, training=False))[:, 0] > 0.5) == y for x, y in data]
        return {"training": right[0][:-5].mean(), "test": right[1].reshape(-1, 70).mean(axis=1)}

    options = dict(seeds=seeds, epochs=epochs, validation_data=None, measure=look)
    runs = sweep(network, {"rate": rates}, more, **options)
    return [np.array([one[name] for one in runs]) for name in ("training", "test")]
""",
    ),
    wrong(
        "one accuracy over all test points",
        {"check_search": "shape"},
        search=("right[1].reshape(-1, 70).mean(axis=1)", "right[1].mean()"),
    ),
    wrong(
        "the worst rate chosen",
        {"check_choose": "is no winner"},
        choose=("argmax", "argmin"),
    ),
    wrong(
        "the accuracy in place of the rate's position",
        {"check_choose": "a whole number"},
        choose=("np.argmax", "np.max"),
    ),
    wrong(
        "the best test set of each rate",
        {"check_choose": "shape"},
        choose=("axis=0", "axis=1"),
    ),
    wrong(
        "the last of several winners",
        {"check_choose": "Which of them is asked for"},
        choose=(
            "np.argmax(accuracy, axis=0)",
            "len(accuracy) - 1 - np.argmax(np.asarray(accuracy)[::-1], axis=0)",
        ),
    ),
    wrong(
        "the mean with the set that the rate was chosen on",
        {"check_report": "still holds the set"},
        claimed_and_true=(
            "np.delete(accuracy[position], number)",
            "accuracy[position]",
        ),
    ),
    wrong(
        "the best rate of the other sets in place of the chosen one",
        {"check_report": "do the other sets choose again"},
        claimed_and_true=(
            "return claimed, [values.mean() for values in others]",
            "rest = [np.delete(accuracy, n, axis=1).mean(axis=1).max() for n in range(len(chosen))]\n"
            "    return claimed, rest",
        ),
    ),
    wrong(
        "true and claimed in the wrong order",
        {"check_report": "0.9, 0.8 and 0.9"},
        claimed_and_true=(
            "return claimed, [values.mean() for values in others]",
            "return [values.mean() for values in others], claimed",
        ),
    ),
    right(
        "functional API with dropout before the ReLU, pandas, plain loops",
        network="""\
def network(rate):
    points = keras.Input(shape=(2,), name="points")
    h = keras.layers.Dense(500)(points)
    h = keras.layers.Dropout(rate)(h)
    h = keras.layers.ReLU()(h)  # dropping before it is dropping after it: ReLU(0) is 0
    net = keras.Model(points, keras.layers.Dense(1, activation="sigmoid")(h))
    net.compile(optimizer=keras.optimizers.Adam(), loss="binary_crossentropy", metrics=["accuracy"])
    return net
""",
        choose="""\
import pandas as pd


def choose(accuracy):
    return pd.DataFrame(np.asarray(accuracy)).idxmax()
""",
        claimed_and_true="""\
def claimed_and_true(accuracy, chosen):
    table = pd.DataFrame(np.asarray(accuracy))
    told, fact = [], []
    for number in table.columns:
        row = table.iloc[int(chosen[number])]
        told.append(row[number])
        fact.append(row.drop(number).mean())
    return pd.DataFrame([told, fact])
""",
    ),
    right(
        "subclassed model that drops by hand, none at rate 0",
        network="""\
class Thinned(keras.Model):
    def __init__(self, share):
        super().__init__()
        self.first = keras.layers.Dense(500, activation="relu")
        self.drop = keras.layers.Dropout(share) if share > 0 else None
        self.last = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=None):
        h = self.first(inputs)
        if self.drop is not None:
            h = self.drop(h, training=training)
        return self.last(h)


def network(rate):
    model = Thinned(rate)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    right(
        "model.fit and evaluate in plain loops",
        search="""\
def search(rates, draw, seeds, epochs):
    learned = np.zeros((len(rates), len(seeds)))
    tested = [[None] * len(seeds) for _ in rates]
    for i, rate in enumerate(rates):
        for j, seed in enumerate(seeds):
            (x, y), (xt, yt) = draw(seed)
            keras.utils.set_random_seed(seed)
            net = network(rate)
            net.fit(x, y, epochs=epochs, verbose=0)
            learned[i, j] = np.mean((np.array(net(x))[:, 0] > 0.5) == y)
            good = (np.array(net(xt))[:, 0] > 0.5) == yt
            tested[i][j] = [good[k : k + 70].mean() for k in range(0, len(good), 70)]
    return learned, tested
""",
    ),
    right(
        "a training loop of one's own",
        search="""\
import tensorflow as tf


def search(rates, draw, seeds, epochs):
    @tf.function
    def step(net, optimizer, x, y):
        with tf.GradientTape() as tape:
            error = tf.reduce_mean(keras.losses.binary_crossentropy(y, net(x, training=True)))
        optimizer.apply(tape.gradient(error, net.trainable_variables), net.trainable_variables)

    def one(rate, seed):
        train, test = draw(seed)
        keras.utils.set_random_seed(seed)
        net, optimizer = network(rate), keras.optimizers.Adam()
        optimizer.build(net.trainable_variables)
        x, y = tf.constant(train[0], tf.float32), tf.constant(train[1][:, None], tf.float32)
        go = tf.function(step.python_function)
        for _ in range(epochs):
            go(net, optimizer, x, y)
        right = [(net(tf.constant(p)).numpy()[:, 0] > 0.5) == label for p, label in (train, test)]
        return right[0].mean(), np.mean(np.split(right[1], len(right[1]) // 70), axis=1)

    rows = [[one(rate, seed) for seed in seeds] for rate in rates]
    return [[r[0] for r in row] for row in rows], [[r[1] for r in row] for row in rows]
""",
    ),
    right(
        "test sets evaluated one by one, over all cores",
        search="""\
from lab import repeat


def search(rates, draw, seeds, epochs):
    def keep(net, both):
        (x, y), (xt, yt) = both
        share = lambda p, q: float(keras.ops.mean(keras.ops.equal(net(p)[:, 0] > 0.5, q == 1)))
        sets = range(len(yt) // 70)
        return {"a": share(x, y), "b": [share(xt[70 * k : 70 * k + 70], yt[70 * k : 70 * k + 70]) for k in sets]}

    each = [
        repeat(lambda: network(r), draw, seeds=seeds, epochs=epochs, validation_freq=epochs, measure=keep, jobs=None)
        for r in rates
    ]
    return [r["a"].tolist() for r in each], [r["b"].tolist() for r in each]
""",
    ),
    right(
        "dropout by a layer of Keras' in a list, the winners by sorting, sums in place of means",
        network="""\
def network(rate):
    parts = [keras.layers.Dense(500), keras.layers.ReLU(), keras.layers.Dropout(rate)]
    parts.append(keras.layers.Dense(1, activation=keras.ops.sigmoid))
    net = keras.Sequential([keras.Input(shape=(2,))] + parts)
    net.compile(keras.optimizers.Adam(1e-3), loss=keras.losses.BinaryCrossentropy(), metrics=["acc"])
    return net
""",
        choose="""\
def choose(accuracy):
    return np.argsort(-np.asarray(accuracy), axis=0, kind="stable")[0]
""",
        claimed_and_true="""\
def claimed_and_true(accuracy, chosen):
    rows = np.asarray(accuracy)[np.asarray(chosen)]
    claimed = np.diag(rows)
    return claimed, (rows.sum(axis=1) - claimed) / (len(chosen) - 1)
""",
    ),
    right(
        "epoch by epoch with train_on_batch, results in dictionaries first",
        search="""\
def search(rates, draw, seeds, epochs):
    found = {}
    for seed in seeds:
        train, test = draw(seed)
        for i, rate in enumerate(rates):
            keras.utils.set_random_seed(seed)
            net = network(rate)
            for _ in range(epochs):
                net.train_on_batch(*train)
            right = [net.predict(x, verbose=0).ravel().round() == y for x, y in (train, test)]
            found[i, seed] = right[0].mean(), right[1].reshape(len(right[1]) // 70, 70).mean(axis=-1)
    return tuple([[found[i, seed][k] for seed in seeds] for i in range(len(rates))] for k in (0, 1))
""",
    ),
]
