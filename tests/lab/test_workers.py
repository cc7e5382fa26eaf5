"""Sweeps in several processes, and on other backends of joblib."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import lab

import joblib
import keras
import numpy as np
import psutil
import pytest
from keras import layers

from coursekit.paths import ROOT

X = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
Y = (X[:, 0] * X[:, 1] > 0).astype("float32")
DATA = (X[:40], Y[:40]), (X[40:], Y[40:])


def build(rate=0.2, learning_rate=0.01):
    model = keras.Sequential(
        [keras.Input((2,)), layers.Dense(8, "relu"), layers.Dropout(rate), layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="mse", metrics=["mae"])
    return model


@pytest.mark.slow
def test_an_error_in_another_process_is_shown_and_the_next_sweep_runs():
    def fragile(rate):
        if rate > 0.5:
            raise RuntimeError("no such rate here")
        return build(rate)

    with pytest.raises(RuntimeError, match="no such rate here"):
        lab.sweep(fragile, {"rate": [0.1, 0.9]}, DATA, seeds=2, epochs=1, jobs=2)
    runs = lab.sweep(fragile, {"rate": [0.1, 0.2]}, DATA, seeds=2, epochs=1, jobs=2)
    assert len(runs) == 2


@pytest.mark.slow
def test_a_setting_stays_with_one_process_where_there_are_enough_of_them():
    def process(model, data):
        return {"process": os.getpid()}

    grid = {"rate": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]}
    runs = lab.sweep(build, grid, DATA, seeds=4, epochs=1, measure=process, jobs=2)
    assert all(len(set(one["process"])) == 1 for one in runs)
    assert len({one["process"][0] for one in runs} - {os.getpid()}) == 2


@pytest.mark.slow
def test_what_one_process_compiled_into_a_folder_another_one_loads(tmp_path):
    """Whatever they made before: else XLA would take it for another program, and keep two files."""
    script = tmp_path / "train.py"
    script.write_text(
        "import sys\n"
        "import lab\n"
        "from tests.lab.test_workers import DATA, build\n"
        "for _ in range(int(sys.argv[1])):  # so that all that is numbered has other names\n"
        "    build()\n"
        "lab.repeat(build, DATA, seeds=[4, 5], epochs=1)\n"
    )
    kept = tmp_path / "compiled"
    flags = f"--tf_xla_persistent_cache_directory={kept}"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TF_XLA_FLAGS": flags}
    counts = []
    for earlier in ("0", "3"):
        command = [sys.executable, str(script), earlier]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        counts.append(len(list(kept.iterdir())))
    assert counts[0] == counts[1] > 0


@pytest.mark.slow
def test_workers_are_gone_when_a_kernel_is_shut_down(tmp_path):
    """As Jupyter does it: it ends the kernel's processes by a signal, then kills the kernel."""
    script = tmp_path / "kernel.py"
    script.write_text(
        "import os, signal\n"
        "import lab, psutil\n"
        "from tests.lab.test_workers import DATA, build\n"
        "lab.sweep(build, {}, DATA, seeds=2, epochs=1, jobs=2)\n"
        "workers = [p for p in psutil.Process().children() if 'LokyProcess' in str(p.cmdline())]\n"
        "print(*[worker.pid for worker in workers])\n"
        "for worker in workers:\n"
        "    worker.terminate()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-u", str(script)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    workers = [int(number) for number in done.stdout.split()]
    assert len(workers) == 2
    deadline = time.monotonic() + 300
    while any(psutil.pid_exists(worker) for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_threads_of_one_process_train_one_after_the_other_with_the_same_results(monkeypatch):
    monkeypatch.delenv("LAB_PROGRESS", raising=False)
    grid, arguments = {"rate": [0.1, 0.5]}, {"seeds": 4, "epochs": 5}
    alone = lab.sweep(build, grid, DATA, jobs=1, **arguments)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        together = lab.sweep(build, grid, DATA, **arguments)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one["loss"], other["loss"])
    assert "LAB_PROGRESS" not in os.environ


def test_threads_that_call_fit_themselves_train_one_after_the_other():
    def losses(seed):
        keras.utils.set_random_seed(seed)
        return build()

    models = [losses(seed) for seed in (1, 2, 1, 2)]
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda m: lab.fit(m, *DATA[0], epochs=50, seed=3).history["loss"], models)
        )
    assert found[0] == found[2] != found[1] == found[3]


def test_copies_of_this_process_are_refused():
    with (
        joblib.parallel_config(backend="multiprocessing", n_jobs=2),
        pytest.raises(NotImplementedError, match=r"multiprocessing backend copies .* Dask or Ray"),
    ):
        lab.sweep(build, {}, DATA, seeds=2, epochs=1)


def on_dask(processes):
    from distributed import Client, LocalCluster

    cluster = LocalCluster(2, threads_per_worker=1, processes=processes, dashboard_address=None)
    with cluster, Client(cluster), joblib.parallel_config(backend="dask"):
        return lab.sweep(build, {"rate": [0.1, 0.5]}, DATA, seeds=3, epochs=5)


@pytest.mark.slow
def test_a_dask_cluster_of_processes_gives_the_same_results():
    alone = lab.sweep(build, {"rate": [0.1, 0.5]}, DATA, seeds=3, epochs=5, jobs=1)
    for one, other in zip(alone, on_dask(processes=True), strict=True):
        np.testing.assert_array_equal(one["loss"], other["loss"])


@pytest.mark.slow
def test_a_dask_cluster_of_threads_of_this_process_is_refused():
    with pytest.raises(NotImplementedError, match=r"threads of the process .* \(processes=True\)"):
        on_dask(processes=False)
