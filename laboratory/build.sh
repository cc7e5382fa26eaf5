#!/usr/bin/env bash
# Make of the laboratory's modules one classic script, since browsers load no modules from files; into the folder given.
set -euo pipefail
folder=$(realpath -m "${1:?where to? for the book: vendor/laboratory}")
cd "$(dirname "$0")/.."
mkdir -p "$folder"
node_modules/.bin/esbuild laboratory/src/index.js --bundle --minify --format=iife --global-name=Laboratory \
  --main-fields=module,main --platform=browser --log-level=warning --legal-comments=none --outfile="$folder/laboratory.js"
cp node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm{,-simd}.wasm "$folder"
