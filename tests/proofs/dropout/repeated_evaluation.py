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
        {"check_network": "when it is used"},
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
        {"check_network": "Asked for rate 0.0"},
        network=("Dropout(rate)", "Dropout(0.4)"),
    ),
    wrong(
        "one draw of data for all seeds",
        {"check_experiment": "their data were drawn with [3]"},
        experiment=("network(rate), draw,", "network(rate), draw(seeds[0]),"),
    ),
    wrong(
        "data drawn with a counter in place of the seed",
        {"check_experiment": "their data were drawn with [0, 1]"},
        experiment=("network(rate), draw,", "network(rate), lambda s: draw(seeds.index(s)),"),
    ),
    wrong(
        "one seed for the weights of all runs",
        {"check_experiment": "On the same data two seeds gave the same run"},
        experiment=(
            "    return repeat(lambda: network(rate), draw, **options).measures",
            "    options |= dict(seeds=[1])\n"
            "    each = [repeat(lambda: network(rate), draw(s), **options).measures for s in seeds]\n"
            '    return {name: [run[name][0] for run in each] for name in ("accuracy", "loss")}',
        ),
    ),
    wrong(
        "the generator's state carried from run to run",
        {"check_experiment": "the seed alone does not fix a run"},
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
        {"check_experiment": "test data take part in the training"},
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
        {"check_experiment": "does not depend on the labels of the test data"},
        experiment=("inputs, labels = data[1]", "inputs, labels = data[0]"),
    ),
    wrong(
        "numbers typed in",
        {"check_experiment": "their data were drawn with []"},
        experiment="""\
def experiment(rate, draw, seeds, epochs):
    rng = np.random.default_rng(0)
    return {"accuracy": rng.normal(0.77, 0.01, len(seeds)), "loss": rng.normal(2, 0.1, len(seeds))}
""",
    ),
    wrong(
        "the rate forgotten in the experiment",
        {"check_experiment": "Asked for the rate 0.3"},
        experiment=("network(rate)", "network(0.4)"),
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
        {"check_paired": "or the runs"},
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
]
