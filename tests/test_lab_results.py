"""`repeat`, `sweep`, `compare`, `record` and the figures of `lab`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import lab

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers
from scipy import stats

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


def test_a_repeat_is_what_set_random_seed_build_and_fit_give():
    seeds = [4, 2, 9, 7]  # two are built and the others only drawn
    runs = lab.repeat(build, DATA, seeds=seeds, epochs=6, batch_size=16)
    for row, seed in enumerate(seeds):
        keras.utils.set_random_seed(seed)
        model = build()
        history = lab.fit(
            model, *DATA[0], epochs=6, batch_size=16, validation_data=DATA[1], seed=seed
        )
        for name, values in history.history.items():
            np.testing.assert_array_equal(runs[name][row], values)
    assert runs["val_loss"].shape == (4, 6)
    assert (runs.seconds > 0).all()


def weights_of(build, seeds, **arguments):
    """Weights after no more than a step that changes nothing, one row per seed."""

    def measure(model, _):
        return {"weights": np.concatenate([w.ravel() for w in model.get_weights()])}

    still = {"epochs": 1, "batch_size": 40, "measure": measure} | arguments
    return lab.repeat(build, DATA, seeds=seeds, **still)["weights"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Dense(3, kernel_initializer="he_normal", bias_initializer="random_normal"),
        lambda: layers.Dense(3, kernel_initializer=keras.initializers.Orthogonal()),
        lambda: layers.Dense(3, kernel_initializer=keras.initializers.RandomUniform(seed=5)),
        pytest.param(
            lambda: keras.Sequential([layers.Reshape((2, 1)), layers.LSTM(2, dropout=0.1)]),
            marks=pytest.mark.slow,
        ),
        lambda: layers.BatchNormalization(),
    ],
)
def test_drawn_initial_weights_equal_those_of_a_built_model(make):
    def still():
        model = keras.Sequential([keras.Input((2,)), make(), layers.Dropout(0.3), layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.0), loss="mse")
        return model

    seeds = [5, 1, 8, 3]
    for row, seed in zip(weights_of(still, seeds), seeds, strict=True):
        np.testing.assert_array_equal(row, weights_of(still, [seed])[0])


@pytest.mark.slow
def test_training_leaves_the_initial_weights_of_later_settings_alone():
    grid, seeds = {"learning_rate": [0.3, 0.01]}, [5, 1, 8, 3]
    together = lab.sweep(build, grid, DATA, seeds=seeds, epochs=8, jobs=1).at(learning_rate=0.01)
    lab._initials.clear()
    alone = lab.repeat(lambda: build(learning_rate=0.01), DATA, seeds=seeds, epochs=8)
    np.testing.assert_array_equal(together["loss"], alone["loss"])


@pytest.mark.parametrize("source", ["numpy", "random"])
def test_a_build_function_with_random_numbers_of_its_own_is_called_for_every_seed(source):
    def still():
        draw = {"numpy": np.random.uniform, "random": lab.random.random}[source]
        dense = layers.Dense(1, kernel_initializer=keras.initializers.Constant(draw()))
        model = keras.Sequential([keras.Input((2,)), dense])
        model.compile(keras.optimizers.SGD(0.0), loss="mse")
        return model

    seeds = [5, 1, 8, 3]
    rows = weights_of(still, seeds)
    assert len(np.unique(rows[:, 0])) == 4
    for row, seed in zip(rows, seeds, strict=True):
        np.testing.assert_array_equal(row, weights_of(still, [seed])[0])


def test_settings_of_one_structure_are_built_once_each_after_the_first():
    built = []

    def network(rate):
        built.append(rate)
        return build(rate)

    grid, seeds = {"rate": [0.1, 0.2, 0.3]}, [5, 1, 8]
    together = lab.sweep(network, grid, DATA, seeds=seeds, epochs=3, jobs=1)
    assert built == [0.1, 0.1, 0.2, 0.3]
    for runs in together:
        rate = runs.setting["rate"]
        alone = lab.repeat(lambda rate=rate: build(rate), DATA, seeds=seeds, epochs=3)
        np.testing.assert_array_equal(runs["loss"], alone["loss"])


@pytest.mark.parametrize("first", [0.0, 1.0])
def test_a_setting_with_random_numbers_of_its_own_is_built_for_every_seed(first):
    """Also where another setting of the same structure only draws what Keras draws."""

    def partly(size):
        rng = np.random.default_rng()  # seeded by nothing
        dense = layers.Dense(1, bias_initializer=keras.initializers.Constant(size * rng.random()))
        model = keras.Sequential([keras.Input((2,)), dense])
        model.compile(keras.optimizers.SGD(0.0), loss="mse")
        return model

    def bias(model, data):
        return {"bias": model.layers[0].bias.numpy()[0]}

    grid = {"size": [first, 1 - first]}
    runs = lab.sweep(partly, grid, DATA, seeds=4, epochs=1, measure=bias, jobs=1)
    assert len(set(runs.at(size=1.0)["bias"])) == 4
    assert set(runs.at(size=0.0)["bias"]) == {0}


def test_random_numbers_after_build_are_those_of_the_seed_for_drawn_models_too():
    def measure(model, data):
        return {"drawn": [lab.random.random(), np.random.uniform()]}

    seeds = [5, 1, 8, 3]
    together = lab.repeat(build, DATA, seeds=seeds, epochs=1, measure=measure)["drawn"]
    alone = [
        lab.repeat(build, DATA, seeds=[s], epochs=1, measure=measure)["drawn"][0] for s in seeds
    ]
    np.testing.assert_array_equal(together, alone)


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
        return len(lab._programs)

    lab._programs.clear()
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
        return len(lab._programs)

    def joined(hidden, inputs):
        return layers.Concatenate()([hidden, inputs])

    lab._programs.clear()
    assert branches(0.2, joined) == branches(0.3, joined) == 1
    assert branches(0.2, lambda hidden, inputs: hidden) == 2


@pytest.mark.slow
def test_a_sweep_leaves_a_model_alone_whose_program_it_uses():
    lab._programs.clear()
    expected = lab.repeat(build, DATA, seeds=3, epochs=2)["loss"]
    lab._programs.clear()
    mine = build()
    lab.fit(mine, *DATA[0], epochs=2, validation_data=DATA[1])
    before = mine.get_weights()
    np.testing.assert_array_equal(lab.repeat(build, DATA, seeds=3, epochs=2)["loss"], expected)
    assert len(lab._programs) == 1
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
        lab._programs.clear()
        for setting in settings:
            if forget:
                lab._programs.clear()
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
    lab._programs.clear()
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
    assert len(lab._programs) == 2
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
    structure = lab._structure(model)
    found = len(lab._adjustable(model))
    assert structure is None or structure.count('"adjustable"') == found


def test_a_layers_name_that_is_also_a_settings_name_makes_no_other_structure():
    def named(name):
        model = keras.Sequential([keras.Input((2,)), layers.Activation("relu", name=name)])
        model.compile("sgd", loss="mse")
        return lab._structure(model)

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


def test_measure_sees_the_trained_model_and_its_data():
    def measure(model, data):
        train, test = data
        predictions = model(test[0], training=False).numpy()[:, 0]
        return {"mse": np.mean((predictions - test[1]) ** 2), "width": np.arange(3) + len(train[0])}

    runs = lab.repeat(build, DATA, seeds=2, epochs=3, measure=measure)
    np.testing.assert_allclose(runs["mse"], runs.final("val_loss"), rtol=1e-5)
    assert runs["width"].shape == (2, 3)
    assert runs["width"][0, 0] == 40
    assert "mse" in runs.table().index


@pytest.mark.slow
def test_data_may_be_drawn_for_each_seed_and_setting():
    def data(seed, shift=0.0):
        x = np.random.default_rng(seed).normal(size=(30, 2))
        return (x[:20], x[:20, 0] + shift), (x[20:], x[20:, 0] + shift)

    grid = {"shift": [0.0, 5.0], "batch_size": [8, 20], "rate": [0.1]}
    result = lab.sweep(build, grid, data, seeds=2, epochs=2, jobs=1)
    assert [runs.setting for runs in result] == [
        {"shift": shift, "batch_size": size, "rate": 0.1}
        for shift in (0.0, 5.0)
        for size in (8, 20)
    ]
    far = result.at(shift=5.0, batch_size=8)["loss"]
    near = result.at(shift=0.0, batch_size=8)["loss"]
    assert (far > near + 5).all()
    assert not np.array_equal(near, result.at(shift=0.0, batch_size=20)["loss"])
    assert list(result.table("val_loss").columns)[:3] == ["shift", "batch_size", "rate"]


def test_data_are_drawn_once_for_all_settings_that_share_them_and_stay_as_they_are():
    drawn = []

    def data(seed, shift):
        drawn.append((seed, shift))
        (x, y), test = DATA
        return (x + shift, y), test

    def change(model, data):
        data[1][0][:] = 0

    grid = {"shift": [0.0, 1.0], "rate": [0.1, 0.2]}
    lab.sweep(build, grid, data, seeds=2, epochs=1, jobs=1)
    assert drawn == [(0, 0.0), (1, 0.0), (0, 1.0), (1, 1.0)]
    with pytest.raises(ValueError, match="read-only"):
        lab.sweep(build, grid, data, seeds=2, epochs=1, measure=change, jobs=1)
    assert DATA[1][0].flags.writeable


def test_epochs_without_validation_are_nan():
    runs = lab.repeat(build, DATA, seeds=2, epochs=7, validation_freq=3)
    assert np.isnan(runs["val_loss"]).tolist() == [[True, True, False, True, True, False, True]] * 2


def test_epochs_to_counts_from_one_and_is_infinite_when_never_reached():
    runs = lab.Runs(
        [0, 1, 2], {"a": np.array([[0.1, 0.9], [0.8, 0.2], [0.1, 0.2]])}, {}, np.ones(3)
    )
    assert runs.epochs_to("a", 0.8).tolist() == [2, 1, np.inf]
    assert runs.final("a", last=2).tolist() == pytest.approx([0.5, 0.5, 0.15])
    with pytest.raises(KeyError, match=r"'b'.*'a'"):
        runs["b"]


def test_a_saved_sweep_loads_as_it_was(tmp_path):
    grid = {"rate": [0.1, 0.5]}
    sweep = lab.sweep(
        build, grid, DATA, seeds=2, epochs=2, jobs=1, measure=lambda *_: {"two": np.ones(2)}
    )
    sweep.save(tmp_path / "sweep.npz")
    loaded = lab.Sweep.load(tmp_path / "sweep.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.npz"]
    for runs, again in zip(sweep, loaded, strict=True):
        assert (runs.setting, runs.seeds) == (again.setting, again.seeds)
        assert set(runs.history) == set(again.history)
        for name in [*runs.history, *runs.measures]:
            np.testing.assert_array_equal(runs[name], again[name])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"grid": {"rate": []}}, "no value for 'rate'"),
        ({"grid": []}, "empty list"),
        ({"grid": [{"rate": [0.1]}, {"ratio": [1]}]}, "'ratio' is a parameter neither of build"),
        ({"grid": {"ratio": [1]}}, "'ratio' is a parameter neither of build"),
        ({"seeds": []}, "seeds must be"),
        ({"seeds": [1, 1]}, "seeds must be different"),
        ({"seeds": [-1]}, "seeds must be"),
        ({"epochs": 0}, "epochs must be"),
    ],
)
def test_a_sweep_that_cannot_run_says_why_before_it_starts(arguments, message):
    grid = arguments.pop("grid", {"rate": [0.1]})
    with pytest.raises(ValueError, match=message):
        lab.sweep(build, grid, DATA, jobs=1, **({"epochs": 1} | arguments))


def test_several_grids_are_swept_one_after_the_other():
    grids = [{"rate": [0.1, 0.2], "epochs": [1]}, {"rate": [0.1], "batch_size": [8], "epochs": [2]}]
    both = lab.sweep(build, grids, DATA, seeds=2, jobs=1)
    assert [runs.setting for runs in both] == [
        {"rate": 0.1, "epochs": 1},
        {"rate": 0.2, "epochs": 1},
        {"rate": 0.1, "batch_size": 8, "epochs": 2},
    ]
    alone = lab.sweep(build, grids[1], DATA, seeds=2, jobs=1).runs[0]
    np.testing.assert_array_equal(both.at(batch_size=8)["loss"], alone["loss"])


@pytest.mark.slow
def test_an_error_in_another_process_is_shown_and_the_next_sweep_runs():
    def fragile(rate):
        if rate > 0.5:
            raise RuntimeError("no such rate here")
        return build(rate)

    with pytest.raises(RuntimeError, match="no such rate here"):
        lab.sweep(fragile, {"rate": [0.1, 0.9]}, DATA, seeds=2, epochs=1, jobs=2)
    runs = lab.sweep(fragile, {"rate": [0.1, 0.2]}, DATA, seeds=2, epochs=1, jobs=2)
    assert len(runs) == 2


@pytest.mark.slow
def test_neighbouring_settings_stay_with_one_process():
    def process(model, data):
        return {"process": os.getpid()}

    runs = lab.sweep(build, {"rate": [0.1, 0.2]}, DATA, seeds=4, epochs=1, measure=process, jobs=2)
    first, second = (one["process"][0] for one in runs)
    assert first != second
    assert runs.at(rate=0.1)["process"][1] == first


@pytest.mark.slow
def test_a_program_that_one_process_has_compiled_the_others_load():
    """Whatever they made before: else XLA would take it for another program, and keep two files."""

    def network(earlier, units):
        for _ in range(earlier):  # so that layers, and all else that is numbered, have other names
            build()
        model = keras.Sequential([keras.Input((2,)), layers.Dense(units, "tanh"), layers.Dense(1)])
        model.compile("sgd", loss="mse")
        return model

    lab.sweep(build, {}, DATA, seeds=2, epochs=1, jobs=2)
    before = set(os.listdir(lab._compiled.name))
    grid = {"earlier": [0, 1, 2, 3], "units": [5, 6]}
    lab.sweep(network, grid, DATA, seeds=[4, 5], epochs=1, jobs=2)
    assert len(set(os.listdir(lab._compiled.name)) - before) == 2


@pytest.mark.slow
def test_compiled_programs_are_removed_when_a_kernel_is_shut_down(tmp_path):
    """As Jupyter does it: it ends the kernel's processes by a signal, then kills the kernel."""
    script = tmp_path / "kernel.py"
    script.write_text(
        "import os, signal, time\n"
        "import lab\n"
        "from tests.test_lab_results import DATA, build\n"
        "lab.sweep(build, {}, DATA, seeds=2, epochs=1, jobs=2)\n"
        "print(lab._compiled.name, os.listdir(lab._compiled.name))\n"
        "for pool in lab._processes:\n"
        "    for process in pool._processes:\n"
        "        os.kill(process, signal.SIGTERM)\n"
        "time.sleep(1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = str(Path(__file__).parents[1])
    command = [sys.executable, "-u", str(script)]
    done = subprocess.run(
        command, cwd=root, env=os.environ | {"PYTHONPATH": root}, capture_output=True, text=True
    )
    folder, files = done.stdout.split(" ", 1)
    assert "xla_compile_cache" in files
    assert not Path(folder).exists()


def test_another_backend_of_joblib_gets_all_pieces_of_a_sweep(monkeypatch):
    pieces = []

    class Cluster:
        def __init__(self, n_jobs, return_as):
            pass

        def __call__(self, tasks):
            for function, arguments, _ in tasks:
                pieces.append(arguments[3])
                yield function(*arguments)

    monkeypatch.setenv("LAB_PROGRESS", "0")  # which a process of a sweep sets for itself
    monkeypatch.setattr(lab.joblib, "Parallel", Cluster)
    monkeypatch.setattr(lab, "get_active_backend", lambda: ("another", 2))
    runs = lab.sweep(build, {"rate": [0.1, 0.2]}, DATA, seeds=2, epochs=1, jobs=2)
    assert len(runs) == 2
    assert pieces == [{"rate": 0.1}] * 2 + [{"rate": 0.2}] * 2


def test_a_build_function_whose_models_differ_in_shape_is_refused():
    widths = iter([4, 5])

    def changing():
        model = keras.Sequential([keras.Input((2,)), layers.Dense(next(widths)), layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    with pytest.raises(ValueError, match="same kind of model for every seed"):
        lab.repeat(changing, DATA, seeds=2, epochs=1)


def test_compare_gives_the_interval_of_the_paired_t_test():
    rng = np.random.default_rng(0)
    first, second = rng.normal(0.5, 1, 30), rng.normal(0, 1, 30)
    comparison = lab.compare(first, second, smallest=0.1)
    interval = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert comparison.mean == pytest.approx((first - second).mean())
    assert (comparison.low, comparison.high) == pytest.approx((interval.low, interval.high))
    assert comparison.n == 30


@pytest.mark.parametrize(
    ("differences", "smallest", "verdict"),
    [
        ([0.9, 1.0, 1.1], 0.5, "supported"),
        ([-0.9, -1.0, -1.1], 0.5, "opposite"),
        ([0.09, 0.1, 0.11], 0.5, "not supported here"),
        ([-5.0, 1.0, 7.0], 0.5, "not supported here"),
    ],
)
def test_verdicts(differences, smallest, verdict):
    comparison = lab.compare(np.array(differences), np.zeros(3), smallest)
    assert comparison.verdict == verdict
    assert verdict in str(comparison)


@pytest.mark.parametrize(
    ("first", "second", "smallest", "message"),
    [
        (np.ones(3), np.ones(4), 0.1, "paired"),
        (np.ones((3, 2)), np.ones((3, 2)), 0.1, "one value per run"),
        (np.ones(1), np.ones(1), 0.1, "at least two"),
        (np.ones(3), np.ones(3), 0, "above 0"),
        (np.array([1, np.inf]), np.ones(2), 0.1, "NaN or infinite"),
    ],
)
def test_compare_refuses_what_cannot_be_compared(first, second, smallest, message):
    with pytest.raises(ValueError, match=message):
        lab.compare(first, second, smallest)


def shown(monkeypatch):
    """Catch what `record` and `settle` show."""
    caught = []
    monkeypatch.setattr(lab, "_display", lambda thing: caught.append(thing._repr_mimebundle_()))
    return caught


def paired(mean, runs=60, sd=1.0, seed=0):
    """Differences whose two halves both have exactly this mean and standard deviation."""
    half = np.random.default_rng(seed).normal(size=runs // 2)
    half = (half - half.mean()) / half.std(ddof=1) * sd + mean
    return np.concatenate([half, half])


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        (paired(0.0, sd=0.01), "supported"),
        (paired(0.08, sd=0.01), "supported"),
        (paired(0.08, sd=1.0), "not supported here"),  # the interval reaches beyond 0.1
        (paired(0.5, sd=0.01), "not supported here"),
    ],
)
def test_a_comparison_can_ask_for_equality(differences, verdict):
    assert lab.compare(differences, 0, 0.1, equal=True).verdict == verdict


def test_readings_tell_too_small_from_unclear():
    readings = [
        lab.compare(paired(mean, sd=sd), 0, 0.1).reading
        for mean, sd in ((0.5, 0.1), (-0.5, 0.1), (0.01, 0.05), (0.05, 3.0))
    ]
    assert readings == ["larger", "smaller", "about equal", "unclear"]


def test_the_number_of_pairs_needed_finds_the_smallest_difference_four_times_in_five():
    needed = lab.compare(paired(0.0, sd=1.0, runs=60), 0, smallest=0.5).needed
    rng = np.random.default_rng(0)
    found = [stats.ttest_1samp(rng.normal(0.5, 1.0, needed), 0).pvalue < 0.05 for _ in range(4000)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)


def test_a_claim_is_judged_by_the_last_data_and_repeated_with_the_second_half_of_the_runs(
    monkeypatch,
):
    shown(monkeypatch)
    first, second = paired(0.5, 30, 0.1), paired(0.0, 30, 0.1)
    results = {"split": (paired(0.0), 0), "fresh": (np.concatenate([first, second]), 0.0)}
    claim = lab.settle("C1", "It helps.", "accuracy", 0.02, results)
    assert (claim.decides, claim.verdict, claim.repeated) == (
        "fresh",
        "supported",
        "not supported here",
    )
    expected = lab.compare(first, 0, 0.02)
    assert claim.comparisons["", "fresh", "first"] == expected


@pytest.mark.parametrize(
    ("means", "axis", "verdict"),
    [
        ([0.5, 0.5], "", "supported"),
        ([0.5, 0.0], "", "not supported here"),
        ([0.5, -0.5], "the rate", "depends on the rate"),
        ([0.5, 0.5], "the rate", "supported"),
        ([0.0, -0.5], "the rate", "not supported here"),
    ],
)
def test_conditions_all_have_to_hold_unless_they_lie_along_an_axis(
    monkeypatch, means, axis, verdict
):
    shown(monkeypatch)
    pairs = {name: (paired(mean, sd=0.1), 0) for name, mean in zip("ab", means, strict=True)}
    assert lab.settle("C2", "So.", "loss", 0.02, {"fresh": pairs}, axis).verdict == verdict


def test_a_claim_records_its_sentence_verdicts_and_comparisons(monkeypatch):
    caught = shown(monkeypatch)
    pairs = {"at 0.1": (paired(0.5), 0), "at 1": (paired(0.0), 0)}
    lab.settle(
        "C2", "So <it> is.", "loss", {"at 0.1": 0.02, "at 1": 0.3}, {"fresh": pairs}, "noise"
    )
    record = caught[0][lab.RECORD_TYPE]
    assert record["C2"] == {
        "sentence": "So <it> is.",
        "effect": "loss",
        "axis": "noise",
        "decides": "fresh",
        "verdict": "depends on noise",
        "repeated": "depends on noise",
    }
    assert record["C2.at_1.fresh.second"]["smallest"] == 0.3
    assert len(record) == 5
    assert json.loads(json.dumps(record)) == record
    assert "C2: depends on noise (loss)" in caught[0]["text/html"]


def test_a_claim_needs_two_sets_of_seeds_of_the_same_size():
    with pytest.raises(ValueError, match=r"C3 needs two sets .* 7 runs"):
        lab.settle("C3", "So.", "loss", 0.1, {"fresh": (np.ones(7), 0)})


def test_a_record_carries_unrounded_numbers_that_json_can_hold(monkeypatch):
    shown = []
    monkeypatch.setattr(lab, "_display", shown.append)
    values = np.array([1.0, 2.0, np.inf])
    lab.record(
        {
            "epochs": values,
            "single": 1 / 3,
            "effect": lab.compare(np.array([1.0, 2, 4]), np.zeros(3), 0.1),
        }
    )
    bundle = shown[0]._repr_mimebundle_()
    numbers = json.loads(json.dumps(bundle[lab.RECORD_TYPE], allow_nan=False))
    assert numbers["epochs"] == {
        "mean": "inf",
        "sd": "nan",
        "median": 2.0,
        "min": 1.0,
        "max": "inf",
        "n": 3,
    }
    assert numbers["single"] == {"value": 1 / 3, "tolerance": 1e-5}
    assert numbers["effect"]["verdict"] == "not supported here"
    assert set(bundle) == {"text/plain", "text/html", lab.RECORD_TYPE}
    assert "0.3333" in bundle["text/plain"]


def test_figures_of_shortened_runs_say_so(capsys):
    lab.full_scale(seeds=(30, 30))
    assert capsys.readouterr().out == ""
    assert lab.panels()[0].get_suptitle() == ""
    lab.full_scale(seeds=(2, 30), epochs=(100, 100))
    assert "Shortened run (seeds 2 instead of 30)" in capsys.readouterr().out
    assert lab.panels()[0].get_suptitle() == "Shortened run: seeds 2 instead of 30"
    lab.full_scale(seeds=(30, 30))
    plt.close("all")


def test_plots_show_what_they_are_given():
    model = build()
    history = lab.fit(model, *DATA[0], epochs=3, validation_data=DATA[1])
    runs = lab.repeat(build, DATA, seeds=3, epochs=3)
    figure, axes = lab.panels(2, 3)
    points, single, band, regions, forest, along = axes.ravel()
    lab.plot_points(points, X, Y)
    assert sum(len(scatter.get_offsets()) for scatter in points.collections) == 60
    lab.plot_history(single, history, "Adam", metric="mae")
    assert [line.get_ydata().tolist() for line in single.lines] == [
        history.history["mae"],
        history.history["val_mae"],
    ]
    assert f"{history.history['val_mae'][-1]:.3f}" in single.get_legend().get_texts()[1].get_text()
    assert "one run" in single.get_title()
    lab.plot_runs(band, runs, "val_loss", "test")
    np.testing.assert_allclose(band.lines[0].get_ydata(), runs["val_loss"].mean(axis=0))
    lab.plot_regions(regions, model, X, Y, steps=20)
    comparison = lab.compare(np.array([1.0, 2, 4]), np.zeros(3), 0.1)
    lab.plot_comparisons(forest, {"one": comparison}, "difference")
    assert forest.lines[0].get_xdata().tolist() == [comparison.low, comparison.high]
    sweep = lab.sweep(build, {"rate": [0.1, 0.5]}, DATA, seeds=3, epochs=3, jobs=1)
    lab.plot_setting(along, sweep, "rate", "val_loss", "test", last=2)
    assert along.lines[0].get_xdata().tolist() == [0.1, 0.5]
    expected = [runs.final("val_loss", last=2).mean() for runs in sweep]
    np.testing.assert_allclose(along.lines[0].get_ydata(), expected)
    figure.canvas.draw()
    plt.close("all")


def test_a_claims_picture_shows_every_interval_and_the_verdict(monkeypatch):
    shown(monkeypatch)
    results = {data: {"a": (paired(0.5), 0), "b": (paired(0.0), 0)} for data in ("split", "fresh")}
    claim = lab.settle("C2", "So.", "loss", 0.1, results, axis="the rate")
    figure, ax = lab.panels()
    lab.plot_claim(ax, claim)
    intervals = [list(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2]
    for comparison in claim.comparisons.values():
        assert [comparison.low, comparison.high] in intervals
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "a, split",
        "b, split",
        "a, fresh",
        "b, fresh",
    ]
    assert ax.get_title() == "C2: depends on the rate"
    figure.canvas.draw()
    plt.close("all")
