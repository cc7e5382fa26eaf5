"""Submissions to dropout/repeated_evaluation."""

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
            "[keras.Input((2,)), hidden, keras.layers.Dropout(rate), output]",
            "[keras.Input((2,)), keras.layers.Dropout(rate), hidden, output]",
        ),
    ),
    wrong(
        "dropout that is on in use, too",
        {"check_network": "in use gives two answers"},
        network="""\
class Always(keras.layers.Dropout):
    def call(self, inputs, training=None):
        return super().call(inputs, training=True)


def network(rate):
    hidden = keras.layers.Dense(500, activation="relu")
    output = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((2,)), hidden, Always(rate), output])
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "a rate that is always the example's",
        {"check_network": "With rate 0.0, 1 layers drop"},
        network=("Dropout(rate)", "Dropout(0.4)"),
    ),
    wrong(
        "one draw of data for all seeds",
        {"check_experiment": "The data are those of the seeds [3, 3]"},
        experiment=("network(rate), draw,", "network(rate), draw(seeds[0]),"),
    ),
    wrong(
        "data drawn with a counter in place of the seed",
        {"check_experiment": "The data are those of the seeds [0, 1]"},
        experiment=("network(rate), draw,", "network(rate), lambda s: draw(seeds.index(s)),"),
    ),
    wrong(
        "one seed for the weights of all runs",
        {"check_experiment": "Does a seed alone fix a run"},
        experiment=(
            "    return repeat(lambda: network(rate), draw, **options).measures",
            "    options |= dict(seeds=[1])\n"
            "    each = [repeat(lambda: network(rate), draw(s), **options).measures for s in seeds]\n"
            '    return {name: [run[name][0] for run in each] for name in ("accuracy", "loss")}',
        ),
    ),
    wrong(
        "the generator's state carried from run to run",
        {"check_experiment": "Does a seed alone fix a run"},
        experiment="""\
def experiment(rate, draw, seeds, epochs):
    keras.utils.set_random_seed(1)
    result = {"accuracy": [], "loss": []}
    for seed in seeds:
        train, test = draw(seed)
        model = network(rate)
        fit(model, *train, epochs=epochs)
        loss, accuracy = model.evaluate(*test, verbose=0)
        result["accuracy"].append(accuracy)
        result["loss"].append(loss)
    return result


from lab import fit
""",
    ),
    wrong(
        "training on training and test data",
        {"check_experiment": "test data take part"},
        experiment=(
            "    return repeat(lambda: network(rate), draw, **options).measures",
            "    def everything(seed):\n"
            "        train, test = draw(seed)\n"
            "        return tuple(np.concatenate(pair) for pair in zip(train, test, strict=True)), test\n\n"
            "    return repeat(lambda: network(rate), everything, **options).measures",
        ),
    ),
    wrong(
        "the training data's accuracy and loss",
        {"check_experiment": "It is the training accuracy"},
        experiment=("inputs, labels = data[1]", "inputs, labels = data[0]"),
    ),
    wrong(
        "numbers typed in",
        {"check_experiment": "No training on these data"},
        experiment="""\
def experiment(rate, draw, seeds, epochs):
    rng = np.random.default_rng(0)
    return {"accuracy": rng.normal(0.77, 0.01, len(seeds)), "loss": rng.normal(2, 0.1, len(seeds))}
""",
    ),
    wrong(
        "the rate forgotten in the experiment",
        {"check_experiment": "Asked for network(0.0), it built network(0.4)"},
        experiment=("network(rate)", "network(0.4)"),
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
        "another learning rate",
        {"check_network": "steps are 0.01 and 0.01, those of the one asked for 0.001"},
        network=('model.compile("adam"', "model.compile(keras.optimizers.Adam(0.01)"),
    ),
    wrong(
        "first weights of zero, which learn nothing",
        {"check_network": "learn the same, or nothing"},
        network=('activation="relu")', 'activation="relu", kernel_initializer="zeros")'),
    ),
    wrong(
        "the squared error in place of the cross-entropy",
        {"check_network": "another loss"},
        network=('"binary_crossentropy"', '"mse"'),
    ),
    wrong(
        "a seed off by one",
        {"check_experiment": "Runs and data are those of the seeds [4, 9]"},
        experiment=("seeds=seeds", "seeds=[seed + 1 for seed in seeds]"),
    ),
    wrong(
        "the number of a run for its seed, its data drawn with the seed",
        {"check_experiment": "The runs are those of the seeds [0, 1], not of [3, 8]"},
        experiment=(
            "    options = dict(seeds=seeds",
            "    own = draw\n    draw = lambda run: own(seeds[run])\n"
            "    options = dict(seeds=range(len(seeds))",
        ),
    ),
    wrong(
        "one arm trained for a fifth of the epochs",
        {"check_experiment": "were trained for 2 epochs, not for 12"},
        experiment=("epochs=epochs", "epochs=epochs if rate else max(epochs // 5, 1)"),
    ),
    wrong(
        "one arm trained on half of the points",
        {"check_experiment": "on half of the training points"},
        experiment=(
            "    options = ",
            "    own = draw\n\n"
            "    def draw(seed):\n"
            "        (some, of_class), test = own(seed)\n"
            "        half = len(some) // 2 if rate > 0 else len(some)\n"
            "        return (some[:half], of_class[:half]), test\n\n"
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
        experiment=(
            "    options = dict(seeds=seeds, epochs=epochs, validation_data=None, measure=look)\n"
            "    return repeat(lambda: network(rate), draw, **options).measures",
            "    runs = repeat(lambda: network(rate), draw, seeds=seeds, epochs=epochs)\n"
            '    best = {"accuracy": runs["val_accuracy"].max(axis=1)}\n'
            '    return best | {"loss": runs["val_loss"].min(axis=1)}',
        ),
    ),
    wrong(
        "measured in training mode",
        {"check_experiment": "asked in training mode"},
        experiment=("training=False", "training=True"),
    ),
    wrong(
        "networks that were never trained",
        {"check_experiment": "were trained for 0 epochs"},
        experiment="""\
def experiment(rate, draw, seeds, epochs):
    accuracy, loss = [], []
    for seed in seeds:
        _, (inputs, labels) = draw(seed)
        keras.utils.set_random_seed(seed)
        model = network(rate)
        found = model.evaluate(inputs, labels, verbose=0)
        loss.append(found[0])
        accuracy.append(found[1])
    return {"accuracy": accuracy, "loss": loss}
""",
    ),
    wrong(
        "the second minus the first",
        {"check_paired": "first minus the second"},
        paired=(
            "np.asarray(first, float) - np.asarray(second, float)",
            "np.asarray(second, float) - np.asarray(first, float)",
        ),
    ),
    wrong(
        "pairs taken apart",
        {"check_paired": "Is it the differences whose spread"},
        paired=(
            "sd = len(differences), differences.mean(), differences.std(ddof=1)",
            "sd = len(differences), differences.mean(), np.hypot(np.std(first), np.std(second))",
        ),
    ),
    wrong(
        "both lists sorted before they are paired",
        {"check_paired": "beside the one with its seed"},
        paired=(
            "np.asarray(first, float) - np.asarray(second, float)",
            "np.sort(first) - np.sort(second)",
        ),
    ),
    wrong(
        "n in the denominator",
        {"check_paired": "an estimate from 5 values"},
        paired=("ddof=1", "ddof=0"),
    ),
    wrong(
        "the interval of single differences",
        {"check_paired": "Asked for is that of their mean"},
        paired=("sd / np.sqrt(n)", "sd"),
    ),
    wrong(
        "the factor 1.96 for any number of pairs",
        {"check_paired": "the factor 1.96"},
        paired=("stats.t.ppf(0.975, n - 1)", "1.96"),
    ),
    wrong(
        "any difference counted as a story",
        {"check_stories": "A difference of 0.01"},
        stories="""\
def stories(differences, smallest):
    return [np.mean(np.sign(differences) == sign) for sign in (1, 0, -1)]
""",
    ),
    wrong(
        "differences without their sign",
        {"check_stories": "to the other side"},
        stories=("np.asarray(differences, float)", "np.abs(differences)"),
    ),
    wrong(
        "counts in place of shares",
        {"check_stories": "the shares make 1"},
        stories=(
            "return better, np.mean(np.abs(differences) < smallest), worse",
            "return [np.sum(np.digitize(differences, [-smallest, smallest]) == i) for i in (2, 1, 0)]",
        ),
    ),
    wrong(
        "above in place of at least",
        {"check_stories": "A difference of exactly 0.02"},
        stories=(
            "np.mean(differences >= smallest), np.mean(differences <= -smallest)",
            "np.mean(differences > smallest), np.mean(differences < -smallest)",
        ),
    ),
    wrong(
        "above in place of at least, to one side",
        {"check_stories": "A difference of exactly 0.02"},
        stories="""\
def stories(differences, smallest):
    differences = np.asarray(differences)
    better, worse = np.mean(differences >= smallest), np.mean(differences < -smallest)
    return better, 1 - better - worse, worse
""",
    ),
    wrong(
        "rounded down",
        {"check_pairs_needed": "reaches a little farther"},
        pairs_needed=("int(np.ceil(", "int(np.floor("),
    ),
    wrong(
        "not rounded at all",
        {"check_pairs_needed": "is no number of pairs"},
        pairs_needed=("int(np.ceil(", "float(np.asarray("),
    ),
    wrong(
        "twice the pairs for half the width",
        {"check_pairs_needed": "With four times the pairs"},
        pairs_needed=(" ** 2", ""),
    ),
    wrong(
        "the scatter about zero",
        {"check_pairs_needed": "scatter no more"},
        pairs_needed=(
            "np.std(differences, ddof=1)",
            "np.sqrt(np.mean(np.square(differences)))",
        ),
    ),
    right(
        "functional API, plain Python for the statistics",
        network="""\
def network(rate):
    point = keras.Input(shape=(2,))
    h = keras.layers.Dense(500)(point)
    h = keras.layers.Dropout(rate=rate)(keras.layers.ReLU()(h))
    net = keras.Model(point, keras.layers.Dense(1, activation="sigmoid")(h))
    net.compile(keras.optimizers.Adam(), keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return net
""",
        paired="""\
def paired(first, second):
    d = [a - b for a, b in zip(first, second, strict=True)]
    m = sum(d) / len(d)
    s = (sum((v - m) ** 2 for v in d) / (len(d) - 1)) ** 0.5
    reach = stats.t.ppf(0.975, len(d) - 1) * s / len(d) ** 0.5
    return [m, s, m - reach, m + reach]
""",
        stories="""\
def stories(differences, smallest):
    n = len(differences)
    up = sum(d >= smallest for d in differences)
    down = sum(d <= -smallest for d in differences)
    return up / n, (n - up - down) / n, down / n
""",
    ),
    right(
        "subclassed model, statistics by lab, scipy and pandas",
        network="""\
class Thinned(keras.Model):
    def __init__(self, share):
        super().__init__()
        self.first = keras.layers.Dense(500, activation="relu")
        self.drop = keras.layers.Dropout(share)
        self.last = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=None):
        return self.last(self.drop(self.first(inputs), training=training))


def network(rate):
    model = Thinned(rate)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model
""",
        paired="""\
import pandas as pd
from lab import compare


def paired(first, second):
    found = compare(first, second, smallest=0.02)
    sd = pd.Series(np.subtract(first, second)).std()
    return pd.Series({"mean": found.mean, "sd": sd, "low": found.low, "high": found.high})
""",
        pairs_needed="""\
def pairs_needed(differences, half_width):
    sd, n = np.std(differences, ddof=1), 2
    while stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n) > half_width:
        n += 1
    return n
