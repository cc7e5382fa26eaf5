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
        {"check_network": "something else differs, too"},
        network=("momentum=0.9", "momentum=momentum"),
    ),
    wrong(
        "the weight of the new in place of the old",
        {"check_network": "With momentum 0.0 the layer gives its old statistics the weight 1.00"},
        network=("momentum=momentum", "momentum=1 - momentum"),
    ),
    wrong(
        "a momentum that is always 0",
        {"check_network": "another weight"},
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
        {"check_network": "still uses the statistics of the batch at hand"},
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
        "another optimizer",
        {"check_network": "another way than the worked example's optimizer"},
        network=("keras.optimizers.SGD(learning_rate=0.01, momentum=0.9)", '"adam"'),
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
        {"check_experiment": "a seed does not fix a run"},
        experiment="""\
def experiment(momentum, data, seeds, epochs):
    drawn = [int(seed) for seed in np.random.default_rng().choice(10**6, len(seeds), replace=False)]
    runs = repeat(lambda: network(momentum), data, seeds=drawn, epochs=epochs)
    return runs["accuracy"], runs["val_accuracy"]
""",
    ),
    wrong(
        "accuracy of the training data given as that of the test data",
        {"check_experiment": "does not depend on the labels of the test data"},
        experiment=("network(momentum), data,", "network(momentum), (data[0], data[0]),"),
    ),
    wrong(
        "training on training and test data",
        {"check_experiment": "test data take part in the training"},
        experiment=(
            "    runs = ",
            "    x, y = (np.concatenate(parts) for parts in zip(*data, strict=True))\n"
            "    data = ((x[250:750], y[250:750]), data[1])\n"
            "    runs = ",
        ),
    ),
    wrong(
        "numbers typed in",
        {"check_experiment": "does not depend on the labels of the test data"},
        experiment="""\
def experiment(momentum, data, seeds, epochs):
    rng = np.random.default_rng(0)
    table = 0.84 + 0.02 * rng.normal(size=(len(seeds), epochs))
    return table - 0.004, table
""",
    ),
    wrong(
        "the momentum forgotten in the experiment",
        {"check_experiment": "Asked for momentum 0.5"},
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
        "accuracy measured in training mode",
        {"check_accuracy_after": "not that of the batch shown"},
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
        {"check_accuracy_after": "not that of the batch shown"},
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
        return self.out(self.norm(keras.ops.relu(self.units(inputs)), training=training))


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
]
