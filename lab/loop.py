"""``fit``: a whole training run as one compiled program.

``model.fit`` starts a small program for every batch and returns to Python in between. Here the
loops are part of the program. In outline, it is

    for each epoch:
        draw an order of the samples                        random_order
        for each batch of the training data in this order:  _Program._pass
            model.train_step(batch)                         Keras' own
        for each batch of the validation data:              _Program._pass
            model.test_step(batch)                          Keras' own
        note the losses and metrics in a row of a table     _Program._all_epochs

`_Program` traces this once, over variables of one model, and XLA compiles it. `run` lends these
variables the values of the model that is to be trained, calls the program in slices of about half a
second, and gives the values back. So a program is used again for every model that can share it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from lab.arrays import Array, Split
from lab.evaluation import batch_size_of
from lab.hooks import (
    compilation,
    compile_once_in_silence,
    create_variables,
    is_keras,
    names_from,
    random_numbers_by,
    read,
    without_cudnn,
    write,
)
from lab.kept import kept
from lab.progress import Progress
from lab.random_numbers import derive, dropout, normal, random_order
from lab.refusals import (
    check_arguments,
    check_count,
    check_data,
    check_graph,
    check_input_shape,
    check_labels,
    check_logs,
    check_model,
    split_off,
)
from lab.sharing import adjustable, adjusted_by, seeds_of, state_of, structure
from lab.starts import Start

import keras
import numpy as np
import tensorflow as tf


def fit(
    model: keras.Model,
    x: Array,
    y: Array,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    *,
    validation_data: Split | None = None,
    validation_split: float = 0.0,
    validation_batch_size: int | None = None,
    validation_freq: int = 1,
    shuffle: bool = True,
    initial_epoch: int = 0,
    seed: int | None = None,
    _start: Start | None = None,  # where a sweep lets it begin
    **others: Any,
) -> keras.callbacks.History:
    """Train a compiled model as ``model.fit`` would, as one compiled program.

    With shuffling and random layers off, losses, metrics and weights equal ``model.fit``'s to
    rounding. Random draws (batch order, dropout masks, noise) follow the same distributions but
    are other numbers than ``model.fit`` would draw. A layer's setting that was changed after
    ``compile`` counts at once; Keras waits for the next ``compile``.

    Args:
        model: A compiled Keras model with one input and one output.
        x: Inputs, shape (samples, …).
        y: Targets, shape (samples, …).
        batch_size: Samples per update; 32 if None. The last batch of an epoch may be smaller.
        epochs: Number of the last epoch, as in Keras (with ``initial_epoch`` 0, how many).
        verbose: 0 hides the progress bar, which otherwise shows in runs of over a second.
        validation_data: ``(x, y)`` evaluated in inference mode at the end of each epoch.
        validation_split: Share of the data, taken from its end, to use as validation data.
        validation_batch_size: Batch size of the evaluation. If None, it is ``batch_size``, or
            larger where that changes no result (see evaluation.py).
        validation_freq: Evaluate every that many epochs.
        shuffle: Draw a new order of the samples for each epoch.
        initial_epoch: Number of epochs already done.
        seed: Fixes batch order and every random layer. If None it is drawn from Python's
            ``random``, which ``keras.utils.set_random_seed`` fixes. Each random layer gets a
            stream of its own, even where two were given the same seed. Training in pieces with
            ``initial_epoch`` and one seed equals training in one go.

    Returns:
        Keras' History: ``history.history[name]`` is a list with one value per epoch.
        ``history.seconds`` is the running time, compilation included.

    Raises:
        ValueError: An argument has a value that cannot be trained with; nothing was changed.
        NotImplementedError: Something that ``model.fit`` can do and this cannot, named.
    """
    start = time.perf_counter()
    check_arguments(others)
    check_model(model)
    check_count("epochs", epochs)
    check_count("validation_freq", validation_freq)
    check_count("initial_epoch", initial_epoch, least=0)
    if initial_epoch >= epochs:
        raise ValueError(
            f"epochs={epochs} counts from 0, so it must be above initial_epoch={initial_epoch}."
        )
    train = check_data("x", x, "y", y)
    if validation_data is None and validation_split:
        train, validation_data = split_off(train, validation_split)
    if validation_data is not None:
        if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
            raise ValueError("validation_data must be a pair (x, y) of arrays.")
        validation_data = check_data("validation x", validation_data[0], "y", validation_data[1])
    check_input_shape(model, train, validation_data)
    check_labels(model, train, validation_data)
    batch_size = 32 if batch_size is None else batch_size
    check_count("batch_size", batch_size)
    if validation_batch_size is not None:
        check_count("validation_batch_size", validation_batch_size)
    seed = random.randrange(2**31) if seed is None else seed
    check_count("seed", seed, least=0)

    bar = Progress("fit", epochs - initial_epoch, "epochs", shown=verbose not in (0, "0"))
    with kept.lock, bar:
        loop = _Loop(batch_size, validation_batch_size, validation_freq, bool(shuffle))
        program = _program(model, train, validation_data, loop, _start)
        data = train + (validation_data or ())
        rows = program.run(model, data, seed, range(initial_epoch, epochs), bar, _start)
        model.optimizer.finalize_variable_values(model.trainable_weights)

    history = keras.callbacks.History()
    history.set_model(model)
    batches = -(-len(train[0]) // batch_size)
    history.set_params({"verbose": verbose, "epochs": epochs, "steps": batches})
    history.epoch = list(range(initial_epoch, initial_epoch + len(rows)))
    for name, column in zip(program.names, rows.T, strict=True):
        evaluated = [
            value
            for epoch, value in zip(history.epoch, column.tolist(), strict=True)
            if not name.startswith("val_") or (epoch + 1) % validation_freq == 0
        ]
        if evaluated:
            history.history[name] = evaluated
    history.seconds = time.perf_counter() - start
    model.history = history
    return history


@dataclass(frozen=True)
class _Loop:
    """What is constant in a compiled loop besides the model and the shapes of the data."""

    batch_size: int
    validation_batch_size: int | None
    validation_freq: int
    shuffle: bool


class _Program:
    """The whole training loop of one model as one XLA program over fixed array shapes."""

    ROWS, COLUMNS = 512, 32  # epochs and logs that one call can record; long runs take more calls

    def __init__(
        self,
        model: keras.Model,
        train: Split,
        validation: Split | None,
        loop: _Loop,
        name: tuple | None,
        transient: bool,
    ) -> None:
        """Trace it for a model and data of these shapes.

        Args:
            name: What the program is known by in every process; None for a model with code of its
                own.
            transient: Whether the model is one of a sweep's, of which nobody expects that it
                stays as it is.
        """
        compile_once_in_silence()
        self.model, self.loop, self.transient = model, loop, transient
        self.names: list[str] = []  # of the logs of an epoch; known once the loop is traced
        self.half_second = 1  # epochs that take about that long; measured as it runs
        create_variables(model, *(array[: loop.batch_size] for array in train))
        self.validation_batch_size = loop.validation_batch_size or loop.batch_size
        if validation and name and loop.validation_batch_size is None:
            self.validation_batch_size = batch_size_of(model, len(validation[0]), loop.batch_size)
        self.state, self.compiled = state_of(model), compilation(model)
        self.adjustable = adjustable(model)
        specs = [tf.TensorSpec(array.shape, array.dtype) for array in train + (validation or ())]
        constants = [tf.TensorSpec([], tf.float32) for _ in self.adjustable]
        scalar = tf.TensorSpec([], tf.int32)
        function = tf.function(self._run_epochs, autograph=False, jit_compile=True)
        naming = names_from(name, model) if name else nullcontext()
        with random_numbers_by(normal, dropout), without_cudnn(model), naming:
            # A concrete function is never traced again, so the choice made above stays in force.
            self.function = function.get_concrete_function(specs, constants, scalar, scalar, scalar)
        check_graph(self.function.graph, model)

    def _run_epochs(
        self,
        arrays: list[tf.Tensor],
        constants: list[tf.Tensor],
        seed: tf.Tensor,
        first: tf.Tensor,
        count: tf.Tensor,
    ) -> tf.Tensor:
        """Train ``count`` epochs from epoch number ``first``; return a row of logs for each."""
        with adjusted_by(self.adjustable, constants):
            return self._all_epochs(arrays, seed, first, count)

    def _all_epochs(
        self, arrays: list[tf.Tensor], seed: tf.Tensor, first: tf.Tensor, count: tf.Tensor
    ) -> tf.Tensor:
        model, loop = self.model, self.loop
        train, validation = arrays[:2], arrays[2:]
        train_names: list[str] = []
        validation_names: list[str] = []

        def train_pass(epoch: tf.Tensor) -> tf.Tensor:
            data = train
            samples = train[0].shape[0]
            if loop.shuffle and samples > loop.batch_size:
                order = random_order(samples, tf.stack([seed, epoch]))
                data = [tf.gather(array, order) for array in train]
            logs = self._pass(model.train_step, data, loop.batch_size)
            train_names[:] = logs
            return _stack(logs)

        def validation_pass() -> tf.Tensor:
            logs = self._pass(model.test_step, validation, self.validation_batch_size)
            validation_names[:] = [f"val_{name}" for name in logs]
            return _stack(logs)

        def one_epoch(done: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            epoch = first + done
            for state in seeds_of(model):
                # Each epoch has draws of its own, so that a run in pieces equals one in one go.
                state.assign(tf.stack([state[0], tf.cast(epoch, tf.int64) * 2**15]))
            logs = [train_pass(epoch)]
            if validation and loop.validation_freq == 1:
                logs += [validation_pass()]
            elif validation:
                due = tf.equal((epoch + 1) % loop.validation_freq, 0)
                missing = np.float64(np.nan)
                logs += [
                    tf.cond(due, validation_pass, lambda: tf.fill([len(validation_names)], missing))
                ]
            row = tf.concat(logs, axis=0)
            check_logs(train_names + validation_names, self.COLUMNS)
            row = tf.pad(row, [[0, self.COLUMNS - row.shape[0]]])
            return done + 1, tf.tensor_scatter_nd_update(rows, [[done]], [row])

        rows = tf.zeros([self.ROWS, self.COLUMNS], tf.float64)
        _, rows = tf.while_loop(lambda done, _: done < count, one_epoch, [0, rows])
        self.names = train_names + validation_names
        return rows

    def _pass(
        self, step: Callable, data: Sequence[tf.Tensor], batch_size: int
    ) -> dict[str, tf.Tensor]:
        """Call ``step`` on every batch of ``data`` in order; return what Keras would log.

        A smaller last batch is traced on its own: padding it would change batch statistics. Logs
        that are not metrics (a custom ``train_step`` may return some) are those of the last batch,
        as in Keras.
        """
        self.model.reset_metrics()
        shapes = [array.shape for array in data]
        samples = shapes[0][0]
        full = samples // batch_size
        own_names: list[str] = []  # of logs that are not metrics

        def one_step(index: tf.Tensor, *latest: tf.Tensor) -> tuple[tf.Tensor, ...]:
            logs = step(
                tuple(
                    tf.slice(
                        array,
                        [index * batch_size] + [0] * (shape.rank - 1),
                        [batch_size, *shape[1:]],
                    )
                    for array, shape in zip(data, shapes, strict=True)
                )
            )
            own_names[:] = [] if set(logs) == set(self.model.get_metrics_result()) else logs
            if own_names:
                check_logs(own_names, self.COLUMNS)
                latest = (tf.pad(_stack(logs), [[0, self.COLUMNS - len(logs)]]),)
            return index + 1, *latest

        if samples > batch_size:
            # Models of Keras' own parts have no logs of their own to carry along.
            latest = () if is_keras(self.model) else (tf.zeros([self.COLUMNS], tf.float64),)
            _, *latest = tf.while_loop(lambda index, *_: index < full, one_step, [0, *latest])
            if full * batch_size == samples:
                own = dict(zip(own_names, tf.unstack(latest[0]), strict=False)) if latest else {}
                return own or self.model.get_metrics_result()
        logs = step(tuple(array[samples - (samples % batch_size or samples) :] for array in data))
        metrics = self.model.get_metrics_result()
        return metrics if set(logs) == set(metrics) else logs

    def run(
        self,
        model: keras.Model,
        data: Sequence[Array],
        seed: int,
        epochs: range,
        bar: Progress,
        start: Start | None,
    ) -> Array:
        """Train ``model``, which must be built like ``self.model``, from its present state.

        Returns the logs, shape (epochs, names). A run is cut into calls of about half a second so
        that the progress bar moves and Ctrl-C works; what was trained until then is kept.
        """
        arrays = [tf.constant(array) for array in data]
        # The program works on the variables it was traced with: lend them the model's values.
        borrowed = model is not self.model
        before = [read(own) for own in self.state] if borrowed and not self.transient else []
        values = start.values if start else None
        if values is None and borrowed:
            values = [read(theirs) for theirs in state_of(model)]
        for own, value in zip(self.state, values or (), strict=bool(values)):
            write(own, value)
        for stream, state in enumerate(seeds_of(self.model), start=1):
            state.assign([derive(seed, stream), 0])
        order_seed = tf.constant(derive(seed, 0), tf.int32)
        constants = [
            tf.constant(getattr(owner, name), tf.float32) for owner, name in adjustable(model)
        ]
        rows, done = [], epochs.start
        try:
            while done < epochs.stop:
                count = min(self.half_second, self.ROWS, epochs.stop - done)
                begin = time.perf_counter()
                logs = self.function(
                    arrays, constants, order_seed, tf.constant(done), tf.constant(count)
                )
                rows.append(logs.numpy()[:count, : len(self.names)])
                done += count
                bar.advance(count)
                # The first call compiles, which says nothing about the speed of the next.
                seconds = 0.1 if self.half_second == 1 else time.perf_counter() - begin
                self.half_second = max(2, int(count * min(8, 0.5 / seconds)))
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
            raise NotImplementedError(
                "XLA, TensorFlow's compiler, cannot compile this model's training: use model.fit. "
                f"It says: {str(error).strip().splitlines()[0]}"
            ) from error
        finally:
            if borrowed and (start is None or start.looked_at):
                for own, theirs in zip(self.state, state_of(model), strict=True):
                    write(theirs, read(own))
            for own, value in zip(self.state, before, strict=False):
                write(own, value)
        return np.concatenate(rows)


def _stack(logs: Mapping[str, tf.Tensor]) -> tf.Tensor:
    for name, value in logs.items():
        if len(tf.convert_to_tensor(value).shape):
            raise NotImplementedError(
                f"lab.fit records one number per epoch; train_step's log {name!r} has shape "
                f"{tuple(value.shape)}. Return its mean or norm instead."
            )
    return tf.stack([tf.cast(value, tf.float64) for value in logs.values()])


PROGRAMS = 48  # that are kept; each keeps its model and a few MB of machine code alive


def _program(
    model: keras.Model, train: Split, validation: Split | None, loop: _Loop, start: Start | None
) -> _Program:
    """The program for this structure, data shapes and loop; compiled only if it is a new one."""
    if not model.built:
        create_variables(model, *(array[: loop.batch_size] for array in train))
    shapes = tuple((array.shape, str(array.dtype)) for array in train + (validation or ()))
    shared = (start and start.structure) or structure(model)
    key = (shared or (id(model), id(compilation(model))), shapes, loop)
    if key not in kept.programs:
        kept.traced[key] += 1  # a program traced again must not take the names of the first one
        name = (key, kept.traced[key]) if shared else None
        kept.programs[key] = _Program(model, train, validation, loop, name, start is not None)
        if len(kept.programs) > PROGRAMS:
            kept.programs.popitem(last=False)
    kept.programs.move_to_end(key)
    if not model.optimizer.built:  # its program was built with another model
        model.optimizer.build(model.trainable_variables)
    return kept.programs[key]
