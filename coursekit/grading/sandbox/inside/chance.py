"""Random numbers: both processes draw the same ones, in one order."""

import random


def chance_now() -> tuple:
    """The states of Python's and NumPy's random numbers; Keras takes its seeds from the first."""
    import numpy as np

    version, numbers, gauss = random.getstate()
    return version, np.array(numbers, dtype=np.uint32), gauss, np.random.get_state()


def set_chance(chance: tuple) -> None:
    """Set the states that ``chance_now`` gave."""
    import numpy as np

    version, numbers, gauss, state = chance
    random.setstate((version, tuple(map(int, numbers)), gauss))
    np.random.set_state(state)
