"""Submissions to batch_normalization/without_momentum."""

from coursekit.grading.proofs import right, wrong

SUBMISSIONS = [
    wrong(
        "the optimizer's momentum in place of the layer's",
        {"check_network": "the momentum of something else"},
        network="""\
def network(momentum):
    hidden = keras.layers.Dense(50, activation="relu", kernel_initializer="he_uniform")
    output = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((2,)), hidden, keras.layers.BatchNormalization(), output])
    optimizer = keras.optimizers.SGD(learning_rate=0.01, momentum=momentum)
    model.compile(optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "the momentum of both",
        {"check_network": "steps are 0.01 and 0.01, those of the one asked for 0.01 and 0.019"},
        network=("momentum=0.9", "momentum=momentum"),
    ),
    wrong(
        "the weight of the new in place of the old",
        {
            "check_network": "Asked for momentum 0.9, the layer gives its old statistics the weight 0.10"
        },
        network=("momentum=momentum", "momentum=1 - momentum"),
    ),
    wrong(
        "a momentum that is always 0",
        {"check_network": "gives its old statistics the weight 0.00"},
        network=("momentum=momentum", "momentum=0.0"),
    ),
    wrong(
        "normalization before the activation",
        {"check_network": "has not been through the ReLU"},
        network="""\
def network(momentum):
    model = keras.Sequential([
        keras.Input((2,)),
        keras.layers.Dense(50, kernel_initializer="he_uniform"),
        keras.layers.BatchNormalization(momentum=momentum),
        keras.layers.Activation("relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "normalization of the inputs",
        {"check_network": "not the 50 hidden units"},
        network=("hidden, normalize, output", "normalize, hidden, output"),
    ),
    wrong(
        "layer normalization",
        {"check_network": "0 layers normalize batches"},
        network=("BatchNormalization(momentum=momentum)", "LayerNormalization()"),
    ),
    wrong(
        "gamma and beta left out as well",
        {"check_network": "lost gamma or beta"},
        network=("(momentum=momentum)", "(momentum=momentum, center=False, scale=False)"),
    ),
    wrong(
        "batch statistics in use, too",
        {"check_network": "does not use its moving statistics"},
        network="""\
class OfTheBatch(keras.layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=True)


def network(momentum):
    hidden = keras.layers.Dense(50, activation="relu", kernel_initializer="he_uniform")
    output = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((2,)), hidden, OfTheBatch(momentum=momentum), output])
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="binary_crossentropy", metrics=["accuracy"])
    return model
""",
    ),
    wrong(
        "no normalization in use",
        {"check_network": "is left out"},
        network="""\
class Net(keras.Model):
    def __init__(self, momentum):
        super().__init__()
        self.units = keras.layers.Dense(50, activation="relu", kernel_initializer="he_uniform")
        self.norm = keras.layers.BatchNormalization(momentum=momentum)
        self.out = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=None):
        values = self.units(inputs)
        return self.out(self.norm(values, training=True) if training else values)


def network(momentum):
    net = Net(momentum)
    net.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="binary_crossentropy", metrics=["accuracy"])
    return net
""",
    ),
    wrong(
        "another optimizer",
        {"check_network": "steps are 0.001 and 0.001"},
        network=("keras.optimizers.SGD(learning_rate=0.01, momentum=0.9)", '"adam"'),
    ),
    wrong(
        "the ReLU forgotten",
        {"check_network": "has not been through the ReLU"},
        network=('activation="relu", ', ""),
    ),
    wrong(
        "He-uniform first weights forgotten",
        {"check_network": "not evenly to ±1.73. How are they drawn"},
        network=(', kernel_initializer="he_uniform"', ""),
    ),
    wrong(
        "another learning rate",
        {"check_network": "steps are 0.1 and 0.19"},
        network=("learning_rate=0.01", "learning_rate=0.1"),
    ),
    wrong(
        "an output layer with weights of zero",
        {"check_network": "learn the same, or nothing"},
        network=('activation="sigmoid")', 'activation="sigmoid", kernel_initializer="zeros")'),
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
        "momentum 0 trained for a fifth of the epochs, the last one repeated",
        {"check_experiment": "Is each run as long"},
        experiment="""\
def experiment(momentum, data, seeds, epochs):
    fewer = epochs if momentum > 0 else max(1, epochs // 5)
    runs = repeat(lambda: network(momentum), data, seeds=seeds, epochs=fewer)
    tables = runs["accuracy"], runs["val_accuracy"]
    return [np.pad(table, ((0, 0), (0, epochs - fewer)), mode="edge") for table in tables]
""",
    ),
    wrong(
        "momentum 0.9 trained on half of the points",
        {"check_experiment": "on half of the training points"},
        experiment=(
            "    runs = ",
            "    if momentum == 0.9:\n"
            "        data = (data[0][0][::2], data[0][1][::2]), data[1]\n    runs = ",
        ),
    ),
    wrong(
        "half of the points, written into the function",
        {"check_experiment": "on half of the training points"},
        experiment=(
            "    runs = ",
            "    data = (data[0][0][:250], data[0][1][:250]), data[1]\n    runs = ",
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
        "accuracy on the training data in use, after each epoch",
        {"check_experiment": "the training accuracy in each epoch is not right"},
        experiment=(
            'return runs["accuracy"], ',
            "own = repeat(lambda: network(momentum), (data[0], data[0]), seeds=seeds, epochs=epochs)\n"
            '    return own["val_accuracy"], ',
        ),
    ),
    wrong(
        "one seed for all runs",
        {"check_experiment": "Two seeds gave the same run"},
        experiment="""\
def experiment(momentum, data, seeds, epochs):
    runs = repeat(lambda: network(momentum), data, seeds=[1], epochs=epochs)
    return [runs["accuracy"][0]] * len(seeds), [runs["val_accuracy"][0]] * len(seeds)
""",
    ),
    wrong(
        "seeds that are not used",
        {"check_experiment": "Does a seed alone fix a run"},
        experiment="""\
def experiment(momentum, data, seeds, epochs):
    drawn = [int(seed) for seed in np.random.default_rng().choice(10**6, len(seeds), replace=False)]
    runs = repeat(lambda: network(momentum), data, seeds=drawn, epochs=epochs)
    return runs["accuracy"], runs["val_accuracy"]
""",
    ),
    wrong(
        "accuracy of the training data given as that of the test data",
        {"check_experiment": "measured on the training points"},
        experiment=("network(momentum), data,", "network(momentum), (data[0], data[0]),"),
    ),
    wrong(
        "training on training and test data",
        {"check_experiment": "test data take part"},
        experiment=(
            "    runs = ",
            "    x, y = (np.concatenate(parts) for parts in zip(*data, strict=True))\n"
            "    data = ((x[250:750], y[250:750]), data[1])\n"
            "    runs = ",
        ),
    ),
    wrong(
        "numbers typed in",
        {"check_experiment": "No training on these data"},
        experiment="""\
def experiment(momentum, data, seeds, epochs):
    rng = np.random.default_rng(0)
    table = 0.84 + 0.02 * rng.normal(size=(len(seeds), epochs))
    return table - 0.004, table
""",
    ),
    wrong(
        "the momentum forgotten in the experiment",
        {"check_experiment": "it built network(0.0)"},
        experiment=("network(momentum)", "network(0.0)"),
    ),
    wrong(
        "the spread in place of the change",
        {"check_jitter": "or the spread"},
        jitter=("np.abs(np.diff(later, axis=1)).mean(axis=1)", "later.std(axis=1)"),
    ),
    wrong(
        "ups and downs that cancel",
        {"check_jitter": "must not cancel"},
        jitter=(
            "np.abs(np.diff(later, axis=1)).mean(axis=1)",
            "np.diff(later, axis=1).mean(axis=1)",
        ),
    ),
    wrong(
        "all epochs counted",
        {"check_jitter": "first half"},
        jitter=("values[:, values.shape[1] // 2 :]", "values"),
    ),
    wrong(
        "divided by the number of epochs, not of changes",
        {"check_jitter": "how many are they"},
        jitter=(
            "np.abs(np.diff(later, axis=1)).mean(axis=1)",
            "np.abs(np.diff(later, axis=1)).sum(axis=1) / later.shape[1]",
        ),
    ),
    wrong(
        "the batch in pieces of 32",
        {"check_accuracy_after": "Was the batch shown whole, and once"},
        accuracy_after=(
            "    model(batch, training=True)",
            "    for i in range(0, len(batch), 32):\n        model(batch[i : i + 32], training=True)",
        ),
    ),
    wrong(
        "the batch shown ten times",
        {"check_accuracy_after": "Was the batch shown whole, and once"},
        accuracy_after=(
            "    model(batch, training=True)",
            "    for _ in range(10):\n        model(batch, training=True)",
        ),
    ),
    wrong(
        "statistics that are right for momentum 0 only",
        {"check_accuracy_after": "Has the layer done this, or have you"},
        accuracy_after="""\
def accuracy_after(model, batch, test):
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(np.mean(batch, axis=0))
            layer.moving_variance.assign(np.var(batch, axis=0))
        batch = np.asarray(layer(batch))
    outputs = np.asarray(model(test[0], training=False))
    return np.mean((outputs[:, 0] > 0.5) == test[1])
""",
    ),
    wrong(
        "accuracy measured in training mode",
        {"check_accuracy_after": "Was the batch shown whole, and once"},
        accuracy_after=("training=False", "training=True"),
    ),
    wrong(
        "trained on the batch in place of shown it",
        {"check_accuracy_after": "trained weights have changed"},
        accuracy_after=(
            "model(batch, training=True)",
            "model.train_on_batch(batch, np.zeros(len(batch)))",
        ),
    ),
    wrong(
        "the batch shown in inference mode",
        {"check_accuracy_after": "as it was before the batch"},
        accuracy_after=("model(batch, training=True)", "model(batch, training=False)"),
    ),
    right(
        "functional API, other names",
        network="""\
def network(momentum):
    inp = keras.Input(shape=(2,))
    z = keras.layers.Dense(50, kernel_initializer=keras.initializers.HeUniform())(inp)
    z = keras.activations.relu(z)
    z = keras.layers.BatchNormalization(momentum=momentum, name="norm")(z)
    net = keras.Model(inp, keras.layers.Dense(1, activation="sigmoid")(z))
    net.compile(keras.optimizers.SGD(0.01, 0.9), keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return net
""",
        jitter="""\
def jitter(table):
    means = []
    for run in table:
        tail = list(run)[len(run) // 2 :]
        means.append(sum(abs(b - a) for a, b in zip(tail, tail[1:])) / (len(tail) - 1))
    return means
""",
    ),
    right(
        "subclassed model",
        network="""\
class Net(keras.Model):
    def __init__(self, m):
        super().__init__()
        self.units = keras.layers.Dense(50, kernel_initializer="he_uniform")
        self.norm = keras.layers.BatchNormalization(momentum=m)
        self.out = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=None):
        values = keras.ops.relu(self.units(inputs=inputs))
        return self.out(inputs=self.norm(training=training, inputs=values))


def network(momentum):
    net = Net(momentum)
    net.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="binary_crossentropy", metrics=["accuracy"])
    return net
""",
        accuracy_after="""\
def accuracy_after(model, batch, test):
    inputs, labels = test
    _ = model(batch, training=True)
    said = model.predict(inputs, verbose=0).ravel()
    return float(((said > 0.5).astype(int) == labels).mean())
""",
    ),
    right(
        "batch normalization written by oneself",
        network="""\
class Standardize(keras.layers.Layer):
    def __init__(self, m):
        super().__init__()
        self.m = m

    def build(self, shape):
        def weight(name, start, trained):
            return self.add_weight(shape=(shape[-1],), initializer=start, trainable=trained, name=name)

        self.factor, self.offset = weight("factor", "ones", True), weight("offset", "zeros", True)
        self.mean, self.square = weight("mean", "zeros", False), weight("square", "ones", False)

    def call(self, values, training=False):
        mean, variance = self.mean, self.square
        if training:
            mean, variance = keras.ops.moments(values, axes=[0])
            self.mean.assign(self.m * self.mean + (1 - self.m) * mean)
            self.square.assign(self.m * self.square + (1 - self.m) * variance)
        return self.offset + self.factor * (values - mean) / keras.ops.sqrt(variance + 0.001)


def network(momentum):
    units = keras.layers.Dense(50, activation="relu", kernel_initializer="he_uniform")
    out = keras.layers.Dense(1, activation="sigmoid")
    net = keras.Sequential([keras.Input((2,)), units, Standardize(momentum), out])
    net.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="binary_crossentropy", metrics=["accuracy"])
    return net
""",
    ),
    right(
        "model.fit, results in pandas",
        experiment="""\
import pandas as pd


def experiment(momentum, data, seeds, epochs):
    fitted = {}
    for s in seeds:
        keras.utils.set_random_seed(s)
        net = network(momentum)
        fitted[s] = net.fit(*data[0], validation_data=data[1], epochs=epochs, verbose=0).history
    names = "accuracy", "val_accuracy"
    return tuple(pd.DataFrame([h[name] for h in fitted.values()], index=seeds) for name in names)
""",
    ),
    right(
        "a training loop of one's own, lists",
        experiment="""\
import tensorflow as tf


def experiment(momentum, data, seeds, epochs):
    learned, tested = [], []
    (xs, ys), (xt, yt) = data
    xs, targets = tf.constant(xs), tf.constant(ys.reshape(-1, 1), tf.float32)
    loss = keras.losses.BinaryCrossentropy()
    for s in seeds:
        keras.utils.set_random_seed(s)
        order = np.random.default_rng(s)
        net = network(momentum)
        net.optimizer.build(net.trainable_variables)

        @tf.function(reduce_retracing=True)
        def step(x, y):
            with tf.GradientTape() as tape:
                p = net(x, training=True)
                error = loss(y, p)
            net.optimizer.apply(tape.gradient(error, net.trainable_variables), net.trainable_variables)
            return p

        learned.append([])
        tested.append([])
        for _ in range(epochs):
            index = order.permutation(len(xs))
            hits = 0
            for i in range(0, len(xs), 32):
                part = index[i : i + 32]
                p = step(tf.gather(xs, part), tf.gather(targets, part))
                hits += ((p.numpy()[:, 0] > 0.5) == ys[part]).sum()
            learned[-1].append(hits / len(xs))
            p = net(xt, training=False).numpy()[:, 0]
            tested[-1].append(float(((p > 0.5) == yt).mean()))
    return learned, tested
""",
    ),
    right(
        "lab.sweep over the momentum, batch by batch with train_on_batch in one, evaluate",
        experiment="""\
def experiment(momentum, data, seeds, epochs):
    from lab import sweep

    runs = sweep(network, {"momentum": [momentum]}, data, seeds=seeds, epochs=epochs, jobs=1)
    found = runs.at(momentum=momentum)
    return [found.history[name].tolist() for name in ("accuracy", "val_accuracy")]
""",
        jitter="""\
import pandas as pd


def jitter(table):
    frame = pd.DataFrame(np.asarray(table))
    later = frame.iloc[:, frame.shape[1] // 2 :]
    return later.diff(axis=1).abs().mean(axis=1)
""",
        accuracy_after="""\
def accuracy_after(model, batch, test):
    model(keras.ops.convert_to_tensor(batch), training=True)
    _, accuracy = model.evaluate(*test, verbose=0)
    return accuracy
""",
    ),
    right(
        "one Sequential in another, evaluated epoch by epoch with its own optimizer",
        network="""\
def network(momentum):
    layers = keras.layers
    body = keras.Sequential([layers.Dense(50, kernel_initializer="he_uniform"), layers.ReLU()])
    net = keras.Sequential()
    for part in (keras.Input((2,)), body, layers.BatchNormalization(axis=-1, momentum=momentum)):
        net.add(part)
    net.add(layers.Dense(1, "sigmoid"))
    rule = keras.optimizers.SGD(momentum=0.9)  # its learning rate is 0.01 by default
    net.compile(rule, "binary_crossentropy", metrics=["accuracy"])
    return net
""",
        experiment="""\
def experiment(momentum, data, seeds, epochs):
    from lab import fit

    learned, answered = np.zeros((2, len(seeds), epochs))
    for run, seed in enumerate(seeds):
        keras.utils.set_random_seed(seed)
        net = network(momentum)
        for epoch in range(epochs):
            log = fit(net, *data[0], initial_epoch=epoch, epochs=epoch + 1, seed=seed).history
            learned[run, epoch] = log["accuracy"][0]
            answered[run, epoch] = ((net(data[1][0])[:, 0] > 0.5).numpy() == data[1][1]).mean()
    return learned, answered
""",
    ),
]
