// @ts-check
/** What the playground's page and its tests use; bundled into one classic script, since from files browsers load no modules. */
import "../playground.css";

export {drawPoints, inUnits} from "./data.js";
export {crossEntropy, forward} from "./network.js";
export {open} from "./page.js";
export {PRESETS} from "./presets.js";
export {fromAddress, refusal, toKeras} from "./settings.js";
export {Training} from "./training.js";
