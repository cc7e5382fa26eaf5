// @ts-check
/** How long a piece of work takes, so that none keeps the page from answering. */

/** @typedef {"wasm" | "cpu"} Backend */

/**
 * Milliseconds on a laptop of 2025, fitted to 40 networks: of a multiplication in a product of matrices, of a weight that an
 * optimizer changes, of a value that a hidden layer gives, and what batch normalization, dropout and noise add to a value.
 */
const COSTS = {
  wasm: {product: 6.5e-7, weight: 6e-6, value: 5e-6, normalization: 5.5e-5, dropout: 9e-5, noise: 8.5e-5},
  cpu: {product: 2.1e-6, weight: 1.7e-4, value: 1e-4, normalization: 5.8e-4, dropout: 1.3e-4, noise: 1e-4},
};

/** What one piece of work may take. */
const MOST = {update: 35, piece: 8};

/** @param {import("./training.js").Setting["network"]} network */
function weights({layers, width}) {
  return 3 * width + (layers - 1) * width ** 2;
}

/** How many rows can be evaluated in one piece; at least one. @param {import("./training.js").Setting} setting @param {Backend} backend */
export function rowsInPiece({network, normalization}, backend) {
  const cost = COSTS[backend];
  const value = cost.value + (normalization.place === "none" ? 0 : cost.normalization);
  return Math.max(1, Math.floor(MOST.piece / (weights(network) * cost.product + network.layers * network.width * value)));
}

/**
 * Why one update would make the page freeze; empty if it would not.
 * @param {import("./training.js").Setting} setting
 * @param {number} points to train on
 * @param {Backend} backend
 */
export function tooMuch({network, normalization, dropout, noise, batch}, points, backend) {
  const cost = COSTS[backend], rows = Math.min(batch, points);
  const value =
    cost.value +
    (normalization.place === "none" ? 0 : cost.normalization) +
    (dropout.hidden > 0 ? cost.dropout : 0) +
    (noise.hidden > 0 ? cost.noise : 0);
  const products = 3 * rows * weights(network); // forwards, and twice as much backwards
  const milliseconds = products * cost.product + weights(network) * cost.weight + rows * network.layers * network.width * value;
  if (milliseconds <= MOST.update) return "";
  const other = backend === "cpu" ? "; or open the book from a web server, where all goes several times as fast" : "";
  return `One update of ${rows} points with ${network.layers} × ${network.width} units would freeze the page. Take smaller batches, fewer layers or fewer units${other}.`;
}
