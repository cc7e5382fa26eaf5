"""Submissions to noise/on_input_and_hidden."""

from coursekit.grading.proofs import right, wrong

SUBMISSIONS = [
    wrong(
        "noise after the ReLU",
        {"check_noise": "has been through the ReLU already"},
        network=("second, relu, output", "relu, second, output"),
    ),
    wrong(
        "the variance given for the standard deviation",
        {"check_noise": "in the right measure"},
        network="""\
def network(on_input, before_relu):
    hidden, output = keras.layers.Dense(500), keras.layers.Dense(1, activation="sigmoid")
    first = keras.layers.GaussianNoise(on_input**2)
    second = keras.layers.GaussianNoise(before_relu**2)
    relu = keras.layers.Activation("relu")
    model = keras.Sequential([keras.Input((2,)), first, hidden, second, relu, output])
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "the two amounts changed over",
        {"check_noise": "the right amount"},
        network=(
            "    hidden, output",
            "    on_input, before_relu = before_relu, on_input\n    hidden, output",
        ),
    ),
    wrong(
        "the one or the other, never both",
        {"check_noise": "disturbed in 1"},
        network=(
            "    hidden, output",
            "    on_input = 0 if before_relu else on_input\n    hidden, output",
        ),
    ),
    wrong(
        "noise in use, too",
        {
            "check_noise": "still adds noise when it is used",
            "check_pairs": "in use gives two answers",
        },
        network="""\
class Always(keras.layers.GaussianNoise):
    def call(self, inputs, training=None):
        return super().call(inputs, training=True)


def network(on_input, before_relu):
    hidden, output = keras.layers.Dense(500), keras.layers.Dense(1, activation="sigmoid")
    first, second = Always(on_input), Always(before_relu)
    relu = keras.layers.Activation("relu")
    model = keras.Sequential([keras.Input((2,)), first, hidden, second, relu, output])
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "layers made in another order where there is noise",
        {"check_pairs": "start from different weights"},
        network="""\
def network(on_input, before_relu):
    layers = [keras.Input((2,))]
    if on_input > 0:
        layers.append(keras.layers.GaussianNoise(on_input))
    layers.append(keras.layers.Dense(500))
    if before_relu > 0:
        layers.append(keras.layers.GaussianNoise(before_relu))
    layers += [keras.layers.ReLU(), keras.layers.Dense(1, activation="sigmoid")]
    model = keras.Sequential(layers)
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "another optimizer",
        {"check_pairs": "steps are 0.01 and 0.01, those of the one asked for 0.001"},
        network=('"adam"', '"sgd"'),
    ),
    wrong(
        "the ReLU forgotten",
        {"check_pairs": "Do the hidden units have their ReLU"},
        network=("second, relu, output", "second, output"),
    ),
    wrong(
        "SGD in place of Adam",
        {"check_pairs": "steps are 0.01 and 0.01, those of the one asked for 0.001"},
        network=('model.compile("adam"', 'model.compile("sgd"'),
    ),
    wrong(
        "first weights of zero",
        {"check_pairs": "learn the same, or nothing"},
        network=('activation="sigmoid")', 'activation="sigmoid", kernel_initializer="zeros")'),
    ),
    wrong(
        "He-uniform first weights, which nobody asked for",
        {"check_pairs": "How are they drawn"},
        network=("Dense(500", 'Dense(kernel_initializer="he_uniform", units=500'),
    ),
    wrong(
        "the squared error in place of the cross-entropy",
        {"check_pairs": "another loss"},
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
        "without noise a fifth of the epochs",
        {"check_experiment": "were trained for 2 epochs, not for 12"},
        experiment=("epochs=epochs", "epochs=epochs if on_input or before_relu else epochs // 5"),
    ),
    wrong(
        "one arm trained on half of the points",
        {"check_experiment": "on half of the training points"},
        experiment=(
            "    options = ",
            "    own = draw\n\n"
            "    def draw(seed):\n"
            "        (some, of_class), test = own(seed)\n"
            "        half = 2 if on_input and before_relu else 1\n"
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
        "one seed for all runs",
        {"check_experiment": "Does a seed alone fix a run"},
        experiment="""\
def experiment(on_input, before_relu, draw, seeds, epochs):
    def answer(model, data):
        return {"outputs": np.asarray(model(data[1][0], training=False))[:, 0]}

    rows = []
    for seed in seeds:
        options = dict(seeds=[1], epochs=epochs, validation_data=None, measure=answer)
        runs = repeat(lambda: network(on_input, before_relu), draw(seed), **options)
        rows.append(runs["outputs"][0])
    return rows
""",
    ),
    wrong(
        "the seed set once, before all runs",
        {"check_experiment": "Does a seed alone fix a run"},
        experiment="""\
def experiment(on_input, before_relu, draw, seeds, epochs):
    keras.utils.set_random_seed(seeds[0])
    rows = []
    for seed in seeds:
        train, test = draw(seed)
        model = network(on_input, before_relu)
        fit(model, *train, epochs=epochs)
        rows.append(np.asarray(model(test[0], training=False))[:, 0])
    return rows


from lab import fit
""",
    ),
    wrong(
        "training on training and test data",
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
        "outputs in training mode",
        {"check_experiment": "asked in training mode"},
        experiment=("training=False", "training=True"),
    ),
    wrong(
        "the data of the first seed for all",
        {"check_experiment": "The data are those of the seeds [3, 3]"},
        experiment=("before_relu), draw,", "before_relu), draw(seeds[0]),"),
    ),
    wrong(
        "outputs for the training points",
        {"check_experiment": "has the shape (2, 30)"},
        experiment=("data[1][0]", "data[0][0]"),
    ),
    wrong(
        "the amounts changed over in the experiment",
        {"check_experiment": "it built network(0.0, 0.01)"},
        experiment=("network(on_input, before_relu)", "network(before_relu, on_input)"),
    ),
    wrong(
        "decisions in place of outputs",
        {"check_experiment": "decisions"},
        experiment=(
            "np.asarray(model(data[1][0], training=False))[:, 0]",
            "np.round(np.asarray(model(data[1][0], training=False))[:, 0])",
        ),
    ),
    wrong(
        "numbers typed in",
        {"check_experiment": "No training on these data"},
        experiment="""\
def experiment(on_input, before_relu, draw, seeds, epochs):
    rng = np.random.default_rng(0)
    return rng.random((len(seeds), len(draw(seeds[0])[1][1])))
""",
    ),
    wrong(
        "no noise subtracted twice",
        {"check_interaction": "measured from no noise"},
        interaction=(
            "(both - none) - ((first - none) + (second - none))",
            "both - first - second",
        ),
    ),
    wrong(
        "both against the better one",
        {"check_interaction": "measured from no noise"},
        interaction=(
            "(both - none) - ((first - none) + (second - none))",
            "both - np.minimum(first, second)",
        ),
    ),
    wrong(
        "the sum minus both",
        {"check_interaction": "What minus what"},
        interaction=(
            "(both - none) - ((first - none) + (second - none))",
            "(first - none) + (second - none) - (both - none)",
        ),
    ),
    wrong(
        "the interaction of the means",
        {"check_interaction": "shape"},
        interaction=(
            "(both - none) - ((first - none) + (second - none))",
            "np.mean(both - none) - np.mean(first - none) - np.mean(second - none)",
        ),
    ),
    wrong(
        "the mean square without its root",
        {"check_moved": "the mean square. Its root is asked for"},
        moved=("np.sqrt(np.mean(", "(np.mean("),
    ),
    wrong(
        "the mean of the sizes in place of the root mean square",
        {"check_moved": "is right"},
        moved=(
            "np.sqrt(np.mean((np.maximum(received, 0) @ output - clean) ** 2))",
            "np.mean(np.abs(np.maximum(received, 0) @ output - clean))",
        ),
    ),
    wrong(
        "one draw for all 500 units",
        {"check_moved": "a draw of its own"},
        moved=("size=received.shape", "size=(*received.shape[:-1], 1)"),
    ),
    wrong(
        "the output in place of its net input",
        {"check_moved": "of the right amount"},
        moved=(
            "np.maximum(received, 0) @ output - clean",
            "1 / (1 + np.exp(-np.maximum(received, 0) @ output)) - 1 / (1 + np.exp(-clean))",
        ),
    ),
    wrong(
        "the two effects added, not their squares",
        {"check_moved": "independent of each other"},
        moved="""\
def moved(model, points, on_input, before_relu):
    if on_input and before_relu:
        return moved(model, points, on_input, 0) + moved(model, points, 0, before_relu)
    hidden, offsets, output, _ = (np.asarray(weights, float) for weights in model.get_weights())
    rng = np.random.default_rng(0)
    noisy = points + on_input * rng.normal(size=(200, *np.shape(points)))
    received = noisy @ hidden + offsets
    received += before_relu * rng.normal(size=received.shape)
    clean = np.maximum(points @ hidden + offsets, 0) @ output
    return np.sqrt(np.mean((np.maximum(received, 0) @ output - clean) ** 2))
""",
    ),
    wrong(
        "noise after the ReLU, by hand",
        {"check_moved": "must not get through"},
        moved="""\
def moved(model, points, on_input, before_relu):
    hidden, offsets, output, _ = (np.asarray(weights, float) for weights in model.get_weights())
    rng = np.random.default_rng(0)
    noisy = points + on_input * rng.normal(size=(200, *np.shape(points)))
    values = np.maximum(noisy @ hidden + offsets, 0)
    values += before_relu * rng.normal(size=values.shape)
    clean = np.maximum(points @ hidden + offsets, 0) @ output
    return np.sqrt(np.mean((values @ output - clean) ** 2))
""",
    ),
    right(
        "functional API, layers only where there is noise, plain Python",
        network="""\
def network(on_input, before_relu):
    units = keras.layers.Dense(500)
    last = keras.layers.Dense(1, "sigmoid")
    point = keras.Input(shape=(2,), name="point")
    h = keras.layers.GaussianNoise(on_input)(point) if on_input else point
    h = units(h)
    if before_relu:
        h = keras.layers.GaussianNoise(stddev=before_relu)(h)
    net = keras.Model(point, last(keras.activations.relu(h)))
    net.compile(keras.optimizers.Adam(), keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return net
""",
        interaction="""\
def interaction(none, first, second, both):
    return [d - c - b + a for a, b, c, d in zip(none, first, second, both)]
""",
        moved="""\
def moved(model, points, on_input, before_relu):
    k, b, v, c = model.get_weights()
    rng = np.random.default_rng()
    squares = []
    for point in np.asarray(points):
        z = (np.maximum(point @ k + b, 0) @ v + c)[0]
        for _ in range(150):
            noisy = (point + rng.normal(0, on_input, 2)) @ k + b
            noisy = np.maximum(noisy + rng.normal(0, before_relu, 500), 0)
            squares.append(((noisy @ v + c)[0] - z) ** 2)
    return float(np.mean(squares) ** 0.5)
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
    def __init__(self, outside, inside):
        super().__init__()
        self.outside, self.inside = Jitter(outside), Jitter(inside)
        self.units = keras.layers.Dense(500)
        self.last = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=False):
        values = self.units(self.outside(inputs, training=training))
        return self.last(keras.ops.relu(self.inside(values, training=training)))


def network(on_input, before_relu):
    net = Net(on_input, before_relu)
    net.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return net
""",
    ),
    right(
        "model.fit and predict, results in pandas",
        experiment="""\
import pandas as pd


def experiment(on_input, before_relu, draw, seeds, epochs):
    rows = {}
    for s in seeds:
        train, test = draw(s)
        keras.utils.set_random_seed(s)
        net = network(on_input=on_input, before_relu=before_relu)
        net.fit(*train, epochs=epochs, verbose=0)
        rows[s] = net.predict(test[0], verbose=0).ravel()
    return pd.DataFrame.from_dict(rows, orient="index")
""",
        moved="""\
def moved(model, points, on_input, before_relu):
    hidden, output = (layer for layer in model.layers if layer.weights)
    many = np.repeat(np.asarray(points, "float32"), 300, axis=0)

    def net_input(amounts):
        z = keras.layers.GaussianNoise(amounts[0])(many, training=True)
        z = keras.layers.GaussianNoise(amounts[1])(keras.ops.matmul(z, hidden.kernel) + hidden.bias, training=True)
        return np.asarray(keras.ops.matmul(keras.ops.relu(z), output.kernel) + output.bias)

    return np.std(net_input((on_input, before_relu)) - net_input((0, 0)))
""",
    ),
    right(
        "a training loop of one's own, lists",
        experiment="""\
import tensorflow as tf


def experiment(on_input, before_relu, draw, seeds, epochs):
    result = []
    cross_entropy = keras.losses.BinaryCrossentropy()
    for s in seeds:
        (xs, ys), (xt, _) = draw(s)
        xs, ys = tf.constant(xs), tf.constant(np.reshape(ys, (-1, 1)), tf.float32)
        keras.utils.set_random_seed(s)
        net = network(on_input, before_relu)
        net.optimizer.build(net.trainable_variables)

        @tf.function
        def step():
            with tf.GradientTape() as tape:
                error = cross_entropy(ys, net(xs, training=True))
            gradients = tape.gradient(error, net.trainable_variables)
            net.optimizer.apply(gradients, net.trainable_variables)

        for _ in range(epochs):
            step()
        result.append([float(p) for p in net(xt, training=False)[:, 0]])
    return result
""",
    ),
    right(
        "a model in a model, the interaction as a contrast, one point after the other",
        network="""\
def network(on_input, before_relu):
    units, last = keras.layers.Dense(500), keras.layers.Dense(1, activation="sigmoid")
    inner = [units, keras.layers.GaussianNoise(before_relu), keras.layers.ReLU()]
    outer = [keras.Input((2,)), keras.layers.GaussianNoise(on_input), keras.Sequential(inner), last]
    net = keras.Sequential(outer)
    net.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"])
    return net
""",
        interaction="""\
def interaction(none, first, second, both):
    return np.array([1, -1, -1, 1]) @ np.stack([none, first, second, both])
""",
        moved="""\
def moved(model, points, on_input, before_relu):
    kernel, bias, out, _ = model.get_weights()
    chance, size = np.random.default_rng(5), (400, len(points), 2)
    noisy = chance.normal(np.broadcast_to(points, size), on_input)
    inside = chance.normal(noisy @ kernel + bias, before_relu)
    shift = (inside.clip(0) - (points @ kernel + bias).clip(0)) @ out
    return np.linalg.norm(shift) / np.sqrt(shift.size)
""",
    ),
    right(
        "epoch by epoch with train_on_batch, written into a table",
        experiment="""\
def experiment(on_input, before_relu, draw, seeds, epochs):
    drawn = [draw(seed) for seed in seeds]
    table = np.zeros((len(seeds), len(drawn[0][1][1])))
    for row, (seed, (train, test)) in zip(table, zip(seeds, drawn)):
        keras.utils.set_random_seed(seed)
        net = network(on_input, before_relu)
        for _ in range(epochs):
            net.train_on_batch(*train)
        row[:] = np.ravel(net.predict_on_batch(test[0]))
    return table
""",
    ),
]
