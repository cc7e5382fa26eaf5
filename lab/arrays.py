"""What the engine takes and gives."""

import numpy as np

Array = np.ndarray
Split = tuple[Array, Array]  # inputs of shape (samples, …) and targets of shape (samples, …)
