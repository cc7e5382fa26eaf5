"""What is each trick of the engine worth?

Run: python benchmarks/tricks.py [--seeds 8] [--only NAME] [PAGE …]

Executes whole pages with the engine as it is and with one trick after the other switched off, and
writes the table to benchmarks/tricks_results.md. The engine as it is comes first and last, so that
the table shows by how much the machine itself changes. Processor time is that of the kernel and all
of its workers.
"""

import argparse
import copy
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

import nbformat
import psutil
from nbclient import NotebookClient
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from coursekit.pages.bundle import carried
from coursekit.pages.notebook import code_cells, read_notebook

PAGES = ["chapters/noise", "chapters/noise_evidence"]
AS_IT_IS = "the engine as it is"
# What is appended to lab.py to do the same in the plain way.
PLAIN = {
    AS_IT_IS: "",
    "weights drawn again, not models built again": """
Start._draws_what_was_built = lambda self, model, seed: False
""",
    "names fixed, so that XLA finds them there": """
@contextmanager
def names_from(key, model):
    yield
""",
    "evaluation in large batches": """
def batch_size_of(model, samples, training):
    return training
""",
    "an own generator, not threefry": """
def random_words(seed, count):
    return tf.bitcast(tf.random.stateless_uniform([count], seed, None, None, tf.int32), tf.uint32)
""",
    "random numbers apart from what uses them": """
def _in_one_go(seed, count, dtype, generate):
    return generate()
""",
    "masks from 16 bits": """
def dropout(x, rate, seed, noise_shape=None):
    shape = _static(x.shape if noise_shape is None else noise_shape, like=x.shape)
    size = int(np.prod(shape))
    words = _in_one_go(seed, size, tf.uint32, lambda: random_words(seed, size))
    draws = tf.cast(tf.bitwise.right_shift(words, _word(8)), tf.int32)
    rate = as_tensor(rate)
    kept = tf.reshape(draws >= tf.cast(tf.round(rate * 2**24), tf.int32), shape)
    return tf.where(kept, x * tf.cast(1 / (1 - rate), x.dtype), 0)
""",
    "normal numbers by polynomials": """
def normal(shape, seed, mean=0.0, stddev=1.0, dtype=tf.float32):
    shape = _static(shape)
    size = int(np.prod(shape))
    half = -(-size // 2)
    def generate():
        words = _in_one_go(seed, 2 * half, tf.uint32, lambda: random_words(seed, 2 * half))
        places = tf.cast(tf.bitwise.right_shift(words, _word(8)), tf.int32)
        first, second = tf.unstack(tf.reshape(tf.cast(places, tf.float32) + 0.5, [2, -1]) / 2**24)
        length, angle = tf.sqrt(-2 * tf.math.log(first)), 2 * np.pi * second
        return tf.concat([length * tf.cos(angle), length * tf.sin(angle)], axis=0)[:size]
    drawn = _in_one_go(seed, size, tf.float32, generate)
    drawn = tf.cast(tf.reshape(drawn, shape), dtype)
    return drawn * tf.cast(as_tensor(stddev), dtype) + tf.cast(mean, dtype)
""",
}


def with_engine(notebook: nbformat.NotebookNode, more: str, runs: int) -> nbformat.NotebookNode:
    """A notebook whose engine ends in ``more``, with at most so many runs of each kind."""
    notebook = copy.deepcopy(notebook)
    for cell in code_cells(notebook):
        if cell.source.startswith("%%writefile lab.py"):
            cell.source = f"%%writefile lab.py\n{carried('lab', ROOT)}\n{more}"
        elif "parameters" in cell.metadata.get("tags", []):
            names = ("seeds", "deep_seeds", "many", "few")
            for name in names:
                cell.source += f"\nif '{name}' in globals(): {name} = min({name}, {runs})"
    return notebook


def execute(notebook: nbformat.NotebookNode) -> tuple[float, float]:
    """Seconds of a whole notebook, by the clock and of all processors."""
    spent: dict[int, float] = {}
    done = Event()

    def watch() -> None:
        while not done.wait(0.2):
            for process in psutil.Process().children(recursive=True):
                try:
                    times = process.cpu_times()
                except psutil.Error:
                    continue
                spent[process.pid] = times.user + times.system

    with tempfile.TemporaryDirectory() as folder:
        watcher = Thread(target=watch)
        watcher.start()
        start = time.perf_counter()
        try:
            resources = {"metadata": {"path": folder}}
            NotebookClient(notebook, timeout=None, resources=resources).execute()
        finally:
            took = time.perf_counter() - start
            done.set()
            watcher.join()
    return took, sum(spent.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", default=PAGES)
    parser.add_argument("--seeds", type=int, default=8, help="runs of a kind (%(default)s)")
    parser.add_argument("--only", nargs="*", choices=list(PLAIN)[1:], help="these tricks")
    options = parser.parse_args()
    chosen = [AS_IT_IS, *(options.only or list(PLAIN)[1:]), AS_IT_IS]
    head = ["Without"] + [
        f"{page}, {what}" for page in options.pages for what in ("s", "CPU s", "×")
    ]
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    usual: dict[str, float] = {}
    notebooks = {page: read_notebook(ROOT / f"{page}.ipynb") for page in options.pages}
    with tqdm(total=len(chosen) * len(notebooks), unit="page") as bar:
        for trick in chosen:
            row = [trick]
            for page, notebook in notebooks.items():
                bar.set_description(f"{page} without {trick}" if trick != AS_IT_IS else page)
                took, cpu = execute(with_engine(notebook, PLAIN[trick], options.seeds))
                usual.setdefault(page, cpu)
                row += [f"{took:.0f}", f"{cpu:.0f}", f"{cpu / usual[page]:.2f}"]
                bar.update()
            lines.append("| " + " | ".join(row) + " |")
            tqdm.write(lines[-1])
    note = f"At most {options.seeds} runs of each kind; × is processor time against the first line."
    (Path(__file__).parent / "tricks_results.md").write_text("\n".join([*lines, "", note]) + "\n")


if __name__ == "__main__":
    main()
