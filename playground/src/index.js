// @ts-check
/** What the playground's page and its tests use; bundled into one classic script, since from files browsers load no modules. */
import "uplot/dist/uPlot.min.css";
import "../playground.css";
import "../views.css";

export {drawPoints, inUnits} from "./data.js";
export {crossEntropy, forward} from "./network.js";
export {asks, read, write} from "./address.js";
export {interval, reading} from "./compare.js";
export {EXAMPLES} from "./examples.js";
export {toKeras} from "./keras.js";
export {MEASURES, option} from "./measures.js";
export {open} from "./page.js";
export {change, fromAddress, refusal} from "./settings.js";
export {alongStep, MULTIPLES, nextStep, probe} from "./step.js";
export {Training} from "./training.js";
export {Versus} from "./versus.js";
