// @ts-check
/** What the playground's page and its tests use; bundled into one classic script, since from files browsers load no modules. */
import "../playground.css";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-backend-cpu";
import {setWasmPaths} from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";

export {drawPoints, inUnits} from "./data.js";
export {logits} from "./network.js";
export {open} from "./page.js";
export {PRESETS} from "./presets.js";
export {fromAddress, refusal, toKeras} from "./settings.js";
export {Training, loss} from "./training.js";
export {tf};

/**
 * Start TensorFlow.js: with WebAssembly where the page was served, else, from a file, where nothing can be fetched, without.
 * @param {string} folder where the .wasm files lie, with a slash at its end
 * @returns {Promise<string>} the backend's name
 */
export async function start(folder) {
  const served = globalThis.location.protocol !== "file:";
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false); // its file is not shipped
  setWasmPaths(folder);
  if (!served || !(await tf.setBackend("wasm").catch(() => false))) await tf.setBackend("cpu");
  await tf.ready();
  return tf.getBackend();
}
