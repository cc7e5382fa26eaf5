"""Settings that TensorFlow reads once, when it starts; so this comes before its import."""

import importlib.metadata
import multiprocessing
import os
import platform

TESTED = {"TensorFlow": ("2.20", "2.21"), "Keras": ("3.13", "3.15")}


def installed() -> dict[str, str]:
    """The versions of TensorFlow and Keras; TensorFlow comes under several names."""
    versions = {}
    for name, packages in {
        "TensorFlow": ("tensorflow", "tensorflow-cpu"),
        "Keras": ("keras",),
    }.items():
        for package in packages:
            try:
                versions.setdefault(name, importlib.metadata.version(package))
            except importlib.metadata.PackageNotFoundError:
                continue
    return versions


def untested(versions: dict[str, str]) -> list[str]:
    """Those of these versions that the engine was not tested with, as words."""
    return [
        f"{name} {version}"
        for name, version in versions.items()
        if ".".join(version.split(".")[:2]) not in TESTED[name]
    ]


# The first keeps TensorFlow's log lines out of notebooks. oneDNN and XLA would otherwise choose
# their arithmetic by processor and number of cores; pinned, a run gives the same bits on any x86-64
# machine with AVX2.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
_others = untested(installed())
# A flag that XLA does not know ends the process, so only versions get it that are known to take it.
if platform.machine() in ("x86_64", "AMD64") and not _others:
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_max_isa=AVX2 --xla_cpu_multi_thread_eigen=false")
if _others and multiprocessing.current_process().name == "MainProcess":
    _tested = (f"{name} {' and '.join(versions)}" for name, versions in TESTED.items())
    print(f"lab was tested with {', '.join(_tested)}, and not with {', '.join(_others)}.")
