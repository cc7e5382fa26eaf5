// @ts-check
/** Rules for the playground's modules and for the book's own scripts. */
import js from "@eslint/js";

const BROWSER = "AbortController console document navigator location history performance requestAnimationFrame setTimeout matchMedia addEventListener Event structuredClone URLSearchParams ImageData HTMLInputElement globalThis ResizeObserver MutationObserver getComputedStyle devicePixelRatio window DOMParser";
const globals = Object.fromEntries(BROWSER.split(" ").map((name) => [name, "readonly"]));

export default [
  js.configs.recommended,
  {languageOptions: {globals}, linterOptions: {reportUnusedDisableDirectives: "error"}},
  {files: ["**/coursekit/sphinx/*.js"], languageOptions: {sourceType: "script", globals: {Playground: "readonly", vegaEmbed: "readonly", Search: "readonly", DOCUMENTATION_OPTIONS: "readonly"}}},
  {rules: {eqeqeq: "error", "prefer-const": ["error", {destructuring: "all"}], "no-var": "error"}},
];
