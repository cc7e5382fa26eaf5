"""A setting of the playground and its network in Keras, which tests compare with what the page computes."""

from typing import Any

import lab  # noqa: F401 - sets TensorFlow up

import keras

BASE = {
    "data": {"kind": "circles", "points": 100, "noise": 0.1, "seed": 1, "train": 0.3, "units": "plain", "redraw": False},
    "network": {"layers": 1, "width": 50, "activation": "relu", "initial": "glorot_uniform", "spread": 0.5},
    "normalization": {"place": "none", "momentum": 0.9, "gamma": True, "beta": True},
    "dropout": {"input": 0, "hidden": 0},
    "noise": {"input": 0, "hidden": 0, "place": "before"},
    "maxNorm": 0,
    "optimizer": {"kind": "sgd", "rate": 0.1, "momentum": 0},
    "batch": 30,
    "epochs": 10,
    "seed": 1,
    "seeds": 1,
}  # fmt: skip


def setting(**changes: Any) -> dict:
    return {
        **BASE,
        **{
            name: {**BASE[name], **value} if isinstance(value, dict) else value
            for name, value in changes.items()
        },
    }


def keras_model(setting: dict) -> keras.Sequential:
    """The network of a setting, in Keras."""
    network, normalization = setting["network"], setting["normalization"]
    first = (
        keras.initializers.RandomNormal(stddev=network["spread"])
        if network["initial"] == "normal"
        else network["initial"]
    )
    limit = setting["maxNorm"]
    bound = dict(kernel_constraint=keras.constraints.MaxNorm(limit, axis=0)) if limit else {}

    def extras(place: str) -> list:
        made = []
        if normalization["place"] == place:
            options = dict(momentum=normalization["momentum"], scale=normalization["gamma"], center=normalization["beta"])  # fmt: skip
            made.append(keras.layers.BatchNormalization(**options))
        noise = setting["noise"]
        if sd := noise["input" if place == "input" else "hidden"] * (
            place in ("input", noise["place"])
        ):
            made.append(keras.layers.GaussianNoise(sd))
        return made

    def dropout(rate: float) -> list:
        return [keras.layers.Dropout(rate)] if rate else []

    layers = [keras.Input((2,)), *extras("input"), *dropout(setting["dropout"]["input"])]
    for _ in range(network["layers"]):
        layers += [
            keras.layers.Dense(network["width"], kernel_initializer=first, **bound),
            *extras("before"),
        ]
        layers += [keras.layers.Activation(network["activation"]), *extras("after")]
        layers += dropout(setting["dropout"]["hidden"])
    model = keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid")])
    kind, rate = setting["optimizer"]["kind"], float(setting["optimizer"]["rate"])
    optimizer = {
        "sgd": lambda: keras.optimizers.SGD(rate, momentum=float(setting["optimizer"]["momentum"])),
        "adam": lambda: keras.optimizers.Adam(rate),
        "rmsprop": lambda: keras.optimizers.RMSprop(rate),
    }[kind]()
    model.compile(optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    return model
