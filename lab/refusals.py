"""What the engine refuses, in words that say what to do instead; nothing is changed before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lab.arrays import Array, Split
from lab.evaluation import losses_of
from lab.hooks import is_keras, layers_of, replaces_the_loop
from lab.sharing import SUPPORTED_LAYERS, state_of

import keras
import numpy as np
import tensorflow as tf

SUPPORTED_OPTIMIZERS = "SGD Adam AdamW RMSprop Adagrad Nadam".split()
REFUSED_ARGUMENTS = {
    "callbacks": "train in pieces (`epochs`, `initial_epoch`) and look at the model in between",
    "class_weight": "use model.fit",
    "sample_weight": "use model.fit",
    "steps_per_epoch": "set `batch_size`; an epoch is one pass over the data",
    "validation_steps": "pass less validation data",
}
RANDOM_OPS = {  # those that use threefry in a program
    "StatelessRandomUniformV2",
    "StatelessRandomUniformIntV2",
    "StatelessRandomUniformFullIntV2",
    "StatelessTruncatedNormalV2",
}


def check_arguments(others: dict[str, Any]) -> None:
    """Refuse arguments of ``model.fit`` that ``fit`` does not have."""
    for name, value in others.items():
        if name not in REFUSED_ARGUMENTS:
            raise TypeError(f"fit got an unexpected argument {name!r}.")
        if value is not None:
            raise NotImplementedError(
                f"lab.fit does not support `{name}`: {REFUSED_ARGUMENTS[name]}."
            )


def check_model(model: Any) -> None:
    """Refuse what is no compiled model, and models that the engine is not tested with."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"model must be a keras.Model, not {type(model).__name__}.")
    if not model.compiled:
        raise ValueError("The model is not compiled: call model.compile(...) first.")
    if model.optimizer is None:
        raise ValueError("The model is compiled without an optimizer.")
    for reason in _untested(model):
        raise NotImplementedError(f"lab.fit {reason}")


def _untested(model: keras.Model) -> Iterator[str]:
    if model.run_eagerly or tf.config.functions_run_eagerly():
        yield "cannot train with run_eagerly: use model.fit to debug step by step."
    if tf.distribute.has_strategy() or model.distribute_strategy.num_replicas_in_sync > 1:
        yield "trains on one device: use model.fit under a distribution strategy."
    for method in replaces_the_loop(model):
        yield f"does not call the model's own `{method}`: use model.fit, or override `train_step`."
    for ends, words in (("inputs", "input"), ("outputs", "output")):
        if model.built and len(getattr(model, ends, None) or [0]) > 1:
            yield f"trains models with one {words}: use model.fit for several."
    for layer in layers_of(model):
        if is_keras(layer) and type(layer).__name__ not in SUPPORTED_LAYERS:
            yield f"is not tested with the layer {type(layer).__name__} ({layer.name!r}): use model.fit."
        if getattr(layer, "stateful", False):
            yield (
                f"does not carry the state of the stateful layer {layer.name!r} from batch to batch: "
                "use model.fit."
            )
        if layer.dtype_policy.name not in ("float32", "float64"):
            yield (
                f"is tested with float32 and float64, and the layer {layer.name!r} has the dtype "
                f"policy {layer.dtype_policy.name}: use model.fit."
            )
    optimizer = type(model.optimizer).__name__
    if is_keras(model.optimizer) and optimizer not in SUPPORTED_OPTIMIZERS:
        yield (
            f"is not tested with the optimizer {optimizer}: use one of "
            f"{', '.join(SUPPORTED_OPTIMIZERS)}, or model.fit."
        )


