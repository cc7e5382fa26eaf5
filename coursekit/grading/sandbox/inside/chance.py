"""Random numbers: both processes draw the same ones, in one order."""

import random

from coursekit.grading.sandbox.inside.channel import Gone


def chance_now() -> list:
    """The states of Python's and NumPy's random numbers; Keras takes its seeds from the first."""
    import numpy as np

    version, numbers, gauss = random.getstate()
    return [version, np.array(numbers, dtype=np.uint32), gauss, *np.random.get_state()]


def set_chance(chance: list) -> None:
    """Set the states that ``chance_now`` gave.

    Raises Gone for what are none: NumPy looks where it is told.
    """
    import numpy as np

    try:
        version, numbers, gauss, name, key, position, has_gauss, second = chance
        random.setstate((version, tuple(map(int, numbers)), gauss))
        if not (name == "MT19937" and key.dtype == np.uint32 and key.shape == (624,)):
            raise ValueError("another generator")
        if not (0 <= position <= 624 and has_gauss in (0, 1)):
            raise ValueError("another position")
        np.random.set_state((name, key, int(position), int(has_gauss), float(second)))
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise Gone(f"no state of random numbers: {error}") from error
