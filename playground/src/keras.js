// @ts-check
/** A setting as Python code for Keras. */
import {decode, moonNoise, pointCount, trainingPoints} from "./data.js";

/** @typedef {import("./training.js").Setting} Setting */
/** @typedef {import("./data.js").Data} Data */

/** What to import, and how to draw. @type {Record<string, {needs?: string, lines: (data: Data) => string[]}>} */
const DATA_CODE = {
  circles: {
    needs: "from sklearn.datasets import make_circles",
    lines: ({points, noise}) => [`x, y = make_circles(n_samples=${points}, noise=${noise}, random_state=state)`],
  },
  moons: {
    needs: "from sklearn.datasets import make_moons",
    lines: ({points, noise}) => [
      `x, y = make_moons(n_samples=${points}, noise=${moonNoise(noise)}, random_state=state)`,
      "x = (x - [0.5, 0.25]) / 1.5",
    ],
  },
  xor: {
    lines: ({points, noise}) => [
      "random = np.random.RandomState(state)",
      `x = random.uniform(-1, 1, size=(${points}, 2))`,
      "y = (x[:, 0] * x[:, 1] > 0).astype(int)",
      `x += random.normal(0, ${noise}, size=x.shape)`,
    ],
  },
  spirals: {
    lines: ({points, noise}) => [
      "random = np.random.RandomState(state)",
      `y = random.permutation(${points}) % 2`,
      `along = random.uniform(size=${points})`,
      "angle = 3 * np.pi * along + np.pi * y",
      "x = (0.1 + 0.9 * along)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)",
      `x += random.normal(0, ${noise}, size=x.shape)`,
    ],
  },
  target: {
    lines: ({points, noise}) => [
      "random = np.random.RandomState(state)",
      `radius = random.choice([0.3, 0.8, 1.3], size=${points}, p=[0.25, 0.5, 0.25])`,
      `angle = random.uniform(0, 2 * np.pi, size=${points})`,
      "x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)",
      "y = (radius != 0.8).astype(int)",
      `x += random.normal(0, ${noise}, size=x.shape)`,
    ],
  },
  drawn: {
    lines: ({drawn}) => {
      const points = decode(drawn) ?? [];
      return [
        `x = np.array([${points.map(({x, y}) => `[${x}, ${y}]`).join(", ")}])`,
        `y = np.array([${points.map(({label}) => label).join(", ")}])`,
        "order = np.random.RandomState(state).permutation(len(x))",
        "x, y = x[order], y[order]",
      ];
    },
  },
};

/** @type {Record<string, string[]>} */
const UNIT_CODE = {plain: [], large: ["x = 1000 * x + 5000"], tiny: ["x = x / 1000"]};

/** The setting as Python code for Keras. The points are the page's; first weights and all that is random later are other draws. @param {Setting} setting */
export function toKeras(setting) {
  const {data, network, normalization, dropout, noise, maxNorm, optimizer, batch, epochs, seed, seeds} = setting;
  const share = trainingPoints(pointCount(data), data.train);
  const bound = maxNorm > 0 ? `, kernel_constraint=keras.constraints.MaxNorm(${maxNorm})` : "";
  const initial =
    network.initial === "normal" ? `keras.initializers.RandomNormal(stddev=${network.spread})` : `"${network.initial}"`;
  /** @type {string[]} */
  const layers = ["keras.Input((2,))"];
  /** @param {string} place */
  const extras = (place) => {
    if (normalization.place === place) {
      const options = [`momentum=${normalization.momentum}`];
      if (!normalization.gamma) options.push("scale=False");
      if (!normalization.beta) options.push("center=False");
      layers.push(`keras.layers.BatchNormalization(${options.join(", ")})`);
    }
    const sd = place === "input" ? noise.input : place === noise.place ? noise.hidden : 0;
    if (sd > 0) layers.push(`keras.layers.GaussianNoise(${sd})`);
  };
  extras("input");
  if (dropout.input > 0) layers.push(`keras.layers.Dropout(${dropout.input})`);
  for (let index = 0; index < network.layers; index++) {
    layers.push(`keras.layers.Dense(${network.width}, kernel_initializer=${initial}${bound})`);
    extras("before");
    layers.push(`keras.layers.Activation("${network.activation}")`);
    extras("after");
    if (dropout.hidden > 0) layers.push(`keras.layers.Dropout(${dropout.hidden})`);
  }
  layers.push(`keras.layers.Dense(1, activation="sigmoid")`);
  // Keras' optimizers take no whole numbers.
  const [rate, momentum] = [optimizer.rate, optimizer.momentum].map((value) => (Number.isInteger(value) ? value.toFixed(1) : value));
  const optimizers = {
    sgd: `keras.optimizers.SGD(${rate}${optimizer.momentum > 0 ? `, momentum=${momentum}` : ""})`,
    adam: `keras.optimizers.Adam(${rate})`,
    rmsprop: `keras.optimizers.RMSprop(${rate})`,
  };
  const {needs, lines} = DATA_CODE[data.kind];
  const indented = (/** @type {string[]} */ all, /** @type {number} */ by) => all.map((line) => " ".repeat(by) + line).join("\n");
  return `import keras
import numpy as np
${needs ? `${needs}\n` : ""}

def points(seed):
    """Points to train on and points to test on${data.redraw ? ", drawn anew for each seed" : ", the same for every seed"}."""
    state = ${data.redraw ? `${1000 * data.seed} + seed` : data.seed}
${indented([...lines(data), 'x = x.astype("float32")', ...UNIT_CODE[data.units]], 4)}
    return (x[:${share}], y[:${share}]), (x[${share}:], y[${share}:])


def network():
    """A new compiled network."""
    model = keras.Sequential(
        [
${indented(layers.map((layer) => `${layer},`), 12)}
        ]
    )
    optimizer = ${optimizers[optimizer.kind]}
    model.compile(optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    return model


for seed in range(${seed}, ${seed + seeds}):
    train, test = points(seed)
    keras.utils.set_random_seed(seed)
    model = network()
    history = model.fit(*train, validation_data=test, batch_size=${batch}, epochs=${epochs}, verbose=0)
    print(f"seed {seed}: test accuracy {history.history['val_accuracy'][-1]:.3f} after ${epochs} epochs")
`;
}
