"""One compiled program serves several models only where each would train as on its own."""

import lab
from lab.sharing import adjustable, structure

import keras
import numpy as np
import pytest
from keras import layers

X = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
Y = (X[:, 0] * X[:, 1] > 0).astype("float32")
DATA = (X[:40], Y[:40]), (X[40:], Y[40:])


def build(rate=0.2, learning_rate=0.01):
    model = keras.Sequential(
        [keras.Input((2,)), layers.Dense(8, "relu"), layers.Dropout(rate), layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="mse", metrics=["mae"])
    return model


def custom(factor):
    class Custom(keras.Sequential):
        def train_step(self, data):
            return super().train_step((data[0] * factor, data[1]))

    model = Custom([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", loss="mse")
    return model


def test_models_with_code_of_their_own_are_trained_with_their_own_constants():
    settings = lab.sweep(custom, {"factor": [0.0, 1.0]}, DATA, seeds=2, epochs=5, jobs=1)
    fixed, learning = settings.at(factor=0.0), settings.at(factor=1.0)
    assert not np.array_equal(fixed["loss"], learning["loss"])


def noisy(rate=0.2, learning_rate=0.01, stddev=0.1, second_rate=0.0, units=8):
    first, second = layers.Dense(units, "relu"), layers.Dense(1)
    random_layers = [
        layers.Dropout(rate),
        layers.GaussianNoise(stddev),
        layers.Dropout(second_rate),
    ]
    model = keras.Sequential([keras.Input((2,)), first, *random_layers, second])
    model.compile(keras.optimizers.Adam(learning_rate), loss="mse")
    return model


@pytest.mark.slow
def test_models_share_one_program_where_only_state_and_adjustable_constants_differ():
    def programs_after(**arguments):
        lab.fit(noisy(**arguments), *DATA[0], epochs=1)
        return len(lab.kept.programs)

    lab.kept.programs.clear()
    assert programs_after() == 1
    assert programs_after(learning_rate=0.5) == 1
    assert programs_after(rate=0.3, stddev=0.5) == 1
    assert programs_after(rate=0.0) == 2
    assert programs_after(stddev=0.0) == 3
    assert programs_after(units=9) == 4


@pytest.mark.slow
def test_functional_models_share_a_program_where_their_layers_are_wired_alike():
    def branches(rate, joined):
        inputs = keras.Input((2,))
        hidden = layers.Dropout(rate)(layers.Dense(4, "relu")(inputs))
        model = keras.Model(inputs, layers.Dense(1)(joined(hidden, inputs)))
        model.compile("sgd", loss="mse")
        lab.fit(model, *DATA[0], epochs=1)
        return len(lab.kept.programs)

    def joined(hidden, inputs):
        return layers.Concatenate()([hidden, inputs])

    lab.kept.programs.clear()
    assert branches(0.2, joined) == branches(0.3, joined) == 1
    assert branches(0.2, lambda hidden, inputs: hidden) == 2


@pytest.mark.slow
def test_a_sweep_leaves_a_model_alone_whose_program_it_uses():
    lab.kept.programs.clear()
    expected = lab.repeat(build, DATA, seeds=3, epochs=2)["loss"]
    lab.kept.programs.clear()
    mine = build()
    lab.fit(mine, *DATA[0], epochs=2, validation_data=DATA[1])
    before = mine.get_weights()
    np.testing.assert_array_equal(lab.repeat(build, DATA, seeds=3, epochs=2)["loss"], expected)
    assert len(lab.kept.programs) == 1
    for weights, same in zip(before, mine.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, same)


@pytest.mark.slow
def test_a_shared_program_drops_and_adds_noise_as_each_model_says():
    settings = [
        {"rate": 0.2, "stddev": 0.1, "second_rate": 0.7},
        {"rate": 0.7, "stddev": 0.4, "second_rate": 0.2},
        {"rate": 0.2, "stddev": 0.1, "second_rate": 0.7},
    ]
    shared, alone = [], []
    for results, forget in ((shared, False), (alone, True)):
        lab.kept.programs.clear()
        for setting in settings:
            if forget:
                lab.kept.programs.clear()
            keras.utils.set_random_seed(1)
            history = lab.fit(noisy(**setting), *DATA[0], epochs=5, seed=1)
            results.append(history.history["loss"])
    assert shared == alone
    assert shared[0] == shared[2] != shared[1]


def constrained(first_penalty=0.1, second_penalty=0.2, limit=0.5, momentum=0.9, decay=0.5):
    penalties = [keras.regularizers.L2(value) for value in (first_penalty, second_penalty)]
    if first_penalty == second_penalty:
        penalties = penalties[:1] * 2  # one object on two layers
    model = keras.Sequential([keras.Input((2,))])
    model.add(layers.Dense(8, "relu", kernel_regularizer=penalties[0]))
    model.add(layers.BatchNormalization(momentum=momentum))
    limited = keras.constraints.MaxNorm(limit)
    model.add(layers.Dense(1, kernel_regularizer=penalties[1], kernel_constraint=limited))
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 3, decay, staircase=True)
    model.compile(keras.optimizers.SGD(schedule), loss="mse")
    return model


@pytest.mark.slow
def test_a_shared_program_uses_each_models_own_penalties_limits_momenta_and_decay():
    settings = [
        {},
        {"first_penalty": 0.2, "second_penalty": 0.1},
        {"limit": 0.05},
        {"momentum": 0.0},
        {"decay": 0.99},
        {"first_penalty": 0.2},  # shared by the layers: a program of its own
        {},
    ]
    lab.kept.programs.clear()
    seen = []
    for setting in settings:
        keras.utils.set_random_seed(1)
        model, by_keras = constrained(**setting), constrained(**setting)
        by_keras.set_weights(model.get_weights())
        arguments = {"batch_size": 8, "epochs": 5, "validation_data": DATA[1], "shuffle": False}
        lab.fit(model, *DATA[0], **arguments)
        history = by_keras.fit(*DATA[0], **arguments, verbose=0).history
        for name, values in history.items():
            np.testing.assert_allclose(model.history.history[name], values, rtol=0, atol=5e-6)
        for weights, expected in zip(model.get_weights(), by_keras.get_weights(), strict=True):
            np.testing.assert_allclose(weights, expected, rtol=0, atol=5e-6)
        seen.append(tuple(history["val_loss"]))
    assert len(lab.kept.programs) == 2
    assert len(set(seen)) == len(settings) - 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.Bidirectional(layers.LSTM(2, kernel_regularizer="l2", dropout=0.1)),
        lambda: layers.TimeDistributed(layers.Dropout(0.2)),
        lambda: layers.GRU(2, recurrent_constraint=keras.constraints.MaxNorm(2)),
        lambda: layers.Dense(2, activity_regularizer=keras.regularizers.L2(0.1)),
        lambda: layers.Dense(2, kernel_regularizer=keras.regularizers.L1(0.1)),
    ],
)
def test_constants_are_inputs_of_a_program_only_where_all_of_them_are_found(layer):
    model = keras.Sequential([keras.Input((3, 2)), layer(), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", loss="mse")
    described = structure(model)
    assert described is None or constants(described) == len(adjustable(model))


def constants(described):
    """How many constants a structure says are inputs of the program."""
    if not isinstance(described, tuple):
        return 0
    if len(described) == 2 and described[0] == "adjustable" and isinstance(described[1], str):
        return 1
    return sum(map(constants, described))


def test_a_layers_name_that_is_also_a_settings_name_makes_no_other_structure():
    def named(name):
        model = keras.Sequential([keras.Input((2,)), layers.Activation("relu", name=name)])
        model.compile("sgd", loss="mse")
        return structure(model)

    assert named("activation") == named("any") == named("class_name")


def test_a_shared_program_uses_each_models_own_learning_rate_and_leaves_the_other_model_alone():
    one, other = build(), build(learning_rate=0.0)
    lab.fit(one, *DATA[0], epochs=2)
    after_one = [weight.copy() for weight in one.get_weights()]
    before = other.get_weights()
    lab.fit(other, *DATA[0], epochs=3)
    for weights in ((before, other.get_weights()), (after_one, one.get_weights())):
        for value, expected in zip(*weights, strict=True):
            np.testing.assert_array_equal(value, expected)
    assert int(other.optimizer.iterations) == 6


@pytest.mark.slow
def test_a_model_compiled_anew_trains_with_its_new_optimizer_and_loss():
    def losses(model):
        model.compile(keras.optimizers.SGD(0.0), loss="mse")
        lab.fit(model, *DATA[0], epochs=1)
        model.compile(keras.optimizers.SGD(0.05), loss="mse")
        slow = lab.fit(model, *DATA[0], epochs=20).history["loss"]
        model.compile(keras.optimizers.SGD(0.0), loss=lambda y, p: 7 + 0 * p)
        return slow, lab.fit(model, *DATA[0], epochs=1).history["loss"]

    class Own(keras.Sequential):
        pass

    for kind in (keras.Sequential, Own):
        trained, constant = losses(kind([keras.Input((2,)), layers.Dense(1)]))
        assert trained[-1] < trained[0]
        assert constant == [7.0]


def test_layers_named_as_their_activation_train_with_their_own_activation():
    def named(activation):
        hidden = layers.Dense(8, activation=activation, name=activation)
        model = keras.Sequential([keras.Input((2,)), hidden, layers.Dense(1, name="out")])
        model.compile(keras.optimizers.SGD(0.1), "mse")
        return model

    both = lab.sweep(named, {"activation": ["relu", "tanh"]}, DATA, seeds=2, epochs=5, jobs=1)
    for runs in both:
        name = runs.setting["activation"]
        lab.kept.programs.clear()
        alone = lab.repeat(lambda name=name: named(name), DATA, seeds=2, epochs=5)
        np.testing.assert_array_equal(runs["loss"], alone["loss"])
    assert not np.array_equal(
        both.at(activation="relu")["loss"], both.at(activation="tanh")["loss"]
    )


# What a random model is made of: kind of layer -> option -> values. Names are chosen to look like
# settings. A model is a list of (kind, options), and what it is compiled with.
NAMES = [None, "relu", "tanh", "dense_1", "learning_rate", "adjustable", "__keras_tensor__"]
OPTIONS = {
    "Dense": {
        "units": [2, 3, 4],
        "activation": [None, "relu", "tanh", "sigmoid"],
        "use_bias": [True, False],
        "trainable": [True, False],
        "kernel_initializer": ["he_normal", "glorot_uniform"],
        "kernel_regularizer": [None, "l1", keras.regularizers.L2(0.1), keras.regularizers.L2(0.3)],
        "kernel_constraint": [None, keras.constraints.MaxNorm(1), keras.constraints.MaxNorm(2)],
        "activity_regularizer": [None, "l1"],
        "name": NAMES,
    },
    "Activation": {"activation": ["relu", "tanh", "elu"], "name": NAMES},
    "LeakyReLU": {"negative_slope": [0.1, 0.3]},
    "Dropout": {"rate": [0.0, 0.2, 0.5], "seed": [None, 3], "name": NAMES},
    "GaussianNoise": {"stddev": [0.0, 0.1, 0.2], "seed": [None, 3]},
    "BatchNormalization": {
        "momentum": [0.0, 0.9, 0.99],
        "epsilon": [1e-3, 1e-5],
        "center": [True, False],
        "scale": [True, False],
    },
    "LayerNormalization": {"epsilon": [1e-3, 1e-5], "scale": [True, False]},
}
COMPILED = {
    "optimizer": ["sgd", "adam", "rmsprop"],
    "learning_rate": [0.1, 0.2],
    "clipnorm": [None, 1.0],
    "weight_decay": [None, 0.1],
    "loss": ["mse", "mae"],
    "metrics": [[], ["mae"], ["mse"]],
}
INPUTS = {"rate", "stddev", "momentum"}
STATE = {"name", "seed", "kernel_initializer", "learning_rate"}


def random_model(rng):
    kinds = rng.choice(list(OPTIONS), size=rng.integers(1, 4))
    chosen = [(kind, pick(OPTIONS[kind], rng)) for kind in kinds]
    return chosen, pick(COMPILED, rng)


def pick(options, rng):
    return {name: values[rng.integers(len(values))] for name, values in options.items()}


def made(hidden, compiled):
    model = keras.Sequential([keras.Input((2,))])
    for number, (kind, options) in enumerate(hidden):
        given = {name: value for name, value in options.items() if value is not None}
        if "name" in given:  # of which there can be no two
            given["name"] += number * "_"
        model.add(getattr(layers, kind)(**given))
    model.add(layers.Dense(1))
    compiled = dict(compiled)
    loss, metrics = compiled.pop("loss"), compiled.pop("metrics")
    optimizer = keras.optimizers.get({"class_name": compiled.pop("optimizer"), "config": compiled})
    model.compile(optimizer, loss, metrics=metrics)
    return model


def pairs_that_differ_in_one_thing(count, seed=0):
    """(name of the thing, its two values, two models)"""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        hidden, compiled = random_model(rng)
        place = rng.integers(len(hidden) + 1)
        options, values = (
            (compiled, COMPILED)
            if place == len(hidden)
            else (hidden[place][1], OPTIONS[hidden[place][0]])
        )
        name = rng.choice(list(values))
        others = [value for value in values[name] if value != options[name]]
        if not others:
            continue
        changed = {**options, name: others[rng.integers(len(others))]}
        other_hidden = [
            (kind, changed if number == place else own) for number, (kind, own) in enumerate(hidden)
        ]
        other_compiled = changed if place == len(hidden) else compiled
        both = made(hidden, compiled), made(other_hidden, other_compiled)
        yield name, (options[name], changed[name]), both


def may_share(name, values):
    """Whether models with these two values can share a program."""
    kinds = {type(value) for value in values}
    one_penalty = kinds in ({keras.regularizers.L2}, {keras.constraints.MaxNorm})
    return (
        name in STATE or (name in INPUTS and (name == "momentum" or 0 not in values)) or one_penalty
    )


def test_random_models_share_a_program_exactly_where_only_state_and_inputs_of_it_differ():
    seen = set()
    for name, values, (one, other) in pairs_that_differ_in_one_thing(250):
        alike = structure(one) == structure(other)
        assert structure(one) is not None
        assert alike == may_share(name, values), (name, values)
        seen.add((name, alike))
    assert len(seen) > 20  # of names and outcomes


@pytest.mark.slow
def test_random_models_that_share_a_program_train_as_each_would_alone():
    tried = 0
    for name, values, models in pairs_that_differ_in_one_thing(250, seed=1):
        if tried == 8:
            break
        if not may_share(name, values) or name in ("name", "kernel_initializer"):
            continue
        tried += 1
        start = [model.get_weights() for model in models]
        together, alone = [], []
        for losses, forgets in ((together, False), (alone, True)):
            lab.kept.programs.clear()
            for model, weights in zip(models, start, strict=True):
                if forgets:
                    lab.kept.programs.clear()
                model.set_weights(weights)
                for variable in model.optimizer.variables[2:]:
                    variable.assign(keras.ops.zeros_like(variable))
                model.optimizer.iterations.assign(0)
                losses.append(lab.fit(model, *DATA[0], epochs=3, seed=1).history["loss"])
        assert len(set(map(tuple, together))) in (1, 2)
        assert together == alone, (name, values)
    assert tried == 8


DIFFERENT = {
    "order of what is subtracted": lambda which: subtracts(which),
    "which layers share a penalty": lambda which: shares_penalty(which),
    "a method replaced on one layer": lambda which: replaced_method(which),
    "weights that do not decay": lambda which: spared_from_decay(which),
    "a layer called in training mode": lambda which: called_in(which),
}


def finished(inputs, outputs):
    model = keras.Model(inputs, layers.Dense(1)(outputs))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def subtracts(which):
    inputs = keras.Input((2,))
    parts = [layers.Dense(2, "relu")(inputs), inputs]
    return finished(inputs, layers.Subtract()(parts[:: 1 - 2 * which]))


def shares_penalty(which):
    one, two = keras.regularizers.L2(0.1), keras.regularizers.L2(0.1)
    inputs = keras.Input((2,))
    x = inputs
    for penalty in ((one, one, two), (one, two, two))[which]:
        x = layers.Dense(2, kernel_regularizer=penalty)(x)
    return finished(inputs, x)


def replaced_method(which):
    layer = layers.Dense(2)
    inputs = keras.Input((2,))
    model = finished(inputs, layer(inputs))
    if which:
        layer.call = lambda x: 0 * x
    return model


def spared_from_decay(which):
    model = finished(inputs := keras.Input((2,)), layers.Dense(2, name="spared")(inputs))
    optimizer = keras.optimizers.AdamW(0.1)
    if which:
        optimizer.exclude_from_weight_decay(var_names=["kernel"])
    model.compile(optimizer, "mse")
    return model


def called_in(which):
    inputs = keras.Input((2,))
    return finished(inputs, layers.Dropout(0.5)(inputs, training=bool(which)))


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_a_configuration_hardly_shows_makes_another_structure(name):
    one, other = (structure(DIFFERENT[name](which)) for which in (0, 1))
    assert one is not None
    assert one != other


def test_global_settings_that_a_program_has_built_in_make_another_structure():
    model = build()
    before, epsilon = structure(model), keras.config.epsilon()
    try:
        keras.config.set_epsilon(1e-3)
        assert structure(model) != before
    finally:
        keras.config.set_epsilon(epsilon)
    assert structure(model) == before


def test_a_structure_is_the_same_in_every_process():
    """Else no process could use what another has compiled."""
    assert repr(structure(build())) == repr(structure(build()))
    assert "0x" not in repr(structure(build()))
