"""Submissions to noise/repeated_evaluation."""

from coursekit.grading.proofs import right, wrong

SUBMISSIONS = [
    wrong(
        "noise after the ReLU",
        {"check_network": "comes after the ReLU"},
        network=("hidden, noise, relu", "hidden, relu, noise"),
    ),
    wrong(
        "the variance given for the standard deviation",
        {"check_network": "with the standard deviation 0.16"},
        network=("GaussianNoise(amount)", "GaussianNoise(amount**2)"),
    ),
    wrong(
        "noise in use, too",
        {"check_network": "still adds noise when it is used"},
        network="""\
class Always(keras.layers.GaussianNoise):
    def call(self, inputs, training=None):
        return super().call(inputs, training=True)


def network(amount):
    hidden, output = keras.layers.Dense(500), keras.layers.Dense(1, activation="sigmoid")
    noise, relu = Always(amount), keras.layers.Activation("relu")
    model = keras.Sequential([keras.Input((2,)), hidden, noise, relu, output])
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "an output layer made after the noise",
        {"check_network": "start from different weights"},
        network="""\
def network(amount):
    model = keras.Sequential([
        keras.Input((2,)),
        keras.layers.Dense(500),
        keras.layers.GaussianNoise(amount),
        keras.layers.Activation("relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ])
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "one seed for all runs",
        {"check_experiment": "Two seeds gave the same run"},
        experiment="""\
def experiment(amount, draw, seeds, epochs):
    accuracies = []
    for seed in seeds:
        train, test = draw(seed)
        keras.utils.set_random_seed(1)
        model = network(amount)
        fit(model, *train, epochs=epochs, seed=1)
        outputs = np.asarray(model(test[0], training=False))[:, 0]
        accuracies.append(np.mean((outputs > 0.5) == test[1]))
    return accuracies


from lab import fit
""",
    ),
    wrong(
        "the same first weights for all runs",
        {"check_experiment": "started from the same weights"},
        experiment="""\
def experiment(amount, draw, seeds, epochs):
    accuracies = []
    for seed in seeds:
        train, test = draw(seed)
        keras.utils.set_random_seed(0)
        model = network(amount)
        keras.utils.set_random_seed(seed)
        fit(model, *train, epochs=epochs)
        outputs = np.asarray(model(test[0], training=False))[:, 0]
        accuracies.append(np.mean((outputs > 0.5) == test[1]))
    return accuracies


from lab import fit
""",
    ),
    wrong(
        "accuracy on the training data",
        {"check_experiment": "does not depend on the labels of the test data"},
        experiment=("inputs, labels = data[1]", "inputs, labels = data[0]"),
    ),
    wrong(
        "training on test data as well",
        {"check_experiment": "test data take part in the training"},
        experiment=(
            "    options = ",
            "    own = draw\n\n"
            "    def draw(seed):\n"
            "        train, test = own(seed)\n"
            "        parts = zip(train, test, strict=True)\n"
            "        return tuple(np.concatenate([a[15:], b[:15]]) for a, b in parts), test\n\n"
            "    options = ",
        ),
    ),
    wrong(
        "accuracy measured in training mode",
        {"check_experiment": "in inference mode"},
        experiment=("training=False", "training=True"),
    ),
    wrong(
        "the data of the first seed for all",
        {"check_experiment": "the data of the first seed"},
        experiment=("network(amount), draw,", "network(amount), draw(seeds[0]),"),
    ),
    wrong(
        "the amount forgotten in the experiment",
        {"check_experiment": "with another amount"},
        experiment=("network(amount), draw,", "network(0.1), draw,"),
    ),
    wrong(
        "numbers typed in",
        {"check_experiment": "does not depend on the labels of the test data"},
        experiment="""\
def experiment(amount, draw, seeds, epochs):
    rng = np.random.default_rng(len(seeds))
    return 0.77 + 0.3 * amount + 0.01 * rng.normal(size=len(seeds))
""",
    ),
    wrong(
        "pairs forgotten",
        {"check_gain": "that the runs are pairs"},
        gain="""\
def gain(with_noise, without):
    first, second = np.asarray(with_noise), np.asarray(without)
    mean = first.mean() - second.mean()
    error = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / len(first))
    half = stats.t.ppf(0.975, 2 * len(first) - 2) * error
    return mean, mean - half, mean + half
""",
    ),
    wrong(
        "the scatter of single runs",
        {"check_gain": "about single runs"},
        gain=(" / np.sqrt(n)", ""),
    ),
    wrong(
        "the normal distribution for four pairs",
        {"check_gain": "not far enough"},
        gain=("stats.t.ppf(0.975, n - 1)", "1.96"),
    ),
    wrong(
        "the same points for every number",
        {"check_rings": "Two numbers gave the same training points"},
        rings=("random_state=1000 + number", "random_state=1"),
    ),
    wrong(
        "points in the order of their classes",
        {"check_rings": "in random order"},
        rings=("random_state=1000 + number", "random_state=1000 + number, shuffle=False"),
    ),
    wrong(
        "training points among the test points",
        {"check_rings": "among those to test on"},
        rings=("(x[30:], y[30:])", "(x[:2000], y[:2000])"),
    ),
    wrong(
        "other points at every call",
        {"check_rings": "The same number gave other points"},
        rings=("random_state=1000 + number", "random_state=None"),
    ),
    wrong(
        "draws and starts changed over",
        {"check_sources": "Which axis is which"},
        sources=("np.asarray(table, float)", "np.asarray(table, float).T"),
    ),
    wrong(
        "all scatter of the row means put down to the draw",
        {"check_sources": "has some of their scatter"},
        sources=(" - start / table.shape[1]", ""),
    ),
    right(
        "functional API, plain Python",
        network="""\
def network(amount):
    units, last = keras.layers.Dense(500), keras.layers.Dense(1, "sigmoid")
    point = keras.Input(shape=(2,), name="point")
    h = units(point)
    if amount:
        h = keras.layers.GaussianNoise(stddev=amount)(h)
    net = keras.Model(point, last(keras.activations.relu(h)))
    net.compile(keras.optimizers.Adam(), keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return net
""",
        gain="""\
def gain(with_noise, without):
    d = [a - b for a, b in zip(with_noise, without)]
    mean = sum(d) / len(d)
    error = (sum((v - mean) ** 2 for v in d) / (len(d) - 1) / len(d)) ** 0.5
    low, high = stats.t.interval(0.95, len(d) - 1, loc=mean, scale=error)
    return [mean, low, high]
""",
        rings="""\
def rings(number):
    inputs, classes = make_circles(5000, noise=0.1, random_state=number)
    data = list(zip(inputs.tolist(), classes.tolist()))
    few, many = data[:30], data[-2000:]
    return tuple((np.array([p for p, _ in part]), np.array([c for _, c in part])) for part in (few, many))
""",
        sources="""\
import statistics


def sources(table):
    within = statistics.fmean(statistics.variance(row) for row in table)
    between = statistics.variance([statistics.fmean(row) for row in table])
    return within**0.5, max(0.0, between - within / len(table[0])) ** 0.5
""",
    ),
    right(
        "subclassed model, a noise layer of one's own",
        network="""\
class Jitter(keras.layers.Layer):
    def __init__(self, sd):
        super().__init__()
        self.sd, self.draws = sd, keras.random.SeedGenerator()

    def call(self, values, training=False):
        if not training:
            return values
        return values + self.sd * keras.random.normal(keras.ops.shape(values), seed=self.draws)


class Net(keras.Model):
    def __init__(self, sd):
        super().__init__()
        self.units, self.jitter = keras.layers.Dense(500), Jitter(sd)
        self.last = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=False):
        values = self.jitter(self.units(inputs), training=training)
        return self.last(keras.ops.relu(values))


def network(amount):
    net = Net(amount)
    net.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return net
""",
    ),
    right(
        "model.fit and evaluate, results in pandas",
        experiment="""\
import pandas as pd


def experiment(amount, draw, seeds, epochs):
    found = {}
    for s in seeds:
        train, test = draw(s)
        keras.utils.set_random_seed(s)
        net = network(amount)
        net.fit(*train, epochs=epochs, verbose=0)
        found[s] = net.evaluate(*test, batch_size=len(test[0]), verbose=0)[1]
    return pd.Series(found)
""",
        gain="""\
def gain(with_noise, without):
    found = compare(np.asarray(with_noise), np.asarray(without), smallest=0.01)
    return pd.Series({"mean": found.mean, "low": found.low, "high": found.high})
""",
        sources="""\
def sources(table):
    runs = pd.DataFrame(np.asarray(table)).stack().rename_axis(["draw", "start"]).groupby("draw")
    within = runs.var().mean()
    between = runs.mean().var() - within / runs.size().iloc[0]
    return pd.Series([within, max(between, 0.0)]) ** 0.5
""",
    ),
    right(
        "a training loop of one's own, lists",
        experiment="""\
import tensorflow as tf


def experiment(amount, draw, seeds, epochs):
    result = []
    cross_entropy = keras.losses.BinaryCrossentropy()
    for s in seeds:
        (xs, ys), (xt, yt) = draw(s)
        xs, ys = tf.constant(xs, tf.float32), tf.constant(np.reshape(ys, (-1, 1)), tf.float32)
        keras.utils.set_random_seed(s)
        net = network(amount)
        net.optimizer.build(net.trainable_variables)

        @tf.function
        def step():
            with tf.GradientTape() as tape:
                error = cross_entropy(ys, net(xs, training=True))
            gradients = tape.gradient(error, net.trainable_variables)
            net.optimizer.apply(gradients, net.trainable_variables)

        for _ in range(epochs):
            step()
        said = net(np.asarray(xt, "float32"), training=False).numpy()[:, 0] > 0.5
        result.append(sum(bool(a) == bool(b) for a, b in zip(said, yt)) / len(yt))
    return result
""",
    ),
]