def check_count(name: str, value: Any, least: int = 1) -> None:
    """Refuse what is no whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}.")


def check_data(x_name: str, x: Any, y_name: str, y: Any) -> Split:
    """Turn inputs and targets into arrays that can be trained on; floats as Keras' `floatx`.

    Raises:
        ValueError, NotImplementedError: They cannot be trained on.
    """
    arrays = []
    for name, value in ((x_name, x), (y_name, y)):
        if value is None:
            raise ValueError(f"{name} is missing.")
        if isinstance(value, (dict, tf.data.Dataset, keras.utils.PyDataset)) or hasattr(
            value, "__next__"
        ):
            raise NotImplementedError(
                f"lab.fit takes {name} as one array, not as {type(value).__name__}: use model.fit."
            )
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise ValueError(f"{name} must hold numbers, not {array.dtype}.")
        if array.ndim == 0 or len(array) == 0:
            raise ValueError(f"{name} is empty: shape {array.shape}.")
        if array.dtype.kind == "f":
            array = array.astype(keras.config.floatx())
            wrong = np.count_nonzero(~np.isfinite(array))
            if wrong:
                raise ValueError(
                    f"{name} holds {wrong} values that are NaN or infinite: remove or fill them."
                )
        arrays.append(array)
    if len(arrays[0]) != len(arrays[1]):
        raise ValueError(
            f"{x_name} has {len(arrays[0])} samples and {y_name} has {len(arrays[1])}: "
            "they must be equally long."
        )
    return arrays[0], arrays[1]


def split_off(train: Split, share: float) -> tuple[Split, Split]:
    """Cut validation data off the end of the training data, as ``validation_split`` does."""
    if not 0 < share < 1:
        raise ValueError(f"validation_split must lie between 0 and 1, not {share!r}.")
    cut = int(np.floor(len(train[0]) * (1 - share)))
    if cut == 0:
        raise ValueError(f"validation_split={share} leaves no sample to train on.")
    return (train[0][:cut], train[1][:cut]), (train[0][cut:], train[1][cut:])


def check_input_shape(model: keras.Model, *splits: Split | None) -> None:
    """Refuse inputs of a shape that a built model does not take."""
    expected = getattr(model, "input_shape", None) if model.built else None
    if not isinstance(expected, tuple):
        return
    for x, _ in filter(None, splits):
        shape = x.shape
        # A functional model adds a last axis of length 1, or takes it away.
        if expected[-1] == 1 and len(shape) == len(expected) - 1:
            shape = (*shape, 1)
        elif shape[-1] == 1 and len(shape) == len(expected) + 1:
            shape = shape[:-1]
        fits = len(expected) == len(shape) and all(
            want in (None, got) for want, got in zip(expected[1:], shape[1:], strict=True)
        )
        if not fits:
            raise ValueError(
                f"The model takes inputs of shape (samples, {', '.join(map(str, expected[1:]))}), "
                f"but x has shape {x.shape}."
            )


def check_labels(model: keras.Model, *splits: Split | None) -> None:
    """Refuse labels that stand for none of the outputs: XLA would make NaN of them, unasked."""
    for loss in losses_of(model):
        if loss.kind != "sparsecategoricalcrossentropy":
            continue
        for name, (x, y) in zip(
            ("y", "the validation data's y"), filter(None, splits), strict=False
        ):
            outputs = _outputs(model, x)
            wrong = (y < 0) | (y >= outputs)
            if loss.ignores is not None:
                wrong &= y != loss.ignores
            if wrong.any():
                raise ValueError(
                    f"{name} holds labels from {y.min():g} to {y.max():g}, but the model's "
                    f"{outputs} outputs stand for the labels 0 to {outputs - 1}: shift the "
                    "labels or change the last layer."
                )


def _outputs(model: keras.Model, x: Array) -> int:
    if isinstance(shape := getattr(model, "output_shape", None), tuple):
        return shape[-1]
    return model.compute_output_spec(keras.KerasTensor(x.shape, x.dtype)).shape[-1]


def check_logs(names: Sequence[str], most: int) -> None:
    """Refuse more logs than the table of a program has columns."""
    if len(names) > most:
        raise NotImplementedError(
            f"lab.fit records up to {most} numbers per epoch, and there are {len(names)}: "
            f"{', '.join(names)}. Compile with fewer metrics."
        )


def check_graph(graph: tf.Graph, model: keras.Model) -> None:
    """Refuse programs with randomness that cannot be seeded, or with state outside the model."""
    definition = graph.as_graph_def()
    ops = {node.op for node in definition.node}
    ops |= {node.op for function in definition.library.function for node in function.node_def}
    random_ops = {op for op in ops if "Random" in op or "Multinomial" in op or "Truncated" in op}
    if random_ops - RANDOM_OPS:
        raise NotImplementedError(
            f"The model uses random operations that lab.fit cannot seed: "
            f"{', '.join(sorted(random_ops - RANDOM_OPS))}. Use keras.random with a "
            "keras.random.SeedGenerator that is an attribute of the layer."
        )
    own = {id(variable.value) for variable in (*state_of(model), *model.metrics_variables)}
    foreign = [variable.name for variable in graph.variables if id(variable) not in own]
    if foreign:
        raise NotImplementedError(
            f"The training step uses variables that do not belong to the model: "
            f"{', '.join(foreign)}. Make them attributes of a layer or of the model (a random "
            "draw without a seed uses Keras' global one: give the layer a "
            "keras.random.SeedGenerator)."
        )