""",
    ),
    right(
        "model.fit, results in pandas",
        experiment="""\
import pandas as pd


def experiment(rate, draw, seeds, epochs):
    rows = []
    for s in seeds:
        (xs, ys), test = draw(s)
        keras.utils.set_random_seed(s)
        net = network(rate)
        net.fit(xs, ys, epochs=epochs, verbose=0)
        rows.append(net.evaluate(*test, verbose=0, return_dict=True))
    return pd.DataFrame(rows, index=list(seeds))
""",
    ),
    right(
        "a training loop of one's own, lists",
        experiment="""\
import tensorflow as tf


def experiment(rate, draw, seeds, epochs):
    result = {"accuracy": [], "loss": []}
    cross_entropy = keras.losses.BinaryCrossentropy()
    for s in seeds:
        (xs, ys), (xt, yt) = draw(s)
        xs, ys = tf.constant(xs), tf.constant(ys.reshape(-1, 1), tf.float32)
        keras.utils.set_random_seed(s)
        net = network(rate)
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
        outputs = net(xt, training=False)
        result["accuracy"].append(float(np.mean((np.ravel(outputs) > 0.5) == yt)))
        result["loss"].append(float(cross_entropy(yt.reshape(-1, 1), outputs)))
    return result
""",
    ),
    right(
        "leaky ReLU without a leak, one seed after the other, counted by sorting",
        network="""\
