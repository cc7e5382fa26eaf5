"""What the laboratory computes in a browser is what Keras computes: forward passes, statistics, optimizers, masks, noise."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import lab  # noqa: F401 - sets TensorFlow up

import keras
import numpy as np
import pytest
from playwright.sync_api import Browser, Page
from scipy import stats

from tests.test_browser import AXE, RULES, Quiet, ask_axe, browser  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
MODULES = ROOT / "node_modules"
NODE = Path(sys.executable).with_name("node")

BASE = {
    "data": {"kind": "circles", "points": 100, "noise": 0.1, "seed": 1, "train": 0.3},
    "network": {"layers": 1, "width": 50, "activation": "relu", "initial": "glorot_uniform", "spread": 0.5},
    "normalization": {"place": "none", "momentum": 0.9, "gamma": True, "beta": True},
    "dropout": {"input": 0, "hidden": 0},
    "noise": {"place": "none", "sd": 0},
    "maxNorm": 0,
    "optimizer": {"kind": "sgd", "rate": 0.1, "momentum": 0},
    "batch": 30,
}  # fmt: skip
STATE = """layers => layers.flatMap(layer => ["kernel", "bias", "gamma", "beta", "mean", "variance"]
  .filter(name => layer[name]).map(name => layer[name].arraySync()))"""


def setting(**changes: Any) -> dict:
    return {
        **BASE,
        **{
            name: {**BASE[name], **value} if isinstance(value, dict) else value
            for name, value in changes.items()
        },
    }


def keras_model(setting: dict) -> keras.Sequential:
    """The network of a setting, in Keras."""
    network, normalization = setting["network"], setting["normalization"]
    limit = setting["maxNorm"]
    bound = dict(kernel_constraint=keras.constraints.MaxNorm(limit, axis=0)) if limit else {}

    def extras(place: str) -> list:
        made = []
        if normalization["place"] == place:
            options = dict(momentum=normalization["momentum"], scale=normalization["gamma"], center=normalization["beta"])  # fmt: skip
            made.append(keras.layers.BatchNormalization(**options))
        if setting["noise"]["place"] == place:
            made.append(keras.layers.GaussianNoise(setting["noise"]["sd"]))
        return made

    def dropout(rate: float) -> list:
        return [keras.layers.Dropout(rate)] if rate else []

    layers = [keras.Input((2,)), *extras("input"), *dropout(setting["dropout"]["input"])]
    for _ in range(network["layers"]):
        layers += [keras.layers.Dense(network["width"], **bound), *extras("before")]
        layers += [keras.layers.Activation(network["activation"]), *extras("after")]
        layers += dropout(setting["dropout"]["hidden"])
    model = keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid", **bound)])
    kind, rate = setting["optimizer"]["kind"], setting["optimizer"]["rate"]
    optimizer = {
        "sgd": lambda: keras.optimizers.SGD(rate, momentum=float(setting["optimizer"]["momentum"])),
        "adam": lambda: keras.optimizers.Adam(rate),
        "rmsprop": lambda: keras.optimizers.RMSprop(rate),
    }[kind]()
    model.compile(optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the laboratory as one script, what it loads, and a page that has it."""
    folder = tmp_path_factory.mktemp("laboratory")
    command = [str(MODULES / ".bin/esbuild"), "laboratory/src/index.js", "--bundle", "--minify"]
    command += ["--format=iife", "--global-name=Laboratory", "--main-fields=module,main"]
    command += [
        "--platform=browser",
        "--log-level=warning",
        f"--outfile={folder / 'laboratory.js'}",
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    for file in (MODULES / "@tensorflow/tfjs-backend-wasm/dist").glob("*.wasm"):
        shutil.copy(file, folder)
    shutil.copy(ROOT / "laboratory/laboratory.css", folder)
    (folder / "page.html").write_text(
        '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Laboratory</title>'
        '<link rel="stylesheet" href="laboratory.css"><main><h1>Laboratory</h1><div id="root" class="laboratory"></div></main>'
        '<script src="laboratory.js"></script>'
    )
    return folder


@pytest.fixture(scope="module", params=["wasm", "cpu"])
def page(request: pytest.FixtureRequest, browser: Browser, folder: Path) -> Iterator[Page]:  # noqa: F811
    """A page with the laboratory's script: served, with WebAssembly, and as a file, without."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/page.html"
    if request.param == "cpu":
        address = (folder / "page.html").as_uri()
    opened = browser.new_page()
    opened.goto(address)
    assert opened.evaluate("Laboratory.start('./')") == request.param
    yield opened
    opened.close()
    server.shutdown()
    server.server_close()


CASES = {
    "nothing": setting(),
    "two tanh layers, momentum": setting(
        network={"layers": 2, "activation": "tanh", "initial": "normal"}, optimizer={"momentum": 0.9}
    ),
    "sigmoid, adam": setting(network={"activation": "sigmoid"}, optimizer={"kind": "adam", "rate": 0.01}),
    "he, rmsprop": setting(
        network={"initial": "he_uniform"}, optimizer={"kind": "rmsprop", "rate": 0.01}
    ),
    "normalized inputs": setting(normalization={"place": "input"}),
    "normalized before": setting(normalization={"place": "before"}),  # Adam would blow up the rounding of biases' zero gradients
    "normalized after, adam": setting(normalization={"place": "after"}, optimizer={"kind": "adam", "rate": 0.01}),
    "normalized after, no gamma": setting(normalization={"place": "after", "gamma": False}),
    "normalized after, no beta": setting(normalization={"place": "after", "beta": False, "momentum": 0.99}),
    "max-norm": setting(network={"initial": "normal", "spread": 2}, maxNorm=0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_updates_and_outputs_are_those_of_keras(page: Page, name: str) -> None:
    steps = 5
    seen = page.evaluate(
        """([setting, steps, state]) => {
          const get = eval(state), run = new Laboratory.Training(setting, 7), {x, y} = run.data.train;
          const found = {x: [...x], y: [...y], states: [get(run.layers)], scores: [], probabilities: [], reported: []};
          for (let step = 0; step < steps; step++) {
            run.epoch();  // the batch holds all points
            found.reported.push(run.history.reported.at(-1));
            found.states.push(get(run.layers));
            found.scores.push(run.score(run.sets.train));
            found.probabilities.push([...run.probability(x)]);
          }
          run.dispose();
          return found;
        }""",
        [CASES[name], steps, STATE],
    )
    model = keras_model(CASES[name])
    x, y = np.array(seen["x"], "float32").reshape(-1, 2), np.array(seen["y"], "float32")
    model.set_weights([np.array(values, "float32") for values in seen["states"][0]])
    deviation = 0.0
    for step in range(steps):
        reported = model.fit(x, y[:, None], batch_size=30, verbose=0, shuffle=False).history
        deviation = max(deviation, abs(seen["reported"][step]["loss"] - reported["loss"][0]))
        assert seen["reported"][step]["accuracy"] == pytest.approx(
            reported["accuracy"][0], abs=1e-6
        )
        for mine, theirs in zip(seen["states"][step + 1], model.get_weights(), strict=True):
            deviation = max(deviation, float(np.abs(np.array(mine) - theirs).max()))
        loss, accuracy = model.evaluate(x, y[:, None], batch_size=100, verbose=0)
        score, outputs = seen["scores"][step], model(x, training=False).numpy().ravel()
        deviation = max(deviation, abs(score["loss"] - loss))
        deviation = max(deviation, float(np.abs(outputs - seen["probabilities"][step]).max()))
        assert score["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    print(json.dumps({name: deviation}))
    assert deviation < 5e-6  # float32 sums in another order, over five updates


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_masks_keep_and_scale_as_keras_does(page: Page, rate: float) -> None:
    values = page.evaluate(
        """([setting]) => {
          const run = new Laboratory.Training(setting, 3), tf = Laboratory.tf;
          let seen;
          Laboratory.logits(run.layers, tf.ones([2000, 2]), run.random, (layer, x) => { seen = x.arraySync().flat(); });
          let whole;
          Laboratory.logits(run.layers, tf.ones([1, 2]), undefined, (layer, x) => { whole = x.arraySync().flat(); });
          const again = tf.tidy(() => [...Laboratory.logits(run.layers, tf.ones([3, 2])).dataSync()]);
          run.dispose();
          return {seen, again, whole};
        }""",
        [setting(dropout={"hidden": rate}, network={"width": 20, "initial": "he_uniform"})],
    )
    hidden = np.array(values["seen"]).reshape(2000, 20)
    unit = hidden[:, hidden.max(axis=0) > 0]
    kept = unit > 0
    assert abs(kept.mean() - (1 - rate)) < 4 * np.sqrt(rate * (1 - rate) / kept.size)
    whole = np.array(values["whole"])[hidden.max(axis=0) > 0]
    for column, undropped in zip(unit.T, whole, strict=True):
        assert column[column > 0] == pytest.approx(undropped / (1 - rate), rel=1e-6)
    assert len(set(values["again"])) == 1


def test_noise_is_normal_with_its_standard_deviation(page: Page) -> None:
    noise = page.evaluate(
        """([setting]) => {
          const run = new Laboratory.Training(setting, 3), tf = Laboratory.tf;
          let seen;
          Laboratory.logits(run.layers, tf.zeros([5000, 2]), run.random, layer => layer);
          Laboratory.logits(run.layers, tf.zeros([5000, 2]), run.random,
            (layer, x) => { if (layer.kind === "dense" && !seen) seen = [...x.dataSync()]; });
          run.dispose();
          return seen;
        }""",
        [setting(noise={"place": "input", "sd": 0.3})],
    )
    assert stats.kstest(np.array(noise) / 0.3, "norm").pvalue > 0.001
    assert abs(np.corrcoef(noise[::2], noise[1::2])[0, 1]) < 0.06


def test_no_tensor_is_left_behind(page: Page) -> None:
    counts = page.evaluate(
        """([setting]) => {
          const count = () => Laboratory.tf.memory().numTensors, before = count();
          const run = new Laboratory.Training(setting, 3);
          for (let epoch = 0; epoch < 5; epoch++) run.epoch();
          const at_five = count();
          for (let epoch = 0; epoch < 50; epoch++) run.epoch();
          const at_end = count();
          run.dispose();
          return [at_five - at_end, count() - before];
        }""",
        [setting(batch=7, dropout={"hidden": 0.4}, normalization={"place": "before"}, maxNorm=3,
                 noise={"place": "after", "sd": 0.1}, optimizer={"kind": "adam", "rate": 0.001})],
    )  # fmt: skip
    assert counts == [0, 0]


@pytest.mark.parametrize(
    "address",
    [
        "normalization.place=before&noise.place=after&dropout.hidden=0.3&maxNorm=3&network.layers=2",
        "data.kind=moons&optimizer.kind=sgd&optimizer.momentum=0.9&dropout.input=0.2",
        "data.kind=xor&optimizer.kind=sgd&optimizer.momentum=1&network.initial=normal",
        "data.kind=spirals&optimizer.kind=rmsprop&normalization.place=input&normalization.beta=false",
    ],
)
def test_the_code_of_a_setting_runs_and_has_its_network(page: Page, address: str) -> None:
    setting, code = page.evaluate(
        """address => {
          const {setting} = Laboratory.fromAddress(address);
          return [setting, Laboratory.toKeras(setting)];
        }""",
        address,
    )
    names: dict[str, Any] = {}
    exec(code.replace("epochs=100", "epochs=1"), names)
    mine, theirs = names["model"], keras_model(setting)
    assert [type(layer) for layer in mine.layers] == [type(layer) for layer in theirs.layers]
    assert mine.count_params() == theirs.count_params()
    assert type(mine.optimizer) is type(theirs.optimizer)
    assert len(names["train"][0]) == round(setting["data"]["points"] * setting["data"]["train"])


# ------------------------------------------------------------------------------ the page


@pytest.fixture
def opened(folder: Path, browser: Browser) -> Iterator[Page]:  # noqa: F811
    """The laboratory, opened on a phone from a file."""
    context = browser.new_context(viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text))
    page.goto((folder / "page.html").as_uri() + "#dropout.hidden=0.4")
    page.evaluate(
        "Laboratory.start('./').then(() => { Laboratory.open(document.getElementById('root'), location.hash); })"
    )
    yield page
    assert page.errors == []
    context.close()


def test_it_trains_pauses_and_starts_again(opened: Page) -> None:
    status, line = opened.locator("[role=status].laboratory-status"), ".laboratory-line-1"
    opened.get_by_role("button", name="One epoch").click()
    assert status.inner_text().startswith("Epoch 1,")
    opened.get_by_role("button", name="Train").press("Enter")
    opened.wait_for_timeout(1500)
    opened.get_by_role("button", name="Pause").press("Enter")
    epoch = int(status.inner_text().split()[1].strip(","))
    assert epoch > 10
    opened.wait_for_timeout(300)
    assert int(status.inner_text().split()[1].strip(",")) == epoch
    assert len(opened.locator(f"figure svg path{line}").nth(0).get_attribute("d")) > 50
    opened.get_by_role("button", name="Start again").click()
    opened.get_by_role("button", name="One epoch").click()
    assert status.inner_text().startswith("Epoch 1,")


def test_the_address_holds_the_setting_and_presets_are_chosen(opened: Page) -> None:
    assert opened.get_by_label("Dropout rate after hidden layers").input_value() == "0.4"
    opened.get_by_label("Example").select_option("noise-before")
    assert opened.url.endswith("#noise.place=before")
    opened.get_by_label("Units in each").fill("20")
    opened.get_by_label("Units in each").press("Tab")
    assert "network.width=20" in opened.url
    assert opened.get_by_label("Example").input_value() == ""
    assert "Dense(20," in opened.locator(".laboratory-code code").text_content()


def test_what_keras_refuses_is_refused_with_the_reason(opened: Page) -> None:
    noise = opened.get_by_label("Its standard deviation", exact=True)
    noise.fill("1.5")
    noise.press("Tab")
    assert "GaussianNoise takes a standard deviation from 0 to 1 only" in opened.inner_text(
        "#laboratory-noise-sd-why"
    )
    assert noise.get_attribute("aria-invalid") == "true"
    assert "noise.sd" not in opened.url


def test_the_laboratory_is_accessible_and_fits_a_phone(opened: Page) -> None:
    assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    opened.evaluate(AXE + ";0")
    assert ask_axe(opened, "laboratory", {"runOnly": RULES}) == []


@pytest.mark.parametrize(
    "command",
    [
        ["--test", "laboratory/test/*.test.js"],
        [str(MODULES / "typescript/bin/tsc"), "--project", "laboratory"],
    ],
)
def test_its_modules_pass_their_own_tests_and_type_checks(command: list[str]) -> None:
    done = subprocess.run([NODE, *command], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
