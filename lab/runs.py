"""``repeat`` and ``sweep``: one kind of model with many seeds, and every combination of settings."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any

from lab.arrays import Array, Split
from lab.loop import fit
from lab.progress import Progress
from lab.resuming import RunsOnDisk
from lab.starts import Start, read_only
from lab.workers import spread, workers

import joblib
import keras
import numpy as np
import pandas as pd

Data = tuple[Split, Split] | Callable[..., tuple[Split, Split]]
Measuring = Callable[..., Mapping[str, Any]]


@dataclass
class Runs:
    """What ``repeat`` returns: one kind of model, trained once with each seed.

    Attributes:
        seeds: One number per run.
        history: Name of a log -> array of shape (seeds, epochs); NaN where not evaluated.
        measures: Name -> array whose first axis is the seed; what ``measure`` returned.
        seconds: Array of shape (seeds,): running time of each training.
        setting: The setting of a sweep these runs belong to.
    """

    seeds: list[int]
    history: dict[str, Array]
    measures: dict[str, Array]
    seconds: Array
    setting: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Array:
        """The log or measure called ``name``.

        Raises:
            KeyError: There is none, or there is both.
        """
        if name in self.history and name in self.measures:
            raise KeyError(f"{name!r} is a log and a measure: say `history` or `measures`.")
        if name in self.history:
            return self.history[name]
        if name in self.measures:
            return self.measures[name]
        raise KeyError(f"No log or measure {name!r}; there are {[*self.history, *self.measures]}.")

    def final(self, name: str, last: int = 1) -> Array:
        """Mean of a log over the ``last`` epochs of each run, shape (seeds,)."""
        return self[name][:, -last:].mean(axis=1)

    def epochs_to(self, name: str, level: float) -> Array:
        """First epoch (counted from 1) at which a log is at least ``level``, shape (seeds,).

        Infinite where a run never gets there.
        """
        reached = self[name] >= level
        return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)

    def each(self, what: str | Array, last: int = 1) -> pd.Series:
        """One number per run, by its seed: a log's mean over the ``last`` epochs, a measure, or
        what was computed of them, shape (seeds,).

        Raises:
            KeyError: There is none of that name.
            ValueError: The measure is not one number per run.
        """
        name = what if isinstance(what, str) else None
        if name is None:
            values = np.asarray(what)
        else:
            values = self.final(name, last) if name in self.history else self[name]
        if values.shape != (len(self.seeds),):
            raise ValueError(
                f"{name or 'each'} needs one number for each of {len(self.seeds)} runs, not the "
                f"shape {values.shape}."
            )
        return pd.Series(values, index=pd.Index(self.seeds, name="seed"), name=name)

    def joined(self, more: Runs) -> Runs:
        """These runs and more of the same kind, with other seeds.

        Raises:
            ValueError: A seed is in both, or they are not of the same setting, logs and measures.
        """
        if set(self.seeds) & set(more.seeds):
            raise ValueError(f"Seeds are in both: {sorted(set(self.seeds) & set(more.seeds))}.")
        for part in ("history", "measures"):
            if getattr(self, part).keys() != getattr(more, part).keys():
                raise ValueError(f"The runs differ in their {part}.")
        if repr(self.setting) != repr(more.setting):
            raise ValueError(f"The runs are of {self.setting} and of {more.setting}.")
        return Runs(
            self.seeds + more.seeds,
            {name: np.concatenate([log, more.history[name]]) for name, log in self.history.items()},
            {
                name: np.concatenate([one, more.measures[name]])
                for name, one in self.measures.items()
            },
            np.concatenate([self.seconds, more.seconds]),
            self.setting,
        )

    def table(self) -> pd.DataFrame:
        """Last value of each log and each scalar measure: mean, sd, min and max over seeds."""
        columns = {name: self.final(name) for name in self.history}
        columns |= {name: value for name, value in self.measures.items() if value.ndim == 1}
        return pd.DataFrame(columns).agg(["mean", "std", "min", "max"]).T

    def _repr_html_(self) -> str:
        return self.table().to_html(float_format="{:.3g}".format)


@dataclass
class Sweep:
    """What ``sweep`` returns: a list of ``Runs``, one for each setting."""

    runs: list[Runs]

    def __iter__(self) -> Iterator[Runs]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    def at(self, **setting: Any) -> Runs:
        """The runs with this setting, for example ``at(rate=0.4)``.

        Numbers are equal whatever their type, and so are sequences of equal numbers.

        Raises:
            KeyError: There are none, or several.
        """
        found = [runs for runs in self.runs if _is_at(runs.setting, setting)]
        if len(found) != 1:
            settings = [runs.setting for runs in self.runs]
            raise KeyError(f"{len(found)} settings match {setting}; there are {settings}.")
        return found[0]

    def joined(self, more: Sweep) -> Sweep:
        """The runs of both, setting by setting; as ``Runs.joined``."""
        pairs = zip(self.runs, more.runs, strict=True)
        return Sweep([one.joined(other) for one, other in pairs])

    def table(self, name: str) -> pd.DataFrame:
        """Final value of a log, or a scalar measure, one row per setting."""
        rows = []
        for runs in self.runs:
            values = runs.final(name) if name in runs.history else runs[name]
            row = {"mean": values.mean(), "sd": values.std(ddof=1), "min": values.min()}
            rows.append(runs.setting | row | {"max": values.max(), "n": len(values)})
        return pd.DataFrame(rows)

    def save(self, path: str | Path) -> None:
        """Write everything to a file (whole or not at all) by joblib, settings of any type included.

        Raises:
            PicklingError or AttributeError: A setting is something that no file can hold, such as
                a function without a name.
        """
        path = Path(path)
        unfinished = path.with_name(path.name + ".part")
        try:
            joblib.dump(self, unfinished, compress=3)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    @staticmethod
    def load(path: str | Path) -> Sweep:
        """Read what ``save`` wrote. As every pickled file, it can run code: load only your own."""
        return joblib.load(path)


def _is_at(setting: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    return all(name in setting and _same(setting[name], asked[name]) for name in asked)


def _same(one: Any, other: Any) -> bool:
    sequences = (list, tuple, np.ndarray)
    if isinstance(one, sequences) and isinstance(other, sequences):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(np.all(one == other))


def repeat(
    build: Callable[..., keras.Model],
    data: Data,
    *,
    seeds: int | Sequence[int] = 30,
    measure: Measuring | None = None,
    logs: Sequence[str] | None = None,
    jobs: int | None = 1,
    **fit_arguments: Any,
) -> Runs:
    """Train a kind of model once for each seed; compile once.

    Run ``s`` calls ``keras.utils.set_random_seed(s)`` and ``build()``, so its initial weights are
    those that anyone gets with these two lines; ``s`` also fixes batch order and random layers.
    Two calls with the same seeds and data are therefore paired run by run.

    Args:
        build: Returns a new compiled model.
        data: ``(train, test)``, each a pair (x, y); or a function of the seed that returns that,
            to draw new data for each run (always of the same shape).
        seeds: How many (0, 1, 2, …), or which.
        measure: Called with each trained model and its data, and with its logs (name -> one value
            per epoch) if it asks for a third argument; returns numbers or arrays to keep, of one shape
            for all seeds. It cannot write to the data, and the model is trained again afterwards,
            from other weights.
        logs: Names of the logs to keep; None: all.
        jobs: Processes to spread the runs over. None: all cores, or what
            ``joblib.parallel_config`` says.
        **fit_arguments: ``epochs``, ``batch_size`` and so on, as in ``fit``. ``validation_data``
            is the test data, unless given. ``draws=1`` (2, …) starts from the same weights and
            data as ``draws=0``, with another order of samples and other random numbers in layers.

    Raises:
        ValueError, NotImplementedError: as ``fit``; or ``build`` returns a model that was made
            before; or ``measure`` does not return the same kind of things for every seed.
    """
    more = {"measure": measure, "logs": logs, "jobs": jobs} | fit_arguments
    return sweep(build, {}, data, seeds=seeds, **more).runs[0]


def sweep(
    build: Callable[..., keras.Model],
    grid: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Iterable[Any]]],
    data: Data,
    *,
    seeds: int | Sequence[int] = 30,
    measure: Measuring | None = None,
    logs: Sequence[str] | None = None,
    jobs: int | None = None,
    **fit_arguments: Any,
) -> Sweep:
    """``repeat`` for every combination of some settings, over all cores.

    Args:
        grid: Name -> values to try. Each name is a parameter of ``build``, of ``data`` (beside
            the seed) or of ``fit``. Or several such grids, one after the other, as in
            scikit-learn's ``ParameterGrid``.
        build, data, seeds, measure, logs, jobs, fit_arguments: as in ``repeat``.

    Returns:
        One ``Runs`` per combination, in the order of ``itertools.product``, grid by grid.

    Raises:
        ValueError: A name in ``grid`` is a parameter of nothing, or a list of values is empty; or
            as ``repeat``.
    """
    seeds = list(range(seeds)) if isinstance(seeds, (int, np.integer)) else [int(s) for s in seeds]
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must be different numbers from 0 on, and at least one: {seeds}.")
    settings = _settings(grid, build, data)
    jobs = workers(jobs)
    # Each process compiles for itself, so whole settings go to one of them, as long as there are some
    # for all; the seeds of the others are divided.
    whole = len(settings) // jobs * jobs
    results: list[dict[int, tuple]] = [{} for _ in settings]
    with (
        Progress("runs", len(settings) * len(seeds), "runs") as bar,
        RunsOnDisk.of_next_sweep(settings, sorted(fit_arguments), logs, seeds) as disk,
    ):
        for index, seed, run in disk.found:
            results[index][seed] = run
            bar.skip()
        missing = [[s for s in seeds if s not in found] for found in results]
        tasks = [
            (
                index,
                build,
                data,
                setting,
                [missing[index][i] for i in part],
                measure,
                logs,
                fit_arguments,
            )
            for index, setting in enumerate(settings)
            for part in np.array_split(
                np.arange(len(missing[index])), 1 if index < whole else min(jobs, len(seeds))
            )
            if len(part)
        ]
        for index, seed, run in spread(_train_seeds, tasks, jobs):
            for other in results[index].values():
                _check_alike(run, seed, other, next(iter(results[index])))
                break
            results[index][seed] = run
            disk.add(index, seed, run)
            bar.advance()
    return Sweep(
        [
            _gather(setting, seeds, [runs[seed] for seed in seeds])
            for setting, runs in zip(settings, results, strict=True)
        ]
    )


def _settings(
    grid: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Iterable[Any]]],
    build: Callable,
    data: Data,
) -> list[dict[str, Any]]:
    settings = []
    for one in [grid] if isinstance(grid, Mapping) else grid:
        values = {name: list(options) for name, options in one.items()}
        for name, options in values.items():
            if not options:
                raise ValueError(f"The grid has no value for {name!r}.")
            _owner_of(name, build, data)
        for combination in itertools.product(*values.values()):
            settings.append(dict(zip(values, combination, strict=True)))
    if not settings:
        raise ValueError("grid is an empty list; give at least one grid of settings to try.")
    return settings


def _owner_of(name: str, build: Callable, data: Data) -> str:
    """Which of ``build``, ``data`` and ``fit`` takes the setting called ``name``."""
    if name in signature(build).parameters:
        return "build"
    if callable(data) and name in list(signature(data).parameters)[1:]:
        return "data"
    if name == "draws" or name in signature(fit).parameters:
        return "fit"
    raise ValueError(
        f"The grid's {name!r} is a parameter neither of {getattr(build, '__name__', 'build')}, "
        "nor of the data function, nor of lab.fit."
    )


def _train_seeds(
    index: int,
    build: Callable[..., keras.Model],
    data: Data,
    setting: dict[str, Any],
    seeds: Sequence[int],
    measure: Measuring | None,
    logs: Sequence[str] | None,
    fit_arguments: dict[str, Any],
) -> Iterator[tuple[int, int, tuple]]:
    """Train one model per seed; yield index, seed and (history, measures, seconds)."""
    parts: dict[str, dict[str, Any]] = {"build": {}, "data": {}, "fit": dict(fit_arguments)}
    for name, value in setting.items():
        parts[_owner_of(name, build, data)][name] = value
    draws = parts["fit"].pop("draws", 0)
    start = Start(lambda: build(**parts["build"]), looked_at=measure is not None)
    for seed in seeds:
        train, test = read_only(data(seed, **parts["data"]) if callable(data) else data)
        model = start.model_for(seed, train)
        arguments = {"validation_data": test} | parts["fit"] | {"verbose": 0}
        arguments["seed"] = seed + draws * 1_000_003  # far from any seed in use
        history = fit(model, *train, _start=start, **arguments)
        by_epoch = _by_epoch(history, parts["fit"])
        given = (model, (train, test), by_epoch)
        measured = dict(measure(*given[: _parameters(measure)])) if measure else {}
        kept_logs = {name: log for name, log in by_epoch.items() if logs is None or name in logs}
        run = (kept_logs, measured, history.seconds)
        yield index, seed, run


def _parameters(measure: Measuring) -> int:
    """How many arguments it is given: two or three; what has a default is its own matter."""
    return max(2, sum(one.default is one.empty for one in signature(measure).parameters.values()))


def _by_epoch(history: keras.callbacks.History, fit_arguments: dict[str, Any]) -> dict[str, Array]:
    """The history as arrays with one value per epoch, NaN for epochs without validation."""
    every = fit_arguments.get("validation_freq", 1)
    epochs = np.array(history.epoch) + 1
    logs = {}
    for name, values in history.history.items():
        logs[name] = np.full(len(epochs), np.nan)
        logs[name][epochs % every == 0 if name.startswith("val_") else slice(None)] = values
    return logs


def _check_alike(run: tuple, seed: int, other: tuple, other_seed: int) -> None:
    """Refuse runs that do not fit into one table, as soon as there are two of them."""
    for what, place in (("build gives models that log", 0), ("measure returns", 1)):
        shapes, others = (
            {name: np.shape(value) for name, value in one[place].items()} for one in (run, other)
        )
        if shapes != others:
            name = next(n for n in {**others, **shapes} if shapes.get(n) != others.get(n))
            raise ValueError(
                f"{what} {name!r} with the shape {others.get(name, 'of nothing')} for seed "
                f"{other_seed} and {shapes.get(name, 'of nothing')} for seed {seed}: return the "
                "same names and shapes for every seed, such as a count or a mean."
            )


def _gather(setting: dict[str, Any], seeds: list[int], results: list[tuple]) -> Runs:
    histories, measures, seconds = zip(*results, strict=True)
    return Runs(
        seeds,
        {name: np.stack([history[name] for history in histories]) for name in histories[0]},
        {name: np.stack([np.asarray(m[name]) for m in measures]) for name in measures[0]},
        np.array(seconds),
        setting,
    )