def network(rate):
    layers = [keras.layers.Dense(500), keras.layers.LeakyReLU(0.0)]
    layers.append(keras.layers.SpatialDropout1D(rate) if rate is None else keras.layers.Dropout(rate))
    layers += [keras.layers.Dense(1), keras.layers.Activation("sigmoid")]
    model = keras.Sequential([keras.Input(shape=(2,)), *layers])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=1e-3), loss="bce", metrics=["acc"])
    return model
""",
        experiment="""\
def experiment(rate, draw, seeds, epochs):
    from lab import fit

    rows = {"loss": [], "accuracy": []}
    for seed in seeds:
        train, (points, labels) = draw(int(seed))
        keras.utils.set_random_seed(int(seed))
        model = network(rate)
        fit(model, *train, epochs=epochs)
        told = model.predict(points, verbose=0, batch_size=512)[:, 0].astype(float)
        told = np.clip(told, 1e-7, 1 - 1e-7)
        rows["loss"].append(-np.log(np.abs(told - 1 + labels)).mean())
        rows["accuracy"].append(((told >= 0.5) == labels).mean())
    return rows
""",
        stories="""\
def stories(differences, smallest):
    ordered = np.sort(differences)
    worse = np.searchsorted(ordered, -smallest, side="right")
    less = np.searchsorted(ordered, smallest, side="left")
    return np.array([len(ordered) - less, less - worse, worse]) / len(ordered)
