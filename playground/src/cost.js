// @ts-check
/** How long a piece of work takes, so that none keeps the page from answering. */
import {pointCount, trainingPoints} from "./data.js";

/**
 * Milliseconds on one core of a server of 2025, fitted to 75 networks: of a multiplication in a product of matrices, of a weight that an
 * optimizer changes, of a value that a hidden layer gives, and what batch normalization, dropout and noise add to a value.
 */
const COST = {product: 1e-6, weight: 7e-6, value: 1.6e-5, normalization: 1.6e-5, dropout: 8e-6, noise: 4.5e-5};

/** What one piece of work may take. */
const MOST = {update: 35, piece: 8};

/** @param {import("./training.js").Setting["network"]} network */
function weights({layers, width}) {
  return 3 * width + (layers - 1) * width ** 2;
}

/** How many rows can be evaluated in one piece; at least one. @param {import("./training.js").Setting} setting */
export function rowsInPiece({network, normalization}) {
  const value = COST.value + (normalization.place === "none" ? 0 : COST.normalization);
  return Math.max(1, Math.floor(MOST.piece / (weights(network) * COST.product + network.layers * network.width * value)));
}

/** Why one update would make the page freeze; empty if it would not. @param {import("./training.js").Setting} setting */
export function tooMuch({data, network, normalization, dropout, noise, batch}) {
  const rows = Math.min(batch, trainingPoints(pointCount(data), data.train));
  const value =
    COST.value +
    (normalization.place === "none" ? 0 : COST.normalization) +
    (dropout.hidden > 0 ? COST.dropout : 0) +
    (noise.hidden > 0 ? COST.noise : 0);
  // forwards, and twice as much backwards
  const products = 3 * rows * weights(network);
  const milliseconds = products * COST.product + weights(network) * COST.weight + rows * network.layers * network.width * value;
  if (milliseconds <= MOST.update) return "";
  return `One update of ${rows} points with ${network.layers} × ${network.width} units would freeze the page. Take smaller batches, fewer layers or fewer units.`;
}
