"""Time the playground in headless Chromium on one core, and write the table playground_results.md.

Run it with `make benchmark-playground` (four minutes), on a machine that does nothing else.
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

from coursekit.browser import DESKTOP, start
from playground.parity import defined_by, examples, playground_page

OUT = Path(__file__).with_name("playground_results.md")
TIMED = "overfit dropout noise-before false-lag two-modes fresh-points".split()
SECONDS = 3  # of each timing
BARE = """([name, seconds]) => {
  const {a: setting} = Playground.EXAMPLES.find(one => one.name === name), run = new Playground.Training(setting, 1);
  for (let epoch = 0; epoch < 5; epoch++) run.epoch();
  const begun = performance.now(), before = run.epochs;
  while (performance.now() < begun + 1000 * seconds) run.epoch();
  const rate = (run.epochs - before) / (performance.now() - begun) * 1000;
  return rate;
}"""
# Everything that a reader does, while the browser notes each of its tasks that takes more than 50 ms.
SHOWN = """async ([name, seconds]) => {
  const wait = milliseconds => new Promise(done => setTimeout(done, milliseconds)), long = [];
  const page = Playground.open(document.getElementById("root"), {address: `try-${name}`});
  await wait(1000);
  new PerformanceObserver(list => long.push(...list.getEntries().map(one => one.duration))).observe({type: "longtask"});
  setTimeout(() => { const begun = performance.now(); while (performance.now() < begun + 80); });
  await wait(500);
  if (long.splice(0).length !== 1) throw new Error("a task of 80 ms was not noted");
  // Only A, as far as it goes.
  page.compare(false);
  page.end = 1e6;
  page.train();
  await wait(1000 * seconds);
  const rate = page.epochs() * page.bench.pairs.length / seconds;
  page.pause();
  for (const act of [() => page.step(), () => page.try("seeds", 10), () => page.train(), () => page.try("batch", 1), () => page.pause(),
                     () => page.try("data.points", 5000), () => page.train(), () => page.step(), () => page.compare(true), () => page.redraw(), () => page.reset()]) {
    act();
    await wait(500);
  }
  return [rate, Math.max(0, ...long)];
}"""
LONG = """async (epochs) => {
  const page = window.long ??= Playground.open(document.getElementById("root"), {address: "try-overfit"});
  page.end = epochs;
  page.train();
  while (page.loop.timer !== undefined) await new Promise(done => setTimeout(done, 100));
}"""


def keras_rate(example: dict[str, Any]) -> float:
    """Epochs a second of ``model.fit`` with validation after each, on the same core."""
    points, network = defined_by(example["code"])
    (train, test), model = points(1), network()
    options = dict(validation_data=test, batch_size=example["setting"]["batch"], verbose=0)
    model.fit(*train, epochs=2, **options)
    begun = time.perf_counter()
    model.fit(*train, epochs=100, **options)
    return 100 / (time.perf_counter() - begun)


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
        file = playground_page(Path(folder))
        browser = start(playwright)
        for name in TIMED:
            page = browser.new_page(viewport=DESKTOP)
            page.goto(file.as_uri())
            found[name]["page"] = page.evaluate(BARE, [name, SECONDS])
            found[name]["shown"], found[name]["longest"] = page.evaluate(SHOWN, [name, SECONDS])
            page.close()
        page = browser.new_page(viewport=DESKTOP)
        page.goto(file.as_uri())
        for epochs in (1_000, 5_000, 10_000, 20_000):
            page.evaluate(LONG, epochs)
            long.append(f"| {epochs:,} | {heap(page):.1f} |")
        browser.close()
    for name, one in found.items():
        cells = [f"{one['keras']:.0f}", f"{one['page']:.0f} ({one['page'] / one['keras']:.0f})"]
        cells += [f"{one['shown']:.0f}", f"{one['longest']:.0f}" if one["longest"] else "none"]
        rows.append(f"| {known[name]['title']} ({name}) | {' | '.join(cells)} |")
    OUT.write_text(
        "# Speed and memory of the playground\n\n"
        "Written by `make benchmark-playground`: headless Chromium and Keras on one core. Epochs a second, both sets evaluated "
        "after each: of `model.fit`; of the page's training alone, with the ratio to `model.fit` in brackets; and of the page "
        "while it draws. The last column is the longest task in milliseconds, of those over 50, while it trains and "
        "while a reader pauses, steps, resets and asks for ten runs, batches of one point, and 5,000 points.\n\n"
        "| example | model.fit | page | drawn | longest |\n"
        f"|---|{'---|' * 4}\n" + "\n".join(rows) + "\n\n"
        "Memory of one page that trains the overfit example:\n\n"
        "| epochs | JavaScript objects, megabytes |\n|---|---|\n" + "\n".join(long) + "\n",
        encoding="utf-8",
    )
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
