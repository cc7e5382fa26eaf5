"""`repeat` and `sweep`: what is trained, from where it starts, and what is given back."""

import random

import lab

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
    alone = lab.repeat(lambda: build(learning_rate=0.01), DATA, seeds=seeds, epochs=8)
    np.testing.assert_array_equal(together["loss"], alone["loss"])


@pytest.mark.parametrize("source", ["numpy", "random"])
def test_a_build_function_with_random_numbers_of_its_own_is_called_for_every_seed(source):
    def still():
        draw = {"numpy": np.random.uniform, "random": random.random}[source]
        dense = layers.Dense(1, kernel_initializer=keras.initializers.Constant(draw()))
        model = keras.Sequential([keras.Input((2,)), dense])
        model.compile(keras.optimizers.SGD(0.0), loss="mse")
        return model

    seeds = [5, 1, 8, 3]
    rows = weights_of(still, seeds)
    assert len(np.unique(rows[:, 0])) == 4
    for row, seed in zip(rows, seeds, strict=True):
        np.testing.assert_array_equal(row, weights_of(still, [seed])[0])


def test_each_setting_is_built_for_two_seeds_and_only_drawn_for_the_others():
    built = []

    def network(rate):
        built.append(rate)
        return build(rate)

    grid, seeds = {"rate": [0.1, 0.2, 0.3]}, [5, 1, 8]
    together = lab.sweep(network, grid, DATA, seeds=seeds, epochs=3, jobs=1)
    assert built == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3]
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


