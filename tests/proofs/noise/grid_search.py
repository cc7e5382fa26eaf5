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
        {"check_network": "in use gives two answers"},
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
        {"check_network": "steps are 0.00025 and 0.00025"},
        network=(
            'model.compile("adam"',
            "model.compile(keras.optimizers.Adam(0.001 / (1 + 10 * amount))",
        ),
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
        "without noise a fifth of the epochs",
        {"check_search": "were trained for 2 epochs, not for 12"},
        search=(
            'sweep(network, {"amount": amounts}, draw, **options)',
            "[sweep(network, {'amount': [a]}, draw, **options | {'epochs': epochs if a else epochs // 5})"
            ".runs[0] for a in amounts]",
        ),
    ),
    wrong(
        "half of the training points",
        {"check_search": "on half of the training points"},
        search=(
            "    options = ",
            "    own = draw\n\n"
            "    def draw(seed):\n"
            "        (some, of_class), test = own(seed)\n"
            "        half = 2 if epochs else 1\n"
            "        return (some[::half], of_class[::half]), test\n\n"
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
def search(amounts, draw, seeds, epochs):
    points = len(draw(seeds[0])[1][1])
    return np.random.default_rng(0).random((len(amounts), len(seeds), points))
""",
    ),
    wrong(
        "networks that were never trained",
        {"check_search": "were trained for 0 epochs"},
        search="""\
def search(amounts, draw, seeds, epochs):
    def untrained(amount, seed):
        _, (inputs, _) = draw(seed)
        keras.utils.set_random_seed(seed)
        return np.asarray(network(amount)(inputs))[:, 0]

    return [[untrained(amount, seed) for seed in seeds] for amount in amounts]
""",
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
        {"check_search": "Does a seed alone fix a run, for all settings"},
        search="""\
def search(amounts, draw, seeds, epochs):
    keras.utils.set_random_seed(seeds[0])
    table = np.zeros((len(amounts), len(seeds), len(draw(seeds[0])[1][1])))
    for i, amount in enumerate(amounts):
        for j, seed in enumerate(seeds):
            train, test = draw(seed)
            model = network(amount)
            fit(model, *train, epochs=epochs)
            table[i, j] = model(test[0], training=False)[:, 0]
    return table


from lab import fit
""",
    ),
    wrong(
        "one amount for all networks",
        {"check_search": "another setting. Is the order kept"},
        search=(
            'sweep(network, {"amount": amounts}, draw, **options)',
            "[sweep(lambda: network(0.5), {}, draw, **options).runs[0]] * len(amounts)",
        ),
    ),
    wrong(
        "noise left on when the test points are asked",
        {"check_search": "asked in training mode"},
        search=("training=False", "training=True"),
    ),
    wrong(
        "the data of one seed in all runs",
        {"check_search": "The data are those of the seeds [3, 3]"},
        search=("draw, **options)", "lambda seed: draw(seeds[0]), **options)"),
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
        {"check_search": "test data take part"},
        search=(
            "    options = ",
            "    own = draw\n\n    def draw(seed):\n        train, test = own(seed)\n"
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
def search(amounts, draw, seeds, epochs):
    table = []
    for amount in amounts:
        table.append([])
        for seed in seeds:
            (x, y), (questions, _) = draw(seed)
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


def search(amounts, draw, seeds, epochs):
    def one(amount, seed):
        (x, y), (questions, _) = draw(seed)
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


def search(amounts, draw, seeds, epochs):
    def keep(net, both):
        return {"p": net.predict(both[1][0], verbose=0).reshape(-1)}

    each = [repeat(lambda: network(a), draw, seeds=seeds, epochs=epochs, measure=keep) for a in amounts]
    return np.stack([r["p"] for r in each])
""",
    ),
    right(
        "a Lambda-free functional network, scores by scikit-learn, choices by pandas",
        network="""\
def network(amount):
    where = keras.Input((2,))
    z = keras.layers.GaussianNoise(amount)(where) if amount else where
    z = keras.layers.Activation("relu")(keras.layers.Dense(units=500)(z))
    net = keras.Model(where, keras.layers.Activation("sigmoid")(keras.layers.Dense(1)(z)))
    net.compile(keras.optimizers.Adam(1e-3), loss="binary_crossentropy", metrics=["accuracy"])
    return net
""",
        scores="""\
from sklearn.metrics import accuracy_score, log_loss


def scores(outputs, labels):
    outputs, labels = np.asarray(outputs, float), np.asarray(labels)
    safe = outputs.clip(1e-7, 1 - 1e-7)
    pairs = list(zip(labels, outputs > 0.5, safe))
    return {
        "confidence": np.stack([outputs, 1 - outputs]).max(axis=0).mean(axis=-1),
        "accuracy": [accuracy_score(truth, said) for truth, said, _ in pairs],
        "loss": [log_loss(truth, p, labels=[0, 1]) for truth, _, p in pairs],
    }
""",
        choose="""\
def choose(accuracy, loss):
    import pandas as pd

    return pd.DataFrame(accuracy).mean(axis=1).idxmax(), pd.DataFrame(loss).mean(axis=1).idxmin()
""",
        loss_without_looking="""\
def loss_without_looking(labels):
    from scipy import stats

    return float(stats.entropy(np.bincount(np.asarray(labels), minlength=2)))
""",
    ),
    right(
        "epoch by epoch with train_on_batch, seeds outside and amounts inside",
        search="""\
def search(amounts, draw, seeds, epochs):
    columns = []
    for seed in seeds:
        train, (questions, _) = draw(seed)
        columns.append([])
        for amount in amounts:
            keras.utils.set_random_seed(seed)
            net = network(amount)
            for _ in range(epochs):
                net.train_on_batch(*train)
            columns[-1].append(net.predict(questions, verbose=0)[:, 0])
    return np.swapaxes(columns, 0, 1)
""",
    ),
]
