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
        "the ReLU forgotten",
        {"check_network": "Do the hidden units have their ReLU"},
        network=("noise, relu, output", "noise, output"),
    ),
    wrong(
        "SGD in place of Adam",
        {"check_network": "steps are 0.01 and 0.01, those of the one asked for 0.001"},
        network=('model.compile("adam"', 'model.compile("sgd"'),
    ),
    wrong(
        "first weights of zero",
        {"check_network": "learn the same, or nothing"},
        network=('activation="sigmoid")', 'activation="sigmoid", kernel_initializer="zeros")'),
    ),
    wrong(
        "He-uniform first weights, which nobody asked for",
        {"check_network": "How are they drawn"},
        network=("Dense(500", 'Dense(kernel_initializer="he_uniform", units=500'),
    ),
    wrong(
        "the squared error in place of the cross-entropy",
        {"check_network": "another loss"},
        network=('"binary_crossentropy"', '"mse"'),
    ),
    wrong(
        "a seed off by one",
        {"check_experiment": "Runs and data are those of the seeds [4, 9, 15]"},
        experiment=("seeds=seeds", "seeds=[seed + 1 for seed in seeds]"),
    ),
    wrong(
        "the number of a run for its seed, its data drawn with the seed",
        {"check_experiment": "The runs are those of the seeds [0, 1, 2], not of [3, 8, 14]"},
        experiment=(
            "    options = dict(seeds=seeds",
            "    own = draw\n    draw = lambda run: own(seeds[run])\n"
            "    options = dict(seeds=range(len(seeds))",
        ),
    ),
    wrong(
        "without noise a fifth of the epochs",
        {"check_experiment": "were trained for 2 epochs, not for 12"},
        experiment=("epochs=epochs", "epochs=epochs if amount else epochs // 5"),
    ),
    wrong(
        "one arm trained on half of the points",
        {"check_experiment": "on half of the training points"},
        experiment=(
            "    options = ",
            "    own = draw\n\n"
            "    def draw(seed):\n"
            "        (some, of_class), test = own(seed)\n"
            "        half = 2 if amount else 1\n"
            "        return (some[::half], of_class[::half]), test\n\n"
            "    options = ",
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
        experiment="""\
def experiment(amount, draw, seeds, epochs):
    runs = repeat(lambda: network(amount), draw, seeds=seeds, epochs=epochs)
    return runs["val_accuracy"].max(axis=1)
""",
    ),
    wrong(
        "one seed for all runs",
        {"check_experiment": "Does a seed alone fix a run"},
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
        {"check_experiment": "Does a seed alone fix a run"},
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
        {"check_experiment": "It is the training accuracy"},
        experiment=("inputs, labels = data[1]", "inputs, labels = data[0]"),
    ),
    wrong(
        "training on test data as well",
        {"check_experiment": "test data take part"},
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
        {"check_experiment": "asked in training mode"},
        experiment=("training=False", "training=True"),
    ),
    wrong(
        "the data of the first seed for all",
        {"check_experiment": "The data are those of the seeds [3, 3, 3]"},
        experiment=("network(amount), draw,", "network(amount), draw(seeds[0]),"),
    ),
    wrong(
        "the amount forgotten in the experiment",
        {"check_experiment": "it built network(0.1)"},
        experiment=("network(amount), draw,", "network(0.1), draw,"),
    ),
    wrong(
        "numbers typed in",
        {"check_experiment": "No training on these data"},
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
        "the classes named the other way round",
        {"check_rings": "lie at 0.80 and 1.00 from the middle"},
        rings=('    x = x.astype("float32")', '    x, y = x.astype("float32"), 1 - y'),
    ),
    wrong(
        "standard deviations averaged in place of variances",
        {"check_sources": "It is their variances that are averaged"},
        sources=("table.var(axis=1, ddof=1).mean()", "table.std(axis=1, ddof=1).mean() ** 2"),
    ),
    wrong(
        "draws and starts changed over",
        {"check_sources": "Which axis is which"},
        sources=("np.asarray(table, float)", "np.asarray(table, float).T"),
    ),
    wrong(
        "all scatter of the row means put down to the draw",
        {"check_sources": "has a part of their scatter"},
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
    right(
        "layers in a list, scipy's interval, a generator of one's own, analysis of variance",
        network="""\
def network(amount):
    units, last = keras.layers.Dense(500), keras.layers.Dense(1)
    noise = [keras.layers.GaussianNoise(amount)] if amount > 0 else []
    middle = [*noise, keras.layers.Activation(keras.activations.relu), last]
    net = keras.Sequential([keras.Input((2,)), units, *middle, keras.layers.Activation("sigmoid")])
    net.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"])
    return net
""",
        gain="""\
def gain(with_noise, without):
    found = stats.ttest_rel(with_noise, without).confidence_interval(0.95)
    return (found.low + found.high) / 2, found.low, found.high
""",
        rings="""\
def rings(number):
    rng = np.random.default_rng([number, 7])

    def some(count):
        labels = rng.integers(0, 2, count)
        turn, radius = rng.uniform(0, 2 * np.pi, count), np.where(labels, 0.8, 1.0)
        points = radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        return (points + rng.normal(0, 0.1, points.shape)).astype("float32"), labels

    return some(30), some(2000)
""",
        sources="""\
def sources(table):
    table = np.asarray(table, float)
    draws, starts = table.shape
    means = table.mean(axis=1, keepdims=True)
    within = ((table - means) ** 2).sum() / (draws * (starts - 1))
    between = starts * ((means - means.mean()) ** 2).sum() / (draws - 1)
    return [within**0.5, max((between - within) / starts, 0) ** 0.5]
""",
    ),
    right(
        "epoch by epoch with train_on_batch, compiled accuracy",
        experiment="""\
def experiment(amount, draw, seeds, epochs):
    def one(seed):
        train, test = draw(seed)
        keras.utils.set_random_seed(seed)
        net = network(amount)
        for _ in range(epochs):
            net.train_on_batch(*train)
        return float(net.test_on_batch(*test, return_dict=True)["accuracy"])

    return tuple(map(one, seeds))
""",
    ),
]