""",
        pairs_needed="""\
import math
import statistics


def pairs_needed(differences, half_width):
    return math.ceil(statistics.variance(map(float, differences)) * (1.96 / half_width) ** 2)
""",
    ),
    right(
        "the network as a layer in a layer, weights saved between epochs, scipy",
        network="""\
def network(rate):
    body = keras.Sequential([keras.layers.Dense(500, "relu"), keras.layers.Dropout(rate)])
    point = keras.Input((2,))
    model = keras.Model(point, keras.layers.Dense(1, "sigmoid")(body(point)))
    model.compile("adam", keras.losses.BinaryCrossentropy(), metrics=[keras.metrics.BinaryAccuracy()])
    return model
""",
        experiment="""\
import pandas as pd


def experiment(rate, draw, seeds, epochs):
    def one(seed):
        (inputs, labels), test = draw(seed)
        keras.utils.set_random_seed(seed)
        model = network(rate)
        for _ in range(epochs):
            model.train_on_batch(inputs, labels)
        loss, accuracy = model.test_on_batch(*test)
        return float(loss), float(accuracy)

    return pd.DataFrame([one(seed) for seed in seeds], columns=["loss", "accuracy"])
""",
        paired="""\
def paired(first, second):
    change = np.subtract(first, second)
    low, high = stats.bootstrap if False else stats.ttest_1samp(change, 0).confidence_interval()
    return np.array([np.mean(change), stats.tstd(change), low, high])
""",
    ),
]
