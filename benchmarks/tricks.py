"""What is each trick of the engine worth?

Run: python benchmarks/tricks.py [--runs 10] [--only NAME …] [--pages PAGE …]

With the engine as it is and with one trick after the other switched off: executes a chapter in full
and an evidence page with some runs of each kind, and trains three networks of the course in a
process that has compiled them, which is what most of the time of a page with many runs goes into.
Writes the table to benchmarks/tricks_results.md. Times are those of the processor, of a kernel and
all of its workers. The engine as it is comes first and last, so that the table shows by how much
the machine itself changes.
"""

import argparse
import copy
import json
import sys
import tempfile
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

PAGES = ["chapters/dropout", "chapters/noise_evidence"]
AS_IT_IS = "the engine as it is"
# What is appended to lab.py to do the same in the plain way, or what is written in place of what.
PLAIN: dict[str, str | tuple[str, str]] = {
    AS_IT_IS: "",
    "all seeds of a setting in one process": (
        "1 if index < whole else min(jobs, len(seeds))",
        "min(jobs, len(seeds))",
    ),
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


# One more run of three networks of the course: processor seconds, the least of several.
ONE_MORE = """
import json, time
import keras, numpy as np
from keras import layers
from lab import repeat
from sklearn.datasets import make_circles

def network(*hidden, optimizer="adam"):
    model = keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(1, "sigmoid")])
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model

def dropout():
    return network(layers.Dense(500, "relu"), layers.Dropout(0.4))

def noise():
    hidden = layers.Dense(500), layers.GaussianNoise(0.1), layers.ReLU()
    return network(layers.GaussianNoise(0.1), *hidden)

def normalization():
    optimizer = keras.optimizers.SGD(learning_rate=0.01, momentum=0.9)
    hidden = layers.Dense(50, "relu", kernel_initializer="he_uniform")
    return network(hidden, layers.BatchNormalization(), optimizer=optimizer)

def data(samples, train):
    x, y = make_circles(samples, noise=0.1, random_state=1)
    return (x[:train], y[:train]), (x[train:], y[train:])

took = {}
few, many = data(100, 30), data(1000, 500)
for build, points, epochs in (
    (dropout, few, 4000), (noise, few, 4000), (normalization, many, 100)
):
    times = []
    for first in range(0, 60, 10):
        start = time.process_time()
        repeat(build, points, seeds=range(first, first + 10), epochs=epochs)
        times.append((time.process_time() - start) / 10)
    took[build.__name__] = min(times)
print(json.dumps(took))
"""
NETWORKS = ("dropout", "noise", "normalization")


def with_engine(
    notebook: nbformat.NotebookNode, more: str | tuple[str, str], runs: int | None = None
) -> nbformat.NotebookNode:
    """A notebook whose engine ends in ``more``, with at most so many runs of each kind."""
    notebook, engine = copy.deepcopy(notebook), carried("lab", ROOT)
    if isinstance(more, tuple):
        assert engine.count(more[0]) == 1, more
        engine = engine.replace(*more)
    else:
        engine += f"\n{more}"
    for cell in code_cells(notebook):
        if cell.source.startswith("%%writefile lab.py"):
            cell.source = f"%%writefile lab.py\n{engine}"
        elif runs and "parameters" in cell.metadata.get("tags", []):
            names = ("seeds", "deep_seeds", "many", "begin", "most", "slow", "pilots", "few")
            for name in names:
                cell.source += f"\nif '{name}' in globals(): {name} = min({name}, {runs})"
    return notebook


def one_more(more: str | tuple[str, str]) -> dict[str, float]:
    """Processor seconds of one more run of each of ``NETWORKS``."""
    cells = ["%%writefile lab.py", ONE_MORE]
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    notebook = with_engine(notebook, more)
    execute(notebook)
    return json.loads(notebook.cells[-1].outputs[-1].text)


def execute(notebook: nbformat.NotebookNode) -> float:
    """Processor seconds of a whole notebook."""
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
        try:
            resources = {"metadata": {"path": folder}}
            NotebookClient(notebook, timeout=None, resources=resources).execute()
        finally:
            done.set()
            watcher.join()
    return sum(spent.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", nargs="*", default=PAGES)
    parser.add_argument("--runs", type=int, default=10, help="of a kind, evidence (%(default)s)")
    parser.add_argument("--only", nargs="*", choices=list(PLAIN)[1:], help="these tricks")
    options = parser.parse_args()
    chosen = [AS_IT_IS, *(options.only or list(PLAIN)[1:]), AS_IT_IS]
    head = ["Without", *options.pages, *(f"one more run, {name}" for name in NETWORKS)]
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    usual: list[float] = []
    notebooks = {page: read_notebook(ROOT / f"{page}.ipynb") for page in options.pages}
    with tqdm(total=len(chosen) * (len(notebooks) + 1), unit="page") as bar:
        for trick in chosen:
            took = []
            for page, notebook in notebooks.items():
                bar.set_description(f"{page} without {trick}" if trick != AS_IT_IS else page)
                runs = options.runs if page.endswith("_evidence") else None
                took.append(execute(with_engine(notebook, PLAIN[trick], runs)))
                bar.update()
            took += one_more(PLAIN[trick]).values()
            bar.update()
            usual = usual or took
            if trick == AS_IT_IS and len(lines) == 2:
                row = [f"{one:,.0f} s" if one > 1 else f"{1000 * one:.0f} ms" for one in took]
            else:
                row = [f"× {one / base:.2f}" for one, base in zip(took, usual, strict=True)]
            lines.append("| " + " | ".join([trick, *row]) + " |")
            tqdm.write(lines[-1])
    note = "Processor time of one core; the first line is what × refers to."
    if any(page.endswith("_evidence") for page in options.pages):
        note += f" Evidence with at most {options.runs} runs of each kind."
    (Path(__file__).parent / "tricks_results.md").write_text("\n".join([*lines, "", note]) + "\n")


if __name__ == "__main__":
    main()
