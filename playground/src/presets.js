// @ts-check
/** The worked examples of the chapters and the starting points of the exercises, each with a question to answer by trying. */
import PRESETS_AS_WRITTEN from "./presets.json" with {type: "json"};
import {fromAddress} from "./settings.js";

/** Named as their sections; `page` is where in the book. */
export const PRESETS = PRESETS_AS_WRITTEN.map((preset) => ({...preset, setting: fromAddress(preset.address).setting}));
