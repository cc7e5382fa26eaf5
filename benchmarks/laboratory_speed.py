"""Time the laboratory in headless Chromium on one core, and write the table laboratory_results.md.

Run it with `make benchmark-laboratory` (four minutes), on a machine that does nothing else.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

import lab  # noqa: F401 - sets TensorFlow up

from playwright.sync_api import Page, sync_playwright

from laboratory.parity import defined_by, examples
from tests.test_browser import DESKTOP, chromium, start
from tests.test_laboratory import laboratory_page, serve

OUT = Path(__file__).with_name("laboratory_results.md")
TIMED = "overfit dropout noise-before false-lag two-modes fresh-points".split()
SECONDS = 3  # of each timing
BARE = """([name, seconds]) => {
  const {setting} = Laboratory.PRESETS.find(one => one.name === name), run = new Laboratory.Training(setting, 1);
  for (let epoch = 0; epoch < 5; epoch++) run.epoch();
  const begun = performance.now(), before = run.epochs;
  while (performance.now() < begun + 1000 * seconds) run.epoch();
  const rate = (run.epochs - before) / (performance.now() - begun) * 1000;
  run.dispose();
  return rate;
}"""
SHOWN = """async ([name, seconds]) => {
  const page = Laboratory.open(document.getElementById("root"), {address: `try-${name}`});
  page.end = 1e6;
  page.toggle();
  await new Promise(done => setTimeout(done, 1000 * seconds));
  page.pause();
  return [page.epochs() / seconds, page.longest];
}"""
LONG = """async (epochs) => {
  const page = window.long ??= Laboratory.open(document.getElementById("root"), {address: "try-overfit"});
  page.end = epochs;
  page.toggle();
  while (page.playing) await new Promise(done => setTimeout(done, 100));
  return {tensors: Laboratory.tf.memory().numTensors, bytes: Laboratory.tf.memory().numBytes};
}"""


def keras_rate(example: dict[str, Any]) -> float:
    """Epochs a second of ``model.fit`` with validation after each, on the same core."""
    points, network = defined_by(example["code"])
    (train, test), model = points(1), network()
    options = dict(validation_data=test, batch_size=example["setting"]["batch"], verbose=0)
    model.fit(*train, epochs=2, **options)
    begun, epochs = time.perf_counter(), 0
    while time.perf_counter() < begun + SECONDS:
        model.fit(*train, epochs=10, **options)
        epochs += 10
    return epochs / (time.perf_counter() - begun)


def heap(page: Page) -> float:
    """Megabytes of the page's JavaScript objects, after collecting garbage."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6


def main() -> None:
    """Time everything and write the table."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # the browser inherits it
    known, rows, long = examples(), [], []
    found: dict[str, dict[str, Any]] = {name: {"keras": keras_rate(known[name])} for name in TIMED}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = laboratory_page(Path(folder))
        browser = start(playwright, chromium())
        with serve(file) as address:
            for backend, url in (("wasm", address), ("cpu", file.as_uri())):
                for name in TIMED:
                    page = browser.new_page(viewport=DESKTOP)
                    page.goto(url)
                    assert page.evaluate("Laboratory.start('./')") == backend
                    found[name][backend] = page.evaluate(BARE, [name, SECONDS])
                    found[name][f"{backend} shown"], found[name][f"{backend} longest"] = page.evaluate(SHOWN, [name, SECONDS])  # fmt: skip
                    page.close()
            page = browser.new_page(viewport=DESKTOP)
            page.goto(address)
            page.evaluate("Laboratory.start('./')")
            for epochs in (1_000, 5_000, 10_000, 20_000):
                tensors = page.evaluate(LONG, epochs)
                long.append(f"| {epochs:,} | {tensors['tensors']} | {tensors['bytes'] / 1e3:.0f} | {heap(page):.1f} |")  # fmt: skip
        browser.close()
    for name, one in found.items():
        cells = [f"{one['keras']:.0f}"]
        for backend in ("wasm", "cpu"):
            cells += [f"{one[backend]:.0f} ({one[backend] / one['keras']:.1f})", f"{one[f'{backend} shown']:.0f}", f"{one[f'{backend} longest']:.0f}"]  # fmt: skip
        rows.append(f"| {known[name]['title']} ({name}) | {' | '.join(cells)} |")
    OUT.write_text(
        "# Speed and memory of the laboratory\n\n"
        "Written by `make benchmark-laboratory`: headless Chromium and Keras on one core. Epochs a second, both sets evaluated "
        "after each: of `model.fit`; of the page's training alone, with the ratio to `model.fit` in brackets; and of the page "
        "while it draws. The last of each three columns is the longest time in milliseconds in which the page did not answer.\n\n"
        "| example | model.fit | WebAssembly | drawn | longest | plain | drawn | longest |\n"
        f"|---|{'---|' * 7}\n" + "\n".join(rows) + "\n\n"
        "Memory of one page that trains the overfit example, with WebAssembly:\n\n"
        "| epochs | tensors | their kilobytes | JavaScript objects, megabytes |\n|---|---|---|---|\n"
        + "\n".join(long)
        + "\n",
        encoding="utf-8",
    )
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
