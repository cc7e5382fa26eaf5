"""Submissions to batch_normalization/on_the_input."""

from coursekit.grading.proofs import right, wrong

SUBMISSIONS = [
    wrong(
        "batch normalization behind the hidden layer",
        {"check_network": "50 hidden units are normalized"},
        network=("*start, hidden, output", "hidden, *start, output"),
    ),
    wrong(
        "batch normalization in both places",
        {"check_network": "50 hidden units are normalized"},
        network=(
            "*start, hidden, output",
            "*start, hidden, keras.layers.BatchNormalization(momentum=0.9), output",
        ),
    ),
    wrong(
        "layer normalization, over the two inputs of a point",
        {"check_network": "Over what does your layer take its mean"},
        network=("BatchNormalization(momentum=0.9)", "LayerNormalization()"),
    ),
    wrong(
        "the layer Normalization, which learns nothing from batches",
        {"check_network": "Over what does your layer take its mean"},
        network=("BatchNormalization(momentum=0.9)", "Normalization(mean=0.0, variance=1.0)"),
    ),
    wrong(
        "the layer there in either case",
        {"check_network": "has one all the same"},
        network=(" if first else []", ""),
    ),
    wrong(
        "the default momentum",
        {"check_network": "the weight 0.99, not 0.9"},
        network=("momentum=0.9)] if", ")] if"),
    ),
    wrong(
        "gamma and beta left out",
        {"check_network": "lost gamma or beta"},
        network=("(momentum=0.9)] if", "(momentum=0.9, scale=False, center=False)] if"),
    ),
    wrong(
        "another optimizer",
        {"check_network": "steps are 0.1 and 0.19, those of the one asked for 0.01 and 0.019"},
        network=("learning_rate=0.01, ", "learning_rate=0.1, "),
    ),
    wrong(
        "the ReLU forgotten",
        {"check_network": "Do the hidden units have their ReLU"},
        network=('activation="relu", ', ""),
    ),
    wrong(
        "He-uniform first weights forgotten",
        {"check_network": "not evenly to ±1.73. How are they drawn"},
        network=(', kernel_initializer="he_uniform"', ""),
    ),
    wrong(
        "first weights of zero",
        {"check_network": "learn the same, or nothing"},
        network=('kernel_initializer="he_uniform"', 'kernel_initializer="zeros"'),
    ),
    wrong(
        "Adam where there is no layer",
        {"check_network": "steps are 0.001 and 0.001"},
        network=(
            "    model.compile",
            "    if not first:\n        optimizer = keras.optimizers.Adam()\n    model.compile",
        ),
    ),
    wrong(
        "no sigmoid",
        {"check_network": "A sigmoid gives probabilities"},
        network=('Dense(1, activation="sigmoid")', "Dense(1)"),
    ),
    wrong(
        "labels prepared, too",
        {"check_prepared": "The labels are not those given"},
        prepared=("(inputs - mean) / sd, labels)", "(inputs - mean) / sd, labels - labels.mean())"),
    ),
    wrong(
        "the test data standardized by themselves",
        {"check_prepared": "one by one"},
        prepared="""\
def prepared(data):
    from sklearn.preprocessing import StandardScaler

    return tuple((StandardScaler().fit_transform(inputs), labels) for inputs, labels in data)
""",
    ),
    wrong(
        "mean and standard deviation of all points, tests included",
        {"check_prepared": "Over what were those taken"},
        prepared=(
            "mean, sd = inputs.mean(axis=0), inputs.std(axis=0)",
            "both = np.concatenate([inputs, test_inputs])\n"
            "    mean, sd = both.mean(axis=0), both.std(axis=0)",
        ),
    ),
    wrong(
        "one mean for both columns",
        {"check_prepared": "Over what were those taken"},
        prepared=("inputs.mean(axis=0), inputs.std(axis=0)", "inputs.mean(), inputs.std()"),
    ),
    wrong(
        "divided by the variance",
        {"check_prepared": "Over what were those taken"},
        prepared=("inputs.std(axis=0)", "inputs.var(axis=0)"),
    ),
    wrong(
        "the test inputs left as they are",
        {"check_prepared": "in another way than the training inputs"},
        prepared=("((test_inputs - mean) / sd, test_labels)", "(test_inputs, test_labels)"),
    ),
    wrong(
        "brought to between 0 and 1",
        {"check_prepared": "Over what were those taken"},
        prepared=(
            "inputs.mean(axis=0), inputs.std(axis=0)",
            "inputs.min(axis=0), np.ptp(inputs, axis=0)",
        ),
    ),
    wrong(
        "the data given changed",
        {"check_prepared": "were changed on the way"},
        prepared="""\
def prepared(data):
    (inputs, _), (test_inputs, _) = data
    mean, sd = inputs.mean(axis=0), inputs.std(axis=0)
    for values in (inputs, test_inputs):
        values -= mean
        values /= sd
    return data
""",
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
        "with the layer a fifth of the epochs, each counted five times",
        {"check_experiment": "Is each run as long"},
        experiment=(
            "epochs=epochs)\n    return",
            "epochs=max(1, epochs // 5) if first else epochs)\n"
            '    if first:\n        return np.repeat(runs["val_accuracy"], 9, axis=1)[:, :epochs]\n'
            "    return",
        ),
    ),
    wrong(
        "one arm trained on half of the points",
        {"check_experiment": "on half of the training points"},
        experiment=(
            "    runs = ",
            "    if not first:\n"
            "        data = (data[0][0][:250], data[0][1][:250]), data[1]\n    runs = ",
        ),
    ),
    wrong(
        "the number of epochs written into the function",
        {"check_experiment": "has 100 columns for 6 epochs"},
        experiment=("epochs=epochs", "epochs=100"),
    ),
    wrong(
        "the best epoch so far in place of each",
        {"check_experiment": "the test accuracy in each epoch is not right"},
        experiment=(
            'runs["val_accuracy"]',
            'np.maximum.accumulate(runs["val_accuracy"], axis=1)',
        ),
    ),
    wrong(
        "one seed for all runs",
        {"check_experiment": "Two seeds gave the same run"},
        experiment=(
            "seeds=seeds, epochs=epochs)\n",
            "seeds=[1], epochs=epochs)\n    return [runs['val_accuracy'][0]] * len(seeds)\n",
        ),
    ),
    wrong(
        "accuracy of the training data given as that of the test data",
        {"check_experiment": "measured on the training points"},
        experiment=(", data, seeds=", ", (data[0], data[0]), seeds="),
    ),
    wrong(
        "the layer always there in the experiment",
        {"check_experiment": "it built network(True)"},
        experiment=("network(first)", "network(True)"),
    ),
    wrong(
        "the layer never there in the experiment",
        {"check_experiment": "it built network(False)"},
        experiment=("network(first)", "network(False)"),
    ),
    wrong(
        "the data prepared on the way",
        {"check_experiment": "gives that"},
        experiment=(", data, seeds=", ", prepared(data), seeds="),
    ),
    wrong(
        "an interval that is not paired",
        {"check_interval": "too wide"},
        interval="""\
def interval(first, second):
    first, second = (np.asarray(table)[:, -5:].mean(axis=1) for table in (first, second))
    test = stats.ttest_ind(first, second)
    low, high = test.confidence_interval()
    return first.mean() - second.mean(), low, high
""",
    ),
    wrong(
        "percentiles of the runs",
        {"check_interval": "too wide"},
        interval=(
            "found.mean, found.low, found.high",
            "found.mean, *np.percentile(first - second, [2.5, 97.5])",
        ),
    ),
    wrong(
        "epochs counted as runs",
        {"check_interval": "too narrow"},
        interval=("[:, -5:].mean(axis=1)", "[:, -5:].ravel()"),
    ),
    wrong(
        "all epochs",
        {"check_interval": "Which epochs count"},
        interval=("[:, -5:]", ""),
    ),
    wrong(
        "the best epoch of each run",
        {"check_interval": "that of the runs' best epoch"},
        interval=("[:, -5:].mean(axis=1)", ".max(axis=1)"),
    ),
    wrong(
        "the last epoch of each run",
        {"check_interval": "that of the runs' last epoch"},
        interval=("[:, -5:].mean(axis=1)", "[:, -1]"),
    ),
    wrong(
        "the second minus the first",
        {"check_interval": "What minus what"},
        interval=("compare(first, second,", "compare(second, first,"),
    ),
    wrong(
        "the normal distribution for eight runs",
        {"check_interval": "not those of Student's t"},
        interval="""\
def interval(first, second):
    gains = (np.asarray(first) - np.asarray(second))[:, -5:].mean(axis=1)
    half = 1.96 * gains.std(ddof=1) / np.sqrt(len(gains))
    return gains.mean(), gains.mean() - half, gains.mean() + half
""",
    ),
    wrong(
        "inference mode",
        {"check_versions": "In which mode"},
        versions=("training=True", "training=False"),
    ),
    wrong(
        "a batch without the point",
        {"check_versions": "Whom does the batch consist of"},
        versions="""\
def versions(point, others, size, draws):
    rng, found = np.random.default_rng(0), []
    for _ in range(draws):
        company = rng.choice(others, size - 1, replace=False)
        found.append((point - company.mean(axis=0)) / np.sqrt(company.var(axis=0) + 0.001))
    return np.array(found)
""",
    ),
    wrong(
        "companions drawn once",
        {"check_versions": "companions are the same"},
        versions="""\
def versions(point, others, size, draws):
    layer = keras.layers.BatchNormalization()
    company = np.random.default_rng(0).choice(others, size - 1, replace=False)
    batch = np.concatenate([[point], company]).astype("float32")
    return [np.asarray(layer(batch, training=True))[0] for _ in range(draws)]
""",
    ),
    wrong(
        "no epsilon",
        {"check_versions": "What does it add to the variance"},
        versions=(
            "np.asarray(layer(batch, training=True))[0]",
            "((batch - batch.mean(axis=0)) / batch.std(axis=0))[0]",
        ),
    ),
    wrong(
        "a batch with one point too many",
        {"check_versions": "a batch of 50 holds the point and all of them"},
        versions=("rng.choice(others, size - 1,", "rng.choice(others, size,"),
    ),
    wrong(
        "one companion drawn twice",
        {"check_versions": "Whom does the batch consist of"},
        versions=("replace=False", "replace=True"),
    ),
    wrong(
        "statistics that drift from batch to batch, as in use",
        {"check_versions": "Whom does the batch consist of"},
        versions=(
            "found.append(np.asarray(layer(batch, training=True))[0])",
            "layer(batch, training=True)\n"
            "        found.append(np.asarray(layer(batch, training=False))[0])",
        ),
    ),
    right(
        "functional API, StandardScaler, model.fit, NumPy",
        network="""\
def network(normalize_inputs):
    inp = z = keras.Input(shape=(2,))
    if normalize_inputs:
        z = keras.layers.BatchNormalization(momentum=0.9, name="norm")(inp)
    z = keras.layers.Dense(50, kernel_initializer=keras.initializers.HeUniform())(z)
    net = keras.Model(inp, keras.layers.Dense(1, activation="sigmoid")(keras.activations.relu(z)))
    net.compile(keras.optimizers.SGD(0.01, 0.9), keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return net
""",
        prepared="""\
def prepared(data):
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(data[0][0])
    return [(scaler.transform(inputs), labels) for inputs, labels in data]
""",
        versions="""\
def versions(point, others, size, draws):
    rows = np.random.default_rng(7)
    result = np.empty((draws, 2))
    for draw in range(draws):
        batch = np.vstack([others[rows.permutation(len(others))[: size - 1]], point])
        result[draw] = (point - batch.mean(0)) / (batch.var(0) + 1e-3) ** 0.5
    return result
""",
    ),
    right(
        "subclassed model",
        network="""\
class Net(keras.Model):
    def __init__(self, first):
        super().__init__()
        self.first = keras.layers.BatchNormalization(momentum=0.9) if first else None
        self.units = keras.layers.Dense(50, activation="relu", kernel_initializer="he_uniform")
        self.out = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=None):
        if self.first is not None:
            inputs = self.first(inputs, training=training)
        return self.out(self.units(inputs))


def network(first):
    net = Net(first)
    net.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="binary_crossentropy", metrics=["accuracy"])
    return net
""",
        interval="""\
def interval(first, second):
    test = stats.ttest_rel(np.asarray(first)[:, -5:].mean(1), np.asarray(second)[:, -5:].mean(1))
    low, high = test.confidence_interval()
    return [(low + high) / 2, low, high]
""",
    ),
    right(
        "model.fit, results in pandas, standard deviations divided by n - 1",
        prepared="""\
def prepared(data):
    import pandas as pd

    (inputs, labels), (test_inputs, test_labels) = data
    frame = pd.DataFrame(inputs)
    change = lambda values: ((pd.DataFrame(values) - frame.mean()) / frame.std()).to_numpy()
    return (change(inputs), labels), (change(test_inputs), test_labels)
""",
        experiment="""\
import pandas as pd


def experiment(first, data, seeds, epochs):
    fitted = {}
    for s in seeds:
        keras.utils.set_random_seed(s)
        net = network(first)
        history = net.fit(*data[0], validation_data=data[1], epochs=epochs, verbose=0).history
        fitted[s] = history["val_accuracy"]
    return pd.DataFrame(fitted).T
""",
    ),
    right(
        "lab.sweep",
        experiment="""\
def experiment(first, data, seeds, epochs):
    from lab import sweep

    grid = {"first": [first]}
    return sweep(network, grid, data, seeds=seeds, epochs=epochs, jobs=1).runs[0]["val_accuracy"]
""",
    ),
    right(
        "evaluated by oneself after each epoch, lists",
        experiment="""\
def experiment(first, data, seeds, epochs):
    from lab import fit

    tables = []
    for s in seeds:
        keras.utils.set_random_seed(s)
        net, row = network(first), []
        for epoch in range(epochs):
            fit(net, *data[0], initial_epoch=epoch, epochs=epoch + 1, seed=s)
            said = np.asarray(net(data[1][0], training=False))[:, 0] > 0.5
            row.append(float(np.mean(said == data[1][1])))
        tables.append(row)
    return tables
""",
        versions="""\
def versions(point, others, size, draws):
    import tensorflow as tf

    norm = keras.layers.BatchNormalization()
    out = []
    for draw in range(draws):
        some = np.random.default_rng(draw).choice(len(others), size=size - 1, replace=False)
        batch = tf.concat([tf.cast(point, tf.float32)[None], tf.cast(others[some], tf.float32)], 0)
        out.append(norm(batch, training=True)[0])
    return out
""",
    ),
    right(
        "layers added one by one, one column after the other, Student's t by hand",
        network="""\
def network(first):
    model = keras.Sequential()
    model.add(keras.Input((2,)))
    if first:
        model.add(keras.layers.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-3))
    model.add(keras.layers.Dense(50, kernel_initializer=keras.initializers.VarianceScaling(2.0, distribution="uniform")))
    model.add(keras.layers.ReLU())
    model.add(keras.layers.Dense(1))
    model.add(keras.layers.Activation("sigmoid"))
    model.compile(keras.optimizers.SGD(momentum=0.9), "binary_crossentropy", metrics=["accuracy"])
    return model
""",
        prepared="""\
def prepared(data):
    (x, y), (x_test, y_test) = [(np.array(inputs, float), labels) for inputs, labels in data]
    for column in range(2):
        mean, sd = x[:, column].mean(), x[:, column].std()
        for values in (x, x_test):
            values[:, column] = (values[:, column] - mean) / sd
    return [[x, y], [x_test, y_test]]
""",
        interval="""\
def interval(first, second):
    a, b = (np.asarray(values, float) for values in (first, second))
    gains = (a - b)[:, -5:].mean(1)
    return gains.mean(), *stats.t.interval(0.95, len(gains) - 1, gains.mean(), stats.sem(gains))
""",
    ),
    right(
        "evaluated with a callback, batch statistics by tf.nn",
        experiment="""\
def experiment(first, data, seeds, epochs):
    rows = {}
    for s in map(int, seeds):
        keras.utils.set_random_seed(s)
        net, row = network(first), []
        look = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: row.append(net.evaluate(*data[1], verbose=0)[1])
        )
        net.fit(*data[0], epochs=epochs, verbose=0, callbacks=[look])
        rows[s] = row
    return np.array(list(rows.values()))
""",
        versions="""\
def versions(point, others, size, draws):
    import tensorflow as tf

    chance = np.random.default_rng(3)
    picked = np.array([chance.permutation(len(others))[: size - 1] for _ in range(draws)])
    batches = np.concatenate([np.tile(point, (draws, 1, 1)), np.asarray(others)[picked]], axis=1)
    mean, variance = tf.nn.moments(tf.constant(batches, tf.float32), axes=[1])
    return (point - mean) / tf.sqrt(variance + 1e-3)
""",
    ),
]
