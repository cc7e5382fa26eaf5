"""Where runs start: a new model for each seed, or the same one with its weights drawn again.

Building a Keras model takes longer than training a small one. So the second seed's model is built
and compared with what the first one's initializers draw for that seed; if they are the same, as
they are unless `build` draws numbers in a way of its own, all others are only drawn.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from lab.arrays import Split
from lab.hooks import Draws, create_variables, random_numbers_of_this_thread, read, recorded_draws
from lab.refusals import check_model
from lab.sharing import seeds_of, state_of, structure

import keras
import numpy as np
import tensorflow as tf


class Start:
    """Gives models to train, one for each seed, as ``set_random_seed`` and ``build`` give them.

    Attributes:
        looked_at: Whether the trained model itself is needed after a run, and not only the history.
        redraws: Whether drawing is enough; None before the second model was built.
        values: The state that the next run begins with; the model's own if None.
        structure: The model's, once it is known to be trained again and again.
    """

    def __init__(self, build: Callable[[], keras.Model], looked_at: bool) -> None:
        self.build, self.looked_at = build, looked_at
        self.model: keras.Model | None = None  # the first one built
        self.redraws: bool | None = None
        self.values: list[tf.Tensor] | None = None
        self.structure: tuple | None = None

    def model_for(self, seed: int, train: Split) -> keras.Model:
        """A model that begins, with ``values``, as ``set_random_seed`` and ``build`` would have it.

        Raises:
            ValueError: ``build`` returned a model, or a part of one, that it had not made, or one of
                another kind than before.
        """
        with random_numbers_of_this_thread():
            return self._model_for(seed, train)

    def _model_for(self, seed: int, train: Split) -> keras.Model:
        if self.redraws:
            if self.looked_at:
                keras.utils.set_random_seed(seed)
            else:  # TensorFlow's own seed, which nothing asks for, takes as long as a short run
                random.seed(seed)
                np.random.seed(seed)
            self.values = self._drawn()
            return self.model
        keras.utils.set_random_seed(seed)
        model, draws = self._built(train)
        if self.model is None:
            self.model, self.draws = model, draws
            self.first = [read(variable) for variable in state_of(model)]
            return model
        if [v.shape for v in model.variables] != [v.shape for v in self.model.variables]:
            raise ValueError(
                "build must return the same kind of model for every seed, but with seed "
                f"{seed} its weights have another number or shape."
            )
        if self.redraws is None:
            known = structure(self.model)
            self.redraws = known == structure(model) and self._draws_what_was_built(model, seed)
            if self.redraws:  # so train the first model, for which there is a program
                self.structure = known
                self.values = [read(variable) for variable in state_of(model)]
                return self.model
        return model

    def _built(self, train: Split) -> tuple[keras.Model, Draws]:
        with recorded_draws() as draws:
            model = self.build()
            check_model(model)
            if not model.built:
                create_variables(model, *map(np.asarray, train))
            model.optimizer.build(model.trainable_variables)
        for variable in state_of(model):
            if id(variable) not in draws.initializers:
                raise ValueError(
                    f"build returned a model with {variable.path!r} from an earlier one, so a run "
                    "would begin where another has ended: make the model, its layers and its "
                    "optimizer anew in every call."
                )
        return model, draws

    def _draws_what_was_built(self, model: keras.Model, seed: int) -> bool:
        """Whether drawing anew for ``seed`` gives what was built, with as many random numbers."""
        after = random.getstate(), np.random.get_state()
        keras.utils.set_random_seed(seed)
        drawn = self._drawn()
        as_many = repr(after) == repr((random.getstate(), np.random.get_state()))
        random.setstate(after[0])
        np.random.set_state(after[1])
        set_by_fit = {id(variable) for variable in seeds_of(model)}
        return as_many and all(
            np.array_equal(value, read(built))
            for value, built in zip(drawn, state_of(model), strict=True)
            if id(built) not in set_by_fit
        )

    def _drawn(self) -> list[tf.Tensor]:
        """The state of the first model that ``build`` would give in place of this call."""
        seeds = {old: random.randint(1, 10**9) for old in self.draws.seeds}  # as Keras draws them
        values = list(self.first)
        for place, variable in enumerate(state_of(self.model)):
            initializer = self.draws.initializers[id(variable)]
            seed = getattr(initializer, "seed", None)
            if isinstance(seed, int) and seed in seeds:
                values[place] = _initial(initializer, seeds[seed], variable)
        return values


def _initial(initializer: Any, seed: int, variable: keras.Variable) -> tf.Tensor:
    """What ``initializer`` with this seed draws for a variable."""
    before, initializer.seed = initializer.seed, seed
    try:
        return tf.convert_to_tensor(initializer(variable.shape, dtype=variable.dtype))
    finally:
        initializer.seed = before


def read_only(data: tuple[Split, Split]) -> tuple[Split, ...]:
    """The same arrays in a form that no run can change for the next one."""
    return tuple(split and tuple(_read_only(array) for array in split) for split in data)


def _read_only(array: Any) -> Any:
    if type(array) is not np.ndarray:
        return array
    view = array.view()
    view.flags.writeable = False
    return view
