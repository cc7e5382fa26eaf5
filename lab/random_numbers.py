"""Random numbers of a compiled program: the order of samples, dropout masks, normal noise.

They follow the distributions that Keras' do, from other draws. Each random layer gets a stream of
its own, derived from the seed of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial
from typing import Any

from lab.hooks import sort
from lab.sharing import as_tensor

import numpy as np
import tensorflow as tf


def derive(seed: int, stream: int) -> int:
    """A seed for one stream of one run, unrelated to those of other streams and runs."""
    return int(np.random.SeedSequence([seed, stream]).generate_state(1)[0]) % (2**31 - 2)


def random_order(samples: int, seed: tf.Tensor) -> tf.Tensor:
    """A random permutation: random numbers are sorted that carry an index in their lower half."""
    draws = tf.random.stateless_uniform([samples], seed, None, None, tf.int32)
    keys = tf.bitwise.left_shift(tf.cast(draws, tf.int64), 32) + tf.range(samples, dtype=tf.int64)
    return tf.cast(sort(keys), tf.int32)  # the cast keeps the lower half


def random_words(seed: tf.Tensor, count: int) -> tf.Tensor:
    """32 random bits for each of ``count`` places, from a seed of two numbers.

    Counts 0, 1, 2, … and scrambles them twice, each time with a key of its own that comes from the
    seed (the construction of Even & Mansour 1997, doubled). About seven times as fast as threefry on a CPU.
    """
    first, second = tf.unstack(tf.cast(seed, tf.uint32))
    key = _scramble(_scramble(first) + second)
    other_key = _scramble(tf.bitwise.bitwise_xor(key, first + _word(0x9E3779B9)))
    places = tf.cast(tf.range(count), tf.uint32)
    return _scramble(tf.bitwise.bitwise_xor(_scramble(places + key), other_key))


def _scramble(x: tf.Tensor) -> tf.Tensor:
    """An integer hash: every bit of x turns every bit of the result with a probability near one
    half (C. Wellons' hash prospector, 2018; constants from its list of those with least bias)."""
    for shift, factor in ((16, 0x21F0AAAD), (15, 0xD35A2D97)):
        x = tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, _word(shift))) * _word(factor)
    return tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, _word(15)))


def _word(number: int) -> tf.Tensor:
    return tf.constant(number, tf.uint32)


def _in_one_go(
    seed: tf.Tensor, count: int, dtype: tf.DType, generate: Callable[[], tf.Tensor]
) -> tf.Tensor:
    """``generate()``, kept apart from what uses it: seeds are never negative, but behind a
    condition XLA computes the numbers once, where it would fuse them into each use of them."""
    return tf.cond(seed[0] >= 0, generate, lambda: tf.zeros([count], dtype))


