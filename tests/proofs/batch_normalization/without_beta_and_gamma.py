"""Submissions to batch_normalization/without_beta_and_gamma."""

from coursekit.grading.proofs import right, wrong

SUBMISSIONS = [
    wrong(
        "scale=False without center=False",
        {"check_network": "Each of the two has a switch of its own"},
        network=("scale=scale, center=center", "scale=scale"),
    ),
    wrong(
        "the two switches confused",
        {"check_network": "has a switch of its own"},
        network=("scale=scale, center=center", "scale=center, center=scale"),
    ),
    wrong(
        "one switch for both",
        {"check_network": "has a switch of its own"},
        network=("scale=scale, center=center", "scale=scale and center, center=scale and center"),
    ),
    wrong(
        "the whole layer frozen",
        {"check_network": "Was more stopped than the learning of gamma and beta"},
        network=(
            "    output = ",
            "    normalize = keras.layers.BatchNormalization(momentum=0.9, trainable=scale or center)\n"
            "    output = ",
        ),
    ),
    wrong(
        "initial values of zero in place of none",
        {"check_network": "starts at 0 the same as no number"},
        network=(
            "scale=scale, center=center",
            'gamma_initializer="ones" if scale else "zeros", beta_initializer="zeros"',
        ),
    ),
    wrong(
        "the places confused",
        {"check_network": "on the other side of the ReLU"},
        network=('place == "after"', 'place == "before"'),
    ),
    wrong(
        "an activation left in the dense layer",
        {"check_network": "on the other side of the ReLU"},
        network=(
            'Dense(50, kernel_initializer="he_uniform")',
            'Dense(50, activation="relu", kernel_initializer="he_uniform")',
        ),
    ),
    wrong(
        "no ReLU behind the layer",
        {"check_network": "does not receive what leaves the last step"},
        network=("[normalize, relu]", "[normalize]"),
    ),
    wrong(
        "the default momentum",
        {"check_network": "not those of momentum 0.9"},
        network=("momentum=0.9, scale", "scale"),
    ),
    wrong(
        "the bias left out as well, after ReLU",
        {"check_network": "Is a bias missing"},
        network=("Dense(50, ", "Dense(50, use_bias=center, "),
    ),
    wrong(
        "He-uniform first weights forgotten",
        {"check_network": "not evenly to ±1.73. How are they drawn"},
        network=('Dense(50, kernel_initializer="he_uniform")', "Dense(50)"),
    ),
    wrong(
        "the ReLU forgotten altogether",
        {"check_network": "or there is no ReLU"},
        network=('keras.layers.Activation("relu")', 'keras.layers.Activation("linear")'),
    ),
    wrong(
        "another learning rate",
        {"check_network": "steps are 0.1 and 0.19"},
        network=("learning_rate=0.01", "learning_rate=0.1"),
    ),
    wrong(
        "no momentum in the optimizer",
        {"check_network": "steps are 0.01 and 0.01"},
        network=("learning_rate=0.01, momentum=0.9", "learning_rate=0.01"),
    ),
    wrong(
        "an output layer with weights of zero",
        {"check_network": "learn the same, or nothing"},
        network=('activation="sigmoid")', 'activation="sigmoid", kernel_initializer="zeros")'),
    ),
    wrong(
        "gamma along the wrong axis",
        {"check_fold": "The new kernel has the shape (3, 3)"},
        fold=("gamma[:, None] * kernel", "gamma * kernel"),
    ),
    wrong(
        "beta added to the bias as it is",
        {"check_fold": "on its way to the output"},
        fold=("beta @ kernel", "beta.sum()"),
    ),
    wrong(
        "beta forgotten",
        {"check_fold": "on its way to the output"},
        fold=("bias + beta @ kernel", "bias"),
    ),
    wrong(
        "one seed for all runs",
        {"check_experiment": "Two seeds gave the same run"},
        experiment=(
            "seeds=seeds, epochs=epochs)\n",
            "seeds=[1], epochs=epochs)\n"
            "    return [runs['accuracy'][0]] * len(seeds), [runs['val_accuracy'][0]] * len(seeds)\n",
        ),
    ),
    wrong(
        "accuracy of the training data given as that of the test data",
        {"check_experiment": "measured on the training points"},
        experiment=(", data, seeds=", ", (data[0], data[0]), seeds="),
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
        "the reduced networks trained for a fifth of the epochs",
        {"check_experiment": "Is each run as long"},
        experiment="""\
def experiment(place, scale, center, data, seeds, epochs):
    fewer = epochs if scale and center else max(1, epochs // 5)
    runs = repeat(lambda: network(place, scale, center), data, seeds=seeds, epochs=fewer)
    tables = runs["accuracy"], runs["val_accuracy"]
    return [np.pad(table, ((0, 0), (0, epochs - fewer)), mode="edge") for table in tables]
""",
    ),
    wrong(
        "one arm trained on half of the points",
        {"check_experiment": "on half of the training points"},
        experiment=(
            "    runs = ",
            "    if not center and place == 'before':\n"
            "        data = tuple(part[:250] for part in data[0]), data[1]\n    runs = ",
        ),
    ),
    wrong(
        "the number of epochs written into the function",
        {"check_experiment": "has 300 columns for 6 epochs"},
        experiment=("epochs=epochs", "epochs=300"),
    ),
    wrong(
        "the two tables exchanged",
        {"check_experiment": "It is the test accuracy in each epoch"},
        experiment=(
            'return runs["accuracy"], runs["val_accuracy"]',
            'return runs["val_accuracy"], runs["accuracy"]',
        ),
    ),
    wrong(
        "seeds that are not used",
        {"check_experiment": "Does a seed alone fix a run"},
        experiment=("seeds=seeds, ", "seeds=np.random.default_rng().choice(10**6, len(seeds)), "),
    ),
    wrong(
        "a switch forgotten in the experiment",
        {"check_experiment": "it built network('before', True, True)"},
        experiment=("network(place, scale, center)", "network(place, scale, scale)"),
    ),
    wrong(
        "gain in place of loss",
        {"check_lost": "it lost 0.2"},
        lost=(
            "full, reduced = np.asarray(full), np.asarray(reduced)",
            "full, reduced = reduced, full",
        ),
    ),
    wrong(
        "all epochs averaged",
        {"check_lost": "Which epochs count"},
        lost=(
            "full[:, -5:].mean(axis=1) - reduced[:, -5:].mean(axis=1)",
            "(full - reduced).mean(axis=1)",
        ),
    ),
    wrong(
        "sorted, so no longer paired",
        {"check_lost": "which run is compared to which"},
        lost=(
            "full[:, -5:].mean(axis=1) - reduced[:, -5:].mean(axis=1)",
            "np.sort(full[:, -5:].mean(axis=1)) - np.sort(reduced[:, -5:].mean(axis=1))",
        ),
    ),
    wrong(
        "the best epoch of each run",
        {"check_lost": "That is what the best epochs lost"},
        lost=(
            "full[:, -5:].mean(axis=1) - reduced[:, -5:].mean(axis=1)",
            "full.max(axis=1) - reduced.max(axis=1)",
        ),
    ),
    wrong(
        "the last epoch alone",
        {"check_lost": "That is what the last epochs lost"},
        lost=(
            "full[:, -5:].mean(axis=1) - reduced[:, -5:].mean(axis=1)",
            "full[:, -1] - reduced[:, -1]",
        ),
    ),
    wrong(
        "half of a circle",
        {"check_changes": "one half of the circle"},
        changes=("np.linspace(0, 2 * np.pi, rays", "np.linspace(0, np.pi, rays"),
    ),
    wrong(
        "half of the way",
        {"check_changes": "to where it should end"},
        changes=("np.linspace(0, reach, 200)", "np.linspace(0, reach / 2, 200)"),
    ),
    wrong(
        "net change from start to end",
        {"check_changes": "changes there and back cancel"},
        changes=(
            "(answers[:, 1:] != answers[:, :-1]).sum(axis=1)",
            "np.diff(answers.astype(int), axis=1).sum(axis=1)",
        ),
    ),
    wrong(
        "class 1 above 0",
        {"check_changes": "From which output on is the answer 1"},
        changes=("> 0.5", "> 0"),
    ),
    wrong(
        "training mode",
        {"check_changes": "Are they the answers in use"},
        changes=("training=False", "training=True"),
    ),
    wrong(
        "round the circle in place of outwards",
        {"check_changes": "along each way"},
        changes=(
            "(answers[:, 1:] != answers[:, :-1]).sum(axis=1)",
            "(answers != np.roll(answers, 1, axis=0)).sum(axis=1)",
        ),
    ),
    wrong(
        "the centre left out",
        {"check_changes": "from the centre given"},
        changes=("np.asarray(centre) + ", ""),
    ),
    right(
        "functional API, other names, no bias where it is idle",
        network="""\
def network(where, gamma, beta):
    inp = keras.Input(shape=(2,))
    z = keras.layers.Dense(50, use_bias=where == "after", kernel_initializer="he_uniform")(inp)
    norm = keras.layers.BatchNormalization(momentum=0.9, scale=gamma, center=beta)
    z = keras.activations.relu(norm(inputs=z)) if where == "before" else norm(inputs=keras.activations.relu(z))
    net = keras.Model(inp, keras.layers.Dense(1, activation="sigmoid")(z))
    net.compile(keras.optimizers.SGD(0.01, 0.9), keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return net
""",
        experiment=("network(place, scale, center)", "network(place, gamma=scale, beta=center)"),
    ),
    right(
        "subclassed model, plain loops",
        network="""\
class Net(keras.Model):
    def __init__(self, early, **switches):
        super().__init__()
        self.early = early
        self.units = keras.layers.Dense(50, kernel_initializer="he_uniform")
        self.norm = keras.layers.BatchNormalization(momentum=0.9, **switches)
        self.out = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=None):
        values = self.units(inputs)
        if self.early:
            return self.out(keras.ops.relu(self.norm(values, training=training)))
        return self.out(self.norm(keras.ops.relu(values), training=training))


def network(place, scale, center):
    net = Net(place == "before", scale=scale, center=center)
    net.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="binary_crossentropy", metrics=["accuracy"])
    return net
""",
        fold="""\
def fold(gamma, beta, kernel, bias):
    new_kernel, new_bias = np.zeros_like(kernel), list(bias)
    for unit, row in enumerate(kernel):
        for output, weight in enumerate(row):
            new_kernel[unit, output] = gamma[unit] * weight
            new_bias[output] += beta[unit] * weight
    return [new_kernel, new_bias]
""",
        lost="""\
def lost(full, reduced):
    tails = [[list(row)[-5:] for row in rows] for rows in (full, reduced)]
    return [(sum(a) - sum(b)) / 5 for a, b in zip(*tails, strict=True)]
""",
        changes="""\
def changes(model, centre, reach, rays):
    found = []
    for ray in range(rays):
        turn = 2 * np.pi * (ray + 0.5) / rays
        steps = [reach * step / 250 for step in range(251)]
        way = [(centre[0] + s * np.sin(turn), centre[1] + s * np.cos(turn)) for s in steps]
        said = np.asarray(model(np.array(way, "float32"), training=False)).ravel() > 0.5
        found.append(sum(a != b for a, b in zip(said, said[1:])))
    return found
""",
    ),
    right(
        "batch normalization written by oneself",
        network="""\
class Standardize(keras.layers.Layer):
    def __init__(self, scale, center):
        super().__init__()
        self.scale, self.center = scale, center

    def build(self, shape):
        def weight(name, start, trained):
            return self.add_weight(shape=(shape[-1],), initializer=start, trainable=trained, name=name)

        self.factor = weight("factor", "ones", True) if self.scale else 1.0
        self.offset = weight("offset", "zeros", True) if self.center else 0.0
        self.mean, self.square = weight("mean", "zeros", False), weight("square", "ones", False)

    def call(self, values, training=False):
        mean, variance = self.mean, self.square
        if training:
            mean, variance = keras.ops.moments(values, axes=[0])
            self.mean.assign(0.9 * self.mean + 0.1 * mean)
            self.square.assign(0.9 * self.square + 0.1 * variance)
        return self.offset + self.factor * (values - mean) / keras.ops.sqrt(variance + 0.001)


def network(place, scale, center):
    layers = [keras.layers.ReLU(), Standardize(scale, center)]
    if place == "before":
        layers.reverse()
    units = keras.layers.Dense(50, kernel_initializer="he_uniform")
    net = keras.Sequential([keras.Input((2,)), units, *layers, keras.layers.Dense(1, activation="sigmoid")])
    net.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="binary_crossentropy", metrics=["accuracy"])
    return net
""",
    ),
    right(
        "model.fit, results in pandas",
        experiment="""\
import pandas as pd


def experiment(place, scale, center, data, seeds, epochs):
    fitted = {}
    for s in seeds:
        keras.utils.set_random_seed(s)
        net = network(place, center=center, scale=scale)
        fitted[s] = net.fit(*data[0], validation_data=data[1], epochs=epochs, verbose=0).history
    names = "accuracy", "val_accuracy"
    return tuple(pd.DataFrame([h[name] for h in fitted.values()], index=seeds) for name in names)
""",
        lost="""\
def lost(full, reduced):
    import pandas as pd

    return (pd.DataFrame(full).iloc[:, -5:] - pd.DataFrame(reduced).iloc[:, -5:]).mean(axis=1)
""",
    ),
    right(
        "lab.sweep, transposed einsum",
        experiment="""\
def experiment(place, scale, center, data, seeds, epochs):
    from lab import sweep

    grid = {"place": [place], "scale": [scale], "center": [center]}
    runs = sweep(network, grid, data, seeds=seeds, epochs=epochs, jobs=1).runs[0]
    return runs["accuracy"].tolist(), runs["val_accuracy"].tolist()
""",
        fold="""\
def fold(gamma, beta, kernel, bias):
    return np.diag(gamma) @ kernel, np.einsum("u,uo->o", beta, kernel) + bias
""",
    ),
    right(
        "layers chosen in a list, one seed after the other, complex numbers for directions",
        network="""\
def network(place, scale, center):
    from keras import layers, optimizers

    norm = layers.BatchNormalization(momentum=0.9, center=center, scale=scale)
    order = {"after": [layers.ReLU(), norm], "before": [norm, layers.ReLU()]}[place]
    first = layers.Dense(50, kernel_initializer=keras.initializers.HeUniform())
    net = keras.Sequential([first, *order, layers.Dense(1), layers.Activation("sigmoid")])
    net.build((None, 2))
    net.compile(optimizers.SGD(1e-2, 0.9), loss=keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return net
""",
        fold="""\
def fold(gamma, beta, kernel, bias):
    new_bias = np.asarray(beta) @ np.asarray(kernel) + bias
    return np.asarray(kernel) * np.reshape(gamma, (-1, 1)), new_bias.tolist()
""",
        lost="""\
def lost(full, reduced):
    return np.mean(np.subtract(full, reduced)[:, -5:], axis=1).tolist()
""",
        changes="""\
def changes(model, centre, reach, rays):
    turns = np.exp(2j * np.pi * np.arange(rays) / rays)
    steps = np.linspace(0, reach, 201)
    places = complex(*centre) + np.outer(turns, steps)
    points = np.stack([places.real, places.imag], axis=-1).reshape(-1, 2).astype("float32")
    said = model.predict(points, batch_size=4096, verbose=0).reshape(rays, -1) > 0.5
    return np.abs(np.diff(said.astype(int), axis=1)).sum(axis=1)
""",
    ),
    right(
        "trained epoch by epoch and evaluated in between",
        experiment="""\
def experiment(place, scale, center, data, seeds, epochs):
    from lab import fit

    learned, answered = [], []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        net = network(place, scale, center)
        log = fit(net, *data[0], validation_data=data[1], epochs=epochs, seed=seed)
        learned.append(log.history["accuracy"])
        answered.append(log.history["val_accuracy"])
    return {"learned": learned, "answered": answered}.values()
""",
        fold="""\
def fold(gamma, beta, kernel, bias):
    import tensorflow as tf

    kernel = tf.constant(kernel)
    return tf.linalg.diag(gamma) @ kernel, tf.linalg.matvec(kernel, beta, transpose_a=True) + bias
""",
    ),
]
