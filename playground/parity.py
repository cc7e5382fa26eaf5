"""The playground's examples, trained with Keras and in a browser: do their final accuracies agree?

``python playground/parity.py record`` trains each example with Keras from ten seeds, with the points and the network of the
code that the page shows, and keeps curves and final results (``playground/src/recorded.json``, pictures in
``playground/recorded``); one minute. ``record max-norm`` trains that example alone and leaves what is kept of the others.
``python playground/parity.py compare`` trains them in Chromium from the same seeds and writes the table
``benchmarks/playground_parity.md``; twenty minutes. It ends with an error where an example does not agree.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

import lab  # noqa: E402 - sets TensorFlow up

import numpy as np  # noqa: E402
from scipy import stats  # noqa: E402

from coursekit.browser import serve, start  # noqa: E402
from coursekit.pages.pictures import smaller_png  # noqa: E402

RECORDED = ROOT / "playground/src/recorded.json"
PICTURES = ROOT / "playground/recorded"
TABLE = ROOT / "benchmarks/playground_parity.md"
SEEDS = range(1, 11)
PLACES = 50  # on a recorded curve
LEAST_P = 0.001  # of Welch's test; below it, two sets of runs do not agree
_ASK = """
import {EXAMPLES} from "./playground/src/examples.js";
import {toKeras} from "./playground/src/keras.js";
console.log(JSON.stringify(EXAMPLES.map(({name, title, a}) => ({name, title, setting: a, code: toKeras(a)}))));
"""


def examples() -> dict[str, dict[str, Any]]:
    """Ask the playground's own modules for its examples: by name, title, setting and Keras code."""
    node = Path(sys.executable).with_name("node")
    command = [str(node), "--input-type=module", "--eval", _ASK]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {example["name"]: example for example in json.loads(asked.stdout)}


def defined_by(code: str) -> tuple[Callable, Callable]:
    """The functions ``points(seed)`` and ``network()`` of an example's Keras code, without the training at its end."""
    names: dict[str, Any] = {}
    exec(code[: code.index("\n\nfor seed in")], names)
    return names["points"], names["network"]


# ------------------------------------------------------------------------------ with Keras


def train_with_keras(example: dict[str, Any]) -> lab.Runs:
    """Ten runs of an example; test results at ``PLACES`` places, ``train`` is the training accuracy in inference mode."""
    setting = example["setting"]
    points, network = defined_by(example["code"])

    def measure(model: Any, data: Any) -> dict[str, float]:
        (x, y), _ = data
        return {"train": np.mean((np.asarray(model(x))[:, 0] > 0.5) == y)}

    return lab.repeat(
        network,
        points,
        seeds=list(SEEDS),
        epochs=setting["epochs"],
        batch_size=setting["batch"],
        validation_freq=setting["epochs"] // PLACES,
        measure=measure,
    )


