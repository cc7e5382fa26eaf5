"""Submissions to NAME."""

from coursekit.grading.proofs import right, wrong

SUBMISSIONS = [
    wrong(
        "always twenty units",
        {"check_size": "another number of units"},
        network=("Dense(units,", "Dense(20,"),
    ),
    wrong(
        "one unit too many",
        {"check_size": "weights; it should be"},
        network=("Dense(units,", "Dense(units + 1,"),
    ),
    wrong(
        "three inputs",
        {"check_size": "weights; it should be", "check_output": "each of two inputs"},
        network=("Input((2,))", "Input((3,))"),
    ),
    wrong(
        "no bias in the hidden layer",
        {"check_size": "weights; it should be", "check_output": "arrays of weights"},
        network=("Dense(units,", "Dense(units, use_bias=False,"),
    ),
    wrong(
        "two hidden layers",
        {"check_size": "weights; it should be", "check_output": "arrays of weights"},
        network=("hidden, output]", 'hidden, keras.layers.Dense(9, "relu"), output]'),
    ),
    wrong(
        "tanh in place of ReLU",
        {"check_output": "ReLU"},
        network=('activation="relu"', 'activation="tanh"'),
    ),
    wrong(
        "no activation at the output",
        {"check_output": "sigmoid"},
        network=(', activation="sigmoid"', ""),
    ),
    wrong(
        "another loss",
        {"check_output": "binary cross-entropy"},
        network=("binary_crossentropy", "mean_squared_error"),
    ),
    right("another optimizer", network=('"adam"', "keras.optimizers.SGD(0.1)")),
    right("another start", network=("Dense(units,", 'Dense(units, kernel_initializer="ones",')),
    right("a loss object", network=('"binary_crossentropy"', "keras.losses.BinaryCrossentropy()")),
    right(
        "a functional model",
        network="""\
def network(units):
    inputs = keras.Input((2,))
    inner = keras.layers.ReLU()(keras.layers.Dense(units)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(inner))
    model.compile("sgd", "binary_crossentropy", ["accuracy"])
    return model
""",
    ),
]