@pytest.mark.parametrize("code_of_its_own", [False, True])
def test_a_build_function_whose_constants_are_random_trains_each_model_with_its_own(
    code_of_its_own,
):
    def drawn():
        factor = np.random.uniform()
        if code_of_its_own:
            return custom(factor)
        model = keras.Sequential([keras.Input((2,)), layers.Rescaling(factor), layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    seeds = [5, 1, 8, 3]
    together = lab.repeat(drawn, DATA, seeds=seeds, epochs=3)["loss"]
    for row, seed in zip(together, seeds, strict=True):
        np.testing.assert_array_equal(
            row, lab.repeat(drawn, DATA, seeds=[seed], epochs=3)["loss"][0]
        )


def test_a_model_with_code_of_its_own_is_compiled_once_for_all_seeds():
    lab.kept.programs.clear()
    lab.repeat(lambda: custom(0.5), DATA, seeds=6, epochs=2)
    assert len(lab.kept.programs) == 1


def test_random_numbers_after_build_are_those_of_the_seed_for_drawn_models_too():
    def measure(model, data):
        return {"drawn": [random.random(), np.random.uniform()]}

    seeds = [5, 1, 8, 3]
    together = lab.repeat(build, DATA, seeds=seeds, epochs=1, measure=measure)["drawn"]
    alone = [
        lab.repeat(build, DATA, seeds=[s], epochs=1, measure=measure)["drawn"][0] for s in seeds
    ]
    np.testing.assert_array_equal(together, alone)


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


@pytest.mark.parametrize("data", [DATA, lambda seed: DATA])
def test_no_run_can_change_the_data_of_the_next(data):
    def change(model, data):
        data[1][0][:] = 0

    with pytest.raises(ValueError, match="read-only"):
        lab.repeat(build, data, seeds=2, epochs=1, measure=change)
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


def test_a_build_function_whose_models_differ_in_shape_is_refused():
    widths = iter([4, 5])

    def changing():
        model = keras.Sequential([keras.Input((2,)), layers.Dense(next(widths)), layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    with pytest.raises(ValueError, match="same kind of model for every seed"):
        lab.repeat(changing, DATA, seeds=2, epochs=1)


def linear(optimizer="sgd", first=None):
    model = keras.Sequential([keras.Input((2,)), *([first] if first else []), layers.Dense(1)])
    model.compile(optimizer, "mse")
    return model


def made_before():
    kept = {
        "model": linear(),
        "layer": layers.Dense(3),
        "optimizer": keras.optimizers.Adam(),
    }
    kept["layer"].build((None, 2))
    return {
        "one model": lambda: kept["model"],
        "a layer": lambda: linear(first=kept["layer"]),
        "an optimizer": lambda: linear(kept["optimizer"]),
    }


@pytest.mark.parametrize("name", made_before())
@pytest.mark.parametrize("seeds", [1, 3])
def test_a_build_function_that_returns_what_was_made_before_is_refused(name, seeds):
    with pytest.raises(ValueError, match=r"build returned .* from an earlier one.*anew"):
        lab.repeat(made_before()[name], DATA, seeds=seeds, epochs=2)


def test_a_copy_made_in_every_call_is_a_new_model():
    original = linear()

    def copy():
        model = keras.models.clone_model(original)
        model.set_weights(original.get_weights())
        model.compile("sgd", "mse")
        return model

    losses = lab.repeat(copy, DATA, seeds=4, epochs=2, shuffle=False)["loss"]
    assert (losses == losses[0]).all()
    assert losses[0, 0] > losses[0, 1]


UNLIKE = {
    "a shape": (lambda seed: {"wrong": np.arange(seed)}, r"'wrong' .*\(1,\) for seed 1 and \(2,\)"),
    "a name": (lambda seed: {f"at {seed}": 1.0}, r"'at 1' .*\(\) for seed 1 and of nothing"),
}


def test_a_measure_may_have_the_name_of_a_log_and_is_not_mistaken_for_it():
    runs = lab.repeat(build, DATA, seeds=2, epochs=2, measure=lambda *_: {"loss": 7.0})
    assert runs.measures["loss"].tolist() == [7.0, 7.0]
    assert runs.history["loss"].shape == (2, 2)
    with pytest.raises(KeyError, match="'loss' is a log and a measure"):
        runs["loss"]


@pytest.mark.parametrize("name", UNLIKE)
def test_measures_that_fit_into_no_table_are_refused_as_soon_as_there_are_two(name):
    returned, message = UNLIKE[name]
    seeds = iter([1, 2, 3])

    def measure(model, data):
        return returned(next(seeds))

    with pytest.raises(ValueError, match=message):
        lab.repeat(build, DATA, seeds=[1, 2, 3], epochs=1, measure=measure)
    assert next(seeds) == 3  # the third was not trained


@pytest.mark.parametrize(
    "values",
    [[3, 4], np.arange(3, 5), [(3, 4), (5,)], [[3, 4], [5]], [np.array([3, 4]), np.array([5])]],
    ids=["numbers", "NumPy numbers", "tuples", "lists", "arrays"],
)
def test_settings_of_any_type_are_found_saved_and_found_again(values, tmp_path):
    def network(units):
        hidden = [layers.Dense(int(one)) for one in np.atleast_1d(units)]
        model = keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    sweep = lab.sweep(network, {"units": values}, DATA, seeds=2, epochs=2, jobs=1)
    sweep.save(tmp_path / "sweep")
    again = lab.Sweep.load(tmp_path / "sweep")
    for value, runs in zip(values, sweep, strict=True):
        found = again.at(units=value)
        assert type(found.setting["units"]) is type(runs.setting["units"])
        np.testing.assert_array_equal(found["loss"], runs["loss"])
        plain = value.tolist() if hasattr(value, "tolist") else value
        np.testing.assert_array_equal(sweep.at(units=plain)["loss"], runs["loss"])


def test_a_sweep_that_cannot_be_saved_leaves_the_old_file_and_no_other(tmp_path):
    sweep = lab.Sweep([lab.Runs([0], {}, {}, np.ones(1), {"activation": lambda x: x})])
    (tmp_path / "sweep").write_text("old")
    with pytest.raises(Exception, match="lambda"):
        sweep.save(tmp_path / "sweep")
    assert [path.name for path in tmp_path.iterdir()] == ["sweep"]
    assert (tmp_path / "sweep").read_text() == "old"
