"""Experiments that run until they tell enough, claims concluded from them, runs kept on disk."""

import json
import pickle
import zlib
from base64 import b64decode
from contextlib import suppress

import lab
from lab import conclusions
from lab import runs as runs_module
from lab.conclusions import REGISTRY, Conclusion
from lab.experiments import FIRST_SEED, chosen, joined
from lab.kept import kept
from lab.rule import summary_of

import keras
import numpy as np
import pandas as pd
import pytest

DATA = (
    (np.random.default_rng(0).normal(size=(8, 2)).astype("float32"), np.arange(8) % 2),
    (np.random.default_rng(1).normal(size=(8, 2)).astype("float32"), np.arange(8) % 2),
)


def network(units: int = 2) -> keras.Model:
    layers = [keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential(layers)
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def made_up(seeds, shift=0.0, spread=0.05):
    """Runs with a value for each seed, without training."""
    values = [shift + spread * np.random.default_rng(seed).normal() for seed in seeds]
    return lab.Runs(list(seeds), {}, {"score": np.array(values)}, np.zeros(len(values)))


@pytest.fixture(autouse=True)
def no_sample():
    yield
    kept.sample = {}


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """Work in a folder whose registry says of claims what a test wants."""
    monkeypatch.chdir(tmp_path)
    return lambda **claims: REGISTRY.write_text(json.dumps(claims), encoding="utf-8")


# ------------------------------------------------------------------------------- until it is narrow


def test_an_experiment_runs_with_more_seeds_until_its_intervals_are_narrow():
    asked = []

    def arms(seeds):
        asked.append(list(seeds))
        return {"new": made_up(seeds, 0.1), "old": made_up([s + 10_000 for s in seeds])}

    def comparisons(arms):
        new, old = (arms[name]["score"] for name in ("new", "old"))
        return [lab.paired_effect(new, old, lab.Measure("difference", 0.02, "score"))]

    found = lab.until_narrow("made up", arms, comparisons)
    assert [seed for seeds in asked for seed in seeds] == list(
        range(FIRST_SEED, FIRST_SEED + len(found["new"].seeds))
    )
    assert [len(seeds) for seeds in asked] == [60, 60, 120, 240][: len(asked)]
    assert comparisons(found)[0].narrow
    half = {name: made_up(found[name].seeds[: len(found[name].seeds) // 2]) for name in found}
    assert not comparisons(half)[0].narrow


def test_a_sampled_run_trains_the_seeds_of_the_sample_alone():
    lab.full_scale(sample=({"mine": [2007, 2002]}, {}))
    asked = []
    lab.until_narrow("mine", lambda seeds: asked.append(seeds) or made_up(seeds), lambda _: [])
    assert asked == [[2002, 2007]]


@pytest.mark.parametrize("numbers", [{"begin": 3}, {"begin": 0}, {"most": 61}])
def test_an_odd_number_of_runs_is_refused_since_there_are_two_sets(numbers):
    with pytest.raises(ValueError, match="even number"):
        lab.until_narrow("x", made_up, lambda _: [], **numbers)


def test_runs_with_a_seed_twice_are_not_joined():
    with pytest.raises(ValueError, match="2001"):
        joined(made_up([2000, 2001]), made_up([2001, 2002]))


def test_joined_runs_are_those_that_one_call_gives():
    arguments = {"epochs": 3, "batch_size": 4}
    whole = lab.sweep(network, {"units": [2, 3]}, DATA, seeds=[5, 6, 7], jobs=1, **arguments)
    parts = [
        lab.sweep(network, {"units": [2, 3]}, DATA, seeds=seeds, jobs=1, **arguments)
        for seeds in ([5, 6], [7])
    ]
    for one, other in zip(whole, joined(*parts), strict=True):
        assert (one.seeds, one.setting) == (other.seeds, other.setting)
        for name, log in one.history.items():
            np.testing.assert_array_equal(log, other.history[name])


# ------------------------------------------------------------------------- what is kept of each run


def test_a_measure_may_look_at_the_logs_so_that_they_need_not_be_kept():
    def best(model, data, logs):
        return {"best": logs["val_loss"].min()}

    full = lab.repeat(network, DATA, seeds=2, epochs=4, batch_size=4)
    small = lab.repeat(network, DATA, seeds=2, epochs=4, batch_size=4, measure=best, logs=["loss"])
    assert list(small.history) == ["loss"]
    np.testing.assert_array_equal(small["best"], full["val_loss"].min(axis=1))


def test_what_a_measure_has_a_default_for_is_its_own_matter():
    def scaled(model, data, times=2.0):
        return {"scaled": times * len(data[0][0])}

    runs = lab.repeat(network, DATA, seeds=2, epochs=1, batch_size=4, measure=scaled)
    assert list(runs["scaled"]) == [2.0 * len(DATA[0][0])] * 2


def test_each_gives_one_number_per_run_by_seed():
    found = lab.repeat(network, DATA, seeds=[4, 9], epochs=3, batch_size=4)
    pd.testing.assert_series_equal(
        found.each("val_loss", last=2),
        pd.Series(
            found["val_loss"][:, -2:].mean(axis=1), pd.Index([4, 9], name="seed"), name="val_loss"
        ),
    )
    pictures = lab.Runs([1], {}, {"picture": np.zeros((1, 3))}, np.zeros(1))
    with pytest.raises(ValueError, match="picture"):
        pictures.each("picture")


def test_each_gives_what_was_computed_of_runs_by_seed():
    found = made_up([4, 9])
    assert found.each(found["score"] * 2).index.tolist() == [4, 9]
    with pytest.raises(ValueError, match="one number for each of 2 runs"):
        found.each(np.zeros(3))


def test_other_draws_start_from_the_same_weights_and_end_elsewhere():
    def noisy(amount):
        layers = [keras.Input((2,)), keras.layers.GaussianNoise(amount), keras.layers.Dense(1)]
        model = keras.Sequential(layers)
        model.compile(keras.optimizers.SGD(0.0), loss="mse")
        return model

    def weights(model, data):
        return {"weights": model.get_weights()[0].ravel()}

    grid = {"draws": [0, 1], "amount": [0.0, 1.0]}
    runs = lab.sweep(noisy, grid, DATA, seeds=2, epochs=1, measure=weights, jobs=1)
    for amount in (0.0, 1.0):
        one, other = runs.at(draws=0, amount=amount), runs.at(draws=1, amount=amount)
        np.testing.assert_array_equal(one["weights"], other["weights"])
        assert (one["loss"] == other["loss"]).all() == (amount == 0.0)


def test_a_setting_that_pilot_runs_no_longer_choose_is_told(monkeypatch):
    monkeypatch.setattr(kept, "shortened", [])
    assert chosen("rate", 0.1, lambda: 0.1) == 0.1
    with pytest.raises(ValueError, match=r"rate: the pilot runs choose 0\.2, the page says 0\.1"):
        chosen("rate", 0.1, lambda: 0.2)


def test_a_shortened_run_makes_pilot_runs_and_a_sampled_one_does_not(monkeypatch):
    made = []
    monkeypatch.setattr(kept, "shortened", ["epochs 2 instead of 100"])
    assert chosen("rate", 0.1, lambda: made.append(1) or 0.2) == 0.1
    kept.sample = {"rings": [1]}
    assert chosen("rate", 0.1, lambda: made.append(2)) == 0.1
    assert made == [1]


# ------------------------------------------------------------------------------------- runs on disk


def counted(monkeypatch):
    trained, real = [], runs_module.fit
    monkeypatch.setattr(
        runs_module, "fit", lambda *a, **k: trained.append(k["seed"]) or real(*a, **k)
    )
    return trained


def small_sweep(units=(2, 3), **arguments):
    kept.sweeps.clear()
    arguments = {"seeds": 3, "jobs": 1, "epochs": 2, "batch_size": 4} | arguments
    return lab.sweep(network, {"units": units}, DATA, **arguments)


def ends_of_runs(file):
    ends = []
    with file.open("rb") as handle, suppress(EOFError):
        while True:
            pickle.load(handle)
            ends.append(handle.tell())
    return ends


@pytest.mark.parametrize("cut", [0, 1, 50])
def test_a_sweep_that_was_killed_goes_on_without_losing_or_doubling_a_run(
    tmp_path, monkeypatch, cut
):
    whole = small_sweep()
    monkeypatch.setenv("LAB_RUNS", str(tmp_path))
    small_sweep()
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[: ends_of_runs(file)[3] - cut])
    trained, lost = counted(monkeypatch), bool(cut)
    again = small_sweep()
    assert len(trained) == 2 + lost
    for one, other in zip(whole, again, strict=True):
        for name, log in one.history.items():
            np.testing.assert_array_equal(log, other.history[name])
    small_sweep()
    assert len(trained) == 2 + lost
    assert len(ends_of_runs(file)) == 6


@pytest.mark.parametrize("other", [{"units": (2, 4)}, {"seeds": 2}, {"logs": ["loss"]}])
def test_runs_of_another_sweep_are_not_taken(tmp_path, monkeypatch, other):
    monkeypatch.setenv("LAB_RUNS", str(tmp_path))
    small_sweep()
    trained = counted(monkeypatch)
    small_sweep(**other)
    assert len(trained) == 2 * other.get("seeds", 3)


def test_sweeps_that_are_alike_have_runs_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_RUNS", str(tmp_path))
    trained = counted(monkeypatch)
    small_sweep()
    lab.sweep(network, {"units": (2, 3)}, DATA, seeds=3, jobs=1, epochs=3, batch_size=4)
    assert len(trained) == 12


def test_nothing_is_kept_on_disk_unless_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAB_RUNS", raising=False)
    small_sweep()
    assert not list(tmp_path.iterdir())


# -------------------------------------------------------------------------------------- conclusions


def series(values, first=2000):
    return pd.Series(np.asarray(values, float), range(first, first + len(values)))


def noisy(mean, n=60, seed=0):
    return series(mean + 0.01 * np.random.default_rng(seed).normal(size=n))


def test_a_claim_is_settled_by_the_measure_that_the_registry_names(registry):
    registry(C1={"measure": "accuracy"}, C2={"measure": "loss"})
    first, second = noisy(0.83), noisy(0.80, seed=1)
    found = lab.conclude("C1", (first, second))
    assert found.verdict == "supported"
    assert found.parts[""].effect.smallest == 0.01
    assert lab.conclude("C2", (first, second)).verdict == "too small to matter here"


def test_all_parts_must_hold(registry):
    registry(C1={"measure": "accuracy", "parts": ["rings", "digits"]})
    better, worse = (noisy(0.83), noisy(0.8, seed=1)), (noisy(0.8), noisy(0.83, seed=1))
    assert lab.conclude("C1", {"rings": better, "digits": better}).verdict == "supported"
    assert lab.conclude("C1", {"rings": better, "digits": worse}).verdict == "partly"
    assert lab.conclude("C1", {"rings": worse, "digits": worse}).verdict == "the opposite"


def test_the_effects_that_decide_are_those_of_the_conclusion_with_its_contrast(registry):
    known = {"measure": "accuracy", "parts": ["tanh", "relu", "elu"], "axis": "the activation"}
    registry(C4=known | {"between": ["relu", "tanh"]})
    level = noisy(0.8, seed=9)
    pairs = {name: (noisy(0.81, seed=n), level) for n, name in enumerate(("tanh", "relu", "elu"))}
    found = lab.conclude("C4", pairs)
    effects = [part.effect for part in found.parts.values()]
    assert lab.decisive("C4", pairs) == [*effects, found.contrast]
    assert lab.decisive("C4", {"elu": pairs["elu"]}) == effects[2:]
    with pytest.raises(ValueError, match="without the parts"):
        lab.decisive("C4", {"sigmoid": pairs["elu"]})


def test_what_stands_beside_decides_nothing(registry):
    registry(C1={"measure": "accuracy"})
    better, worse = (noisy(0.83), noisy(0.8, seed=1)), (noisy(0.8), noisy(0.83, seed=1))
    assert lab.conclude("C1", better, beside={"split": worse}).verdict == "supported"


def test_it_depends_on_something_only_if_the_contrast_says_so(registry):
    known = {"measure": "accuracy", "parts": ["tanh", "relu"], "axis": "the activation"}
    registry(C4=known | {"between": ["relu", "tanh"]})
    level = noisy(0.8, seed=9)
    same, much, little = (noisy(0.8 + gain, seed=n) for n, gain in enumerate((0, 0.05, 0.008)))
    found = lab.conclude("C4", {"tanh": (same, level), "relu": (much, level)})
    assert found.verdict == "depends on the activation"
    # One part alone reads "too small", the other "undecided": no contrast, so the mean decides.
    found = lab.conclude("C4", {"tanh": (same, level), "relu": (little, level)})
    assert found.verdict == "too small to matter here"
    assert found.contrast.reading != "yes"
    assert found.pooled == summary_of(
        np.mean([part.effects for part in found.parts.values()], axis=0), "accuracy"
    )


def test_that_two_are_the_same_is_supported_by_a_narrow_interval_around_0(registry):
    registry(C1={"measure": "accuracy", "same": True})
    assert lab.conclude("C1", (noisy(0.8), noisy(0.8, seed=1))).verdict == "supported"
    assert lab.conclude("C1", (noisy(0.9), noisy(0.8, seed=1))).verdict == "the opposite"


def test_at_least_as_good_is_supported_by_better_or_the_same_and_refuted_by_worse(registry):
    registry(C1={"measure": "accuracy", "same": "at least"})
    level = noisy(0.8, seed=1)
    verdicts = [lab.conclude("C1", (noisy(at), level)).verdict for at in (0.85, 0.8, 0.79, 0.7)]
    assert verdicts == ["supported", "supported", "undecided", "the opposite"]


def test_an_identity_is_verified_within_rounding(monkeypatch):
    shown = []
    monkeypatch.setattr(conclusions, "show", lambda record: shown.append(record.numbers))
    lab.verify("C9", [1e-8, -2e-7], within=1e-6)
    lab.verify("C10", [0.1], within=1e-6)
    assert [entry["verdict"] for (entry,) in map(dict.values, shown)] == [
        "verified",
        "does not hold",
    ]
    assert shown[0]["C9"]["largest"] == 2e-7


def test_every_run_can_be_read_from_the_record_and_gives_the_verdict_again(registry):
    registry(C1={"measure": "accuracy", "parts": ["rings", "digits"]})
    pairs = {
        "rings": (noisy(0.83), noisy(0.8, seed=1)),
        "digits": (noisy(0.9, 120), noisy(0.9, 120, 1)),
    }
    found = lab.conclude("C1", pairs)
    record = json.loads(json.dumps(found.record()))
    for name, part in record["parts"].items():
        seeds, *values = [
            np.frombuffer(zlib.decompress(b64decode(part["runs"][column])), "<f4")
            for column in ("seeds", "first", "second")
        ]
        again = lab.paired_effect(*values, lab.Measure(**record["measure"]))
        assert (again.mean, again.low, again.high) == (part["mean"], part["low"], part["high"])
        assert list(seeds) == list(pairs[name][0].index)
    assert record["verdict"] == found.verdict == "partly"


def test_the_two_sets_of_seeds_are_shown_and_decide_nothing(registry):
    registry(C1={"measure": "accuracy"})
    first = pd.Series([0.9, 0.7] * 30, range(2000, 2060)) + noisy(0)
    found = lab.conclude("C1", (first, noisy(0.8, seed=1)))
    assert [one.reading for one in found.parts[""].replications] == ["yes", "the opposite"]
    assert found.verdict == "undecided"


@pytest.mark.parametrize(
    ("known", "results", "named"),
    [
        ({}, (noisy(1), noisy(2)), "no claim 'C1'"),
        ({"C1": {"measure": "speed"}}, (noisy(1), noisy(2)), "No measure 'speed'"),
        ({"C1": {"measure": "accuracy"}}, (noisy(1), noisy(2).set_axis(range(60))), "seeds"),
        ({"C1": {"measure": "accuracy"}}, (np.ones(60), np.ones(60)), "by seed"),
        ({"C1": {"measure": "accuracy", "parts": ["a", "b"]}}, {"a": (noisy(1), 1)}, "parts"),
        (
            {"C1": {"measure": "accuracy", "parts": ["a", "b"], "axis": "it"}},
            {"a": (noisy(1), 1), "b": (noisy(1, 120), 1)},
            "same seeds",
        ),
    ],
)
def test_a_claim_that_does_not_fit_its_registry_is_refused(registry, known, results, named):
    registry(**known)
    with pytest.raises(ValueError, match=named):
        lab.conclude("C1", results)


def test_a_claim_without_a_registry_says_where_it_comes_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="the page's first cells write"):
        lab.conclude("C1", (noisy(1), noisy(2)))


def test_a_conclusion_can_be_sent_to_another_process(registry):
    registry(C1={"measure": "accuracy"})
    found = lab.conclude("C1", (noisy(0.83), noisy(0.8, seed=1)))
    assert isinstance(pickle.loads(pickle.dumps(found)), Conclusion)
