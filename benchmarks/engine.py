"""How much faster is `lab.fit` than plain Keras? Run: python benchmarks/engine.py

Times the same work by `model.fit` fed with arrays, by `model.fit` fed with a cached tf.data set, by
a loop over `train_on_batch` and `test_on_batch`, and by `lab`, in one process, and writes the table
to benchmarks/engine_results.md. Times are medians of five rounds, ratios medians of the rounds'
ratios. Plain Keras is timed on fewer epochs (after a warm-up that compiles) and scaled to all;
`lab` is never scaled. For a limit, limit.c does (a) by hand; without a C compiler its row is left
out.
"""

import os
import platform
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ["LAB_PROGRESS"] = "0"
import sys

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import lab

import keras
import numpy as np
import psutil
import tensorflow as tf
from keras import layers
from sklearn.datasets import make_circles
from tqdm import tqdm


def circles(samples: int, train: int) -> tuple[lab.Split, lab.Split]:
    x, y = make_circles(samples, noise=0.1, random_state=1)
    x = x.astype("float32")
    return (x[:train], y[:train]), (x[train:], y[train:])


def dropout_network(rate: float = 0.4) -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(500, activation="relu"),
            layers.Dropout(rate),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def normalized_network() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(50, activation="relu", kernel_initializer="he_uniform"),
            layers.BatchNormalization(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    optimizer = keras.optimizers.SGD(learning_rate=0.01, momentum=0.9)
    model.compile(optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    return model


def array_fit(build: Callable, train: lab.Split, test: lab.Split) -> Callable[[int], None]:
    model = build()
    return lambda epochs: model.fit(*train, epochs=epochs, validation_data=test, verbose=0)


def dataset_fit(build: Callable, train: lab.Split, test: lab.Split) -> Callable[[int], None]:
    model = build()
    data = tf.data.Dataset.from_tensor_slices(train).cache().shuffle(len(train[0])).batch(32)
    held_out = tf.data.Dataset.from_tensor_slices(test).batch(32).cache()
    data, held_out = (part.prefetch(tf.data.AUTOTUNE) for part in (data, held_out))
    return lambda epochs: model.fit(data, epochs=epochs, validation_data=held_out, verbose=0)


def batch_loop(build: Callable, train: lab.Split, test: lab.Split) -> Callable[[int], None]:
    model = build()
    rng = np.random.default_rng(0)

    def batches(split: lab.Split, order: np.ndarray) -> list:
        return [(split[0][i], split[1][i]) for i in np.split(order, range(32, len(order), 32))]

    def run(epochs: int) -> None:
        for _ in range(epochs):
            for step, split, order in (
                (model.train_on_batch, train, rng.permutation(len(train[0]))),
                (model.test_on_batch, test, np.arange(len(test[0]))),
            ):
                model.reset_metrics()
                for batch in batches(split, order):
                    step(*batch)

    return run


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_memory(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of ``work`` and the peak of this process and its children together, in GiB."""
    process, peak, done = psutil.Process(), 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.1):
            total = 0
            for one in (process, *process.children(recursive=True)):
                try:
                    total += one.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peak = max(peak, total)

    watcher = threading.Thread(target=watch)
    watcher.start()
    took = seconds(work)
    done.set()
    watcher.join()
    return took, peak / 2**30


def by_hand(data: tuple, epochs: int, rounds: int = 5) -> tuple[float, dict[str, float]] | None:
    """Median seconds of (a) by limit.c and its last logs, or None if there is no C compiler."""
    compiler = shutil.which("cc")
    if not compiler:
        return None
    samples = "\n".join(f"{x[0]} {x[1]} {y}" for split in data for x, y in zip(*split, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/limit"
        flags = ["-O3", "-march=native", "-ffast-math"]
        source = Path(__file__).parent / "limit.c"
        subprocess.run([compiler, *flags, "-o", program, source, "-lm"], check=True)
        lines = [
            subprocess.check_output([program, str(epochs)], input=samples, text=True).split()
            for _ in range(rounds)
        ]
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    logs = dict(zip(names, map(float, lines[0][1:]), strict=True))
    return float(np.median([float(line[0]) for line in lines])), logs


def compare_single_runs(
    name: str, build: Callable, data: tuple, epochs: int, bar: tqdm, rounds: int = 5
) -> list:
    """Rows of the table for one training.

    Each round times every way, so that all see the same machine.
    """
    arguments = {"epochs": epochs, "validation_data": data[1]}
    model = build()
    cold = seconds(lambda: lab.fit(model, *data[0], **arguments))
    plain = {  # how to train for some epochs, and how many to time
        "`train_on_batch` loop": (batch_loop(build, *data), 20),
        "`model.fit`, cached `tf.data`": (dataset_fit(build, *data), 50),
        "`model.fit`, arrays": (array_fit(build, *data), 20),
    }
    for run, _ in plain.values():
        run(3)  # compiles
    bar.update()
    again, fresh, took = [], [], {label: [] for label in plain}
    for _ in range(rounds):
        train = lambda m: seconds(lambda: lab.fit(m, *data[0], **arguments))  # noqa: E731
        again.append(np.median([train(model) for _ in range(3)]))
        fresh.append(np.median([train(m) for m in [build() for _ in range(3)]]))
        for label, (run, timed) in plain.items():
            took[label].append(seconds(lambda run=run, n=timed: run(n)) * epochs / timed)
        bar.update()
    warm = float(np.median(again))
    rows = [
        (name, "`lab.fit`, warm", warm, None, "same model again, as below"),
        (name, "`lab.fit`, warm", np.median(fresh), np.median(fresh) / warm, "new model"),
        (name, "`lab.fit`, cold", cold, cold / warm, "compilation included"),
    ]
    for label, times in took.items():
        ratio = float(np.median(np.array(times) / again))
        note = f"{plain[label][1]} epochs timed, scaled"
        rows.append((name, label, float(np.median(times)), ratio, note))
    return rows


def main() -> None:
    small, large = circles(100, 30), circles(1000, 500)
    with tqdm(total=14, desc="benchmark", unit="part") as bar:
        # TensorFlow's own start is not timed.
        lab.fit(dropout_network(0.0), *small[0], epochs=1)
        rows = compare_single_runs(
            "(a) 2-500-1, dropout 0.4, 4,000 epochs", dropout_network, small, 4000, bar
        )
        one_a = rows[-1][2]
        if limit := by_hand(small, 4000):
            runs = lab.repeat(dropout_network, small, seeds=20, epochs=4000)
            for log, value in limit[1].items():  # it has to have done the same work
                values = runs.history[log][:, -1]
                assert values.min() - 0.05 < value < values.max() + 0.05, (log, value, values)
            warm = rows[0][2]
            rows.insert(0, (rows[0][0], "C by hand", limit[0], limit[0] / warm, "the limit"))
        rows += compare_single_runs(
            "(b) 2-50-1, batch normalization, 100 epochs", normalized_network, large, 100, bar
        )
        one_b = rows[-1][2]
        lab.kept.programs.clear()
        took = seconds(lambda: lab.repeat(normalized_network, large, seeds=30, epochs=100))
        rows.append(("(c) (b) with 30 seeds", "`lab.repeat`, cold", took, None, ""))
        rows.append(("", "`model.fit`, arrays", 30 * one_b, 30 * one_b / took, "30 × (b)"))
        bar.update()
        grid = {"rate": [round(0.1 * k, 1) for k in range(10)]}
        took, memory = peak_memory(
            lambda: lab.sweep(dropout_network, grid, small, seeds=30, epochs=4000)
        )
        note = f"peak memory {memory:.1f} GiB in all processes"
        rows.append(("(d) (a) with 10 rates × 30 seeds", "`lab.sweep`, cold", took, None, note))
        rows.append(("", "`model.fit`, arrays", 300 * one_a, 300 * one_a / took, "300 × (a)"))
        bar.update()

    lines = ["| Work | By | Seconds | Times as long | |", "|---|---|---:|---:|---|"]
    previous = ""
    for work, by, took, ratio, note in rows:
        shown = work if work != previous else ""
        previous = work or previous
        times = "1" if ratio is None else f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"
        lines.append(f"| {shown} | {by} | {took:,.2f} | {times} | {note} |")
    versions = f"TensorFlow {tf.__version__}, Keras {keras.__version__}"
    lines += ["", f"{os.cpu_count()} cores, {platform.machine()}, {versions}."]
    table = "\n".join(lines) + "\n"
    print(table)
    (Path(__file__).parent / "engine_results.md").write_text(table)


if __name__ == "__main__":
    main()
