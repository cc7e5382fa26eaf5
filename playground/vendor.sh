#!/usr/bin/env bash
# Make all that vendor/ holds: files of npm's packages, byte by byte, and the playground. npm compared the packages with the
# checksums in package-lock.json when it installed them. Usage: playground/vendor.sh FOLDER; the book has it in vendor.
set -euo pipefail
folder=$(realpath -m "${1:?where to? the book has it in vendor}")
cd "$(dirname "$0")"
rm -rf "$folder/mathjax" "$folder/vega"

fonts=output/chtml/fonts/woff-v2
mkdir -p "$folder/mathjax/$fonts"
cp node_modules/mathjax/{LICENSE,es5/tex-mml-chtml.js} "$folder/mathjax"
cp node_modules/mathjax/es5/"$fonts"/* "$folder/mathjax/$fonts"

mkdir -p "$folder/vega"
for package in vega vega-lite vega-embed; do
  cp "node_modules/$package/build/$package.min.js" "$folder/vega"
  printf '%s\n\n' "$package"
  cat "node_modules/$package/LICENSE"
  echo
done >"$folder/vega/LICENSE"

./build.sh "$folder/playground"