def record(only: Collection[str] = ()) -> None:
    """Train examples with Keras, all or those named, and keep what the book and the comparison need of them."""
    known = examples()
    if unknown := set(only) - set(known):
        sys.exit(f"no example {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    PICTURES.mkdir(exist_ok=True)
    recorded = json.loads(RECORDED.read_text(encoding="utf-8")) if only else {}
    for name in only or known:
        example = known[name]
        runs, epochs = train_with_keras(example), example["setting"]["epochs"]
        accuracy, loss = runs["val_accuracy"], runs["val_loss"]
        seen = ~np.isnan(accuracy).all(axis=0)
        final = {"train": runs["train"], "test": accuracy[:, -1]}
        recorded[name] = {
            "epochs": (1 + np.flatnonzero(seen)).tolist(),
            "accuracy": accuracy[:, seen].mean(axis=0).round(4).tolist(),
            "loss": loss[:, seen].mean(axis=0).round(4).tolist(),
            "final": {kind: values.round(5).tolist() for kind, values in final.items()},
            "alt": f"{example['title']}, {len(SEEDS)} runs of {epochs:,} epochs with Keras. In the mean, test accuracy ends at "
            f"{final['test'].mean():.3f} and test loss at {loss[:, -1].mean():.2f}; accuracy on the training points, "
            f"in inference mode, ends at {final['train'].mean():.3f}.",
        }
        (PICTURES / f"{name}.png").write_bytes(picture(runs))
        print(recorded[name]["alt"], flush=True)
    for path in PICTURES.iterdir():
        if path.stem not in known:
            path.unlink()
    recorded = {name: recorded[name] for name in known if name in recorded}
    RECORDED.write_text(json.dumps(recorded, separators=(",", ":")) + "\n", encoding="utf-8")


def picture(runs: lab.Runs) -> bytes:
    """Accuracy and loss of all runs over the epochs, as a PNG."""
    import matplotlib.pyplot as plt

    figure, axes = lab.panels(1, 2, width=8, height=2.9, layout="constrained")
    seen = np.flatnonzero(~np.isnan(runs["val_loss"]).all(axis=0))
    for ax, name in zip(axes, ("accuracy", "loss"), strict=True):
        for log, label in ((name, "training, as Keras reports it"), (f"val_{name}", "test")):
            values = runs[log][:, seen]
            (line,) = ax.plot(1 + seen, values.mean(axis=0), label=label)
            band = np.percentile(values, [5, 95], axis=0)
            ax.fill_between(1 + seen, *band, color=line.get_color(), alpha=0.18, linewidth=0)
        ax.set(xlabel="epoch", ylabel=name)
    axes[0].set(ylim=(min(0.4, axes[0].get_ylim()[0]), 1))
    axes[1].set(ylim=(0, None))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    file = BytesIO()
    figure.savefig(file, format="png", dpi=100)
    plt.close(figure)
    return smaller_png(file.getvalue())


# ------------------------------------------------------------------------------ in a browser


def playground_page(folder: Path) -> Path:
    """Make a page in a folder that has what the book loads for the playground; give the page."""
    shutil.copytree(ROOT / "vendor/playground", folder, dirs_exist_ok=True)
    (folder / "page.html").write_text(
        '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Playground</title>'
        '<link rel="stylesheet" href="playground.css"><link rel="icon" href="data:,">'
        '<main><h1>Playground</h1><div id="root" class="playground"></div></main><script src="playground.js"></script>'
    )
    return folder / "page.html"


def train_in_browser(page: Any, name: str, seeds: list[int]) -> dict[str, np.ndarray]:
    """Final accuracies of an example, trained in a page that has the playground; one value a seed for train and test."""
    found = page.evaluate(
        """async ([name, seeds]) => {
          const {a: setting} = Playground.EXAMPLES.find(one => one.name === name), found = {train: [], test: []};
          for (const seed of seeds) {
            const run = new Playground.Training(setting, seed, false);
            while (run.epochs < setting.epochs) {
              run.epoch();
              if (run.epochs % 50 === 0) await new Promise(done => setTimeout(done));
            }
            while (!run.history.epochs.length) run.look();
            for (const set of ["train", "test"]) found[set].push(run.history[set].accuracy.at(-1));
          }
          return found;
        }""",
        [name, seeds],
    )
    return {kind: np.array(values) for kind, values in found.items()}


def p_value(first: np.ndarray, second: np.ndarray) -> float:
    """Of Welch's test of equal means; 1 where all values are the same, 0 where each set has one value and they differ."""
    if np.ptp(first) == np.ptp(second) == 0:
        return float(abs(first[0] - second[0]) < 1e-4)  # what is recorded is rounded
    return float(stats.ttest_ind(first, second, equal_var=False).pvalue)


def compare() -> int:
    """Train all examples in Chromium and write the table; the number of examples that do not agree."""
    from playwright.sync_api import sync_playwright

    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    rows, apart = [], []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page, file = start(playwright).new_page(), playground_page(Path(folder))
        with serve(file.parent) as address:
            page.goto(address + file.name)
            for name, example in examples().items():
                mine, cells = train_in_browser(page, name, list(SEEDS)), []
                for kind in ("test", "train"):
                    theirs = np.array(recorded[name]["final"][kind])
                    p = p_value(mine[kind], theirs)
                    cells += [_mean(theirs), _mean(mine[kind]), f"{p:.2g}"]
                    apart += [f"{name} ({kind})"] * (p < LEAST_P)
                rows.append(f"| {example['title']} ({name}) | {' | '.join(cells)} |")
                print(rows[-1], flush=True)
        page.close()
    kinds = "Keras, test | page, test | p | Keras, training | page, training | p"
    TABLE.write_text(
        "# Final accuracies of the playground's examples\n\n"
        f"Written by `make playground-compare`: {len(SEEDS)} runs each, from the same seeds and points with Keras (`lab.fit`) and in "
        "Chromium. First weights, order, masks and noise are other draws. Mean ± standard "
        "deviation over the runs, after the example's epochs, in inference mode; p is Welch's, of equal means. "
        f"Below {LEAST_P} an example would not agree: {len(apart)} of {2 * len(rows)}.\n\n"
        f"| example | {kinds} |\n|---|{'---|' * 6}\n" + "\n".join(rows) + "\n",
        encoding="utf-8",
    )
    if apart:
        print("apart:", ", ".join(apart), file=sys.stderr)
    return len(apart)


def _mean(values: np.ndarray) -> str:
    return f"{values.mean():.3f} ± {values.std(ddof=1):.3f}"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["record", *names]:
            record(names)
        case ["compare"]:
            sys.exit(compare())
        case _:
            sys.exit("usage: python playground/parity.py record [EXAMPLE]... | compare")