def normal(
    shape: Any,
    seed: tf.Tensor,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: tf.DType = tf.float32,
) -> tf.Tensor:
    """Normal numbers, two from two uniform ones (Box & Muller 1958), exact up to rounding.

    Logarithm, sine and cosine come from polynomials: XLA's own take up to seven times as long.
    """
    shape = _static(shape)
    size = int(np.prod(shape))
    half = -(-size // 2)

    def generate() -> tf.Tensor:
        count = 2 * half
        words = _in_one_go(seed, count, tf.uint32, lambda: random_words(seed, count))
        first, second = tf.unstack(tf.reshape(words, [2, -1]))
        length = _in_one_go(seed, half, tf.float32, lambda: tf.sqrt(-_log_of_fraction(first)))
        # The usual radius is this length times the square root of 2, which is also in the sine and
        # cosine of an angle turned by 45 degrees. Random signs take it to the four quadrants.
        places = tf.cast(
            tf.bitcast(tf.bitwise.right_shift(second, _word(10)), tf.int32), tf.float32
        )
        angle = places * (np.pi / 2**23) - (np.pi / 4 - np.pi / 2**24)
        square = angle * angle
        sin = angle * _polynomial(square, [(-1) ** k / factorial(2 * k + 1) for k in range(5)])
        cos = _polynomial(square, [(-1) ** k / factorial(2 * k) for k in range(6)])
        x = _with_sign(length * (cos - sin), second)
        y = _with_sign(length * (cos + sin), tf.bitwise.right_shift(second, _word(1)))
        return tf.concat([x, y], axis=0)[:size]

    drawn = _in_one_go(seed, size, tf.float32, generate)
    drawn = tf.cast(tf.reshape(drawn, shape), dtype)
    return drawn * tf.cast(as_tensor(stddev), dtype) + tf.cast(mean, dtype)


def _with_sign(values: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
    """Values of 0 and more, negative where the lowest bit of the word is set."""
    sign = tf.bitwise.left_shift(words, _word(31))
    return tf.bitcast(tf.bitwise.bitwise_xor(tf.bitcast(values, tf.uint32), sign), tf.float32)


def _log_of_fraction(words: tf.Tensor) -> tf.Tensor:
    """Logarithm of a number from 2^-24 to 1, taken from the upper 24 of 32 random bits.

    The number is 2^e m with m from 0.71 to 1.41; log m = 2 artanh((m - 1) / (m + 1)), a series.
    """
    count = tf.cast(tf.bitwise.right_shift(words, _word(8)) + _word(1), tf.float32)
    least, one = 0x3F3504F3, 0x3F800000  # the bits of the square root of 1/2, and of 1
    bits = tf.bitcast(count, tf.uint32) + _word(one - least)
    biased = tf.bitcast(tf.bitwise.right_shift(bits, _word(23)), tf.int32)
    exponent = tf.cast(biased - (127 + 24), tf.float32)
    m = tf.bitcast(tf.bitwise.bitwise_and(bits, _word(0x7FFFFF)) + _word(least), tf.float32)
    t = (m - 1) / (m + 1)
    series = 2 * t * _polynomial(t * t, [1 / (2 * k + 1) for k in range(5)])
    return exponent * np.float32(np.log(2)) + series


def dropout(x: tf.Tensor, rate: float, seed: tf.Tensor, noise_shape: Any = None) -> tf.Tensor:
    """Inverted dropout with two 16-bit draws from each 32-bit one; keeps the rate to 1/65,536."""
    shape = _static(x.shape if noise_shape is None else noise_shape, like=x.shape)
    size = int(np.prod(shape))
    half = -(-size // 2)
    pairs = _in_one_go(seed, half, tf.uint32, lambda: random_words(seed, half))
    lower = tf.bitwise.bitwise_and(pairs, _word(0xFFFF))
    draws = tf.concat([lower, tf.bitwise.right_shift(pairs, _word(16))], axis=0)[:size]
    rate = as_tensor(rate)
    dropped = tf.cast(tf.round(rate * 2**16), tf.int32)  # of the 65,536 values of a draw
    kept = tf.reshape(tf.cast(draws, tf.int32) >= dropped, shape)
    return tf.where(kept, x * tf.cast(1 / (1 - rate), x.dtype), 0)


def _static(shape: Any, like: Sequence[int] | None = None) -> list[int]:
    """A shape as numbers: all shapes of a compiled program are known, except that Keras asks for
    the size of the values themselves (``like``) where a ``noise_shape`` has None."""
    if isinstance(shape, tf.Tensor):
        shape = tf.get_static_value(shape)
    sizes = [tf.get_static_value(size) for size in shape]
    return [
        int(own if size is None else size) for own, size in zip(like or sizes, sizes, strict=True)
    ]


def _polynomial(x: tf.Tensor, coefficients: Sequence[float]) -> tf.Tensor:
    value = tf.zeros_like(x)
    for coefficient in reversed(coefficients):
        value = value * x + tf.cast(coefficient, x.dtype)
    return value
