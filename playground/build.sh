#!/usr/bin/env bash
# Make of the playground's modules one classic script, since browsers load no modules from files, with all that it needs beside
# it: WebAssembly, the style sheet, licences, checksums. Usage: playground/build.sh FOLDER; the book has it in vendor/playground.
set -euo pipefail
folder=$(realpath -m "${1:?where to? the book has it in vendor/playground}")
cd "$(dirname "$0")"
rm -rf "$folder"
mkdir -p "$folder"
node_modules/.bin/esbuild src/index.js --bundle --minify --format=iife --global-name=Playground \
  --main-fields=module,main --platform=browser --log-level=warning --legal-comments=linked --outfile="$folder/playground.js"
install -m 644 node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm{,-simd}.wasm "$folder"
{
  echo "playground.js holds, beside the course's own code, TensorFlow.js (core, backends cpu and wasm), long, seedrandom and"
  echo "modules of D3; the .wasm files are TensorFlow.js'. What their files say of themselves:"
  echo
  sed '/^[^ ].*:$/d' "$folder/playground.js.LEGAL.txt"
  printf '\n---- seedrandom\n\n'
  sed '/\*\//q' node_modules/seedrandom/seedrandom.js
  for package in d3-array d3-color d3-format d3-interpolate d3-path d3-scale d3-shape; do
    printf '\n---- %s\n\n' "$package"
    cat "node_modules/$package/LICENSE"
  done
  printf '\n---- TensorFlow.js and long\n'
  cat node_modules/long/LICENSE
} >"$folder/LICENSE"
rm "$folder/playground.js.LEGAL.txt"
sed -i '/^\/\*! For license information/d' "$folder/playground.js"
(cd "$folder" && sha256sum -- * >SHA256SUMS)
