#!/usr/bin/env bash
# Make of the playground's modules one classic script, since browsers load no modules from files, with all that it needs beside
# it: the style sheet, licences, checksums of all that, and in SOURCES those of the files that it is made of, by which `course
# check` sees that they changed. Usage: playground/build.sh FOLDER; the book has it in vendor/playground.
set -euo pipefail
folder=$(realpath -m "${1:?where to? the book has it in vendor/playground}")
cd "$(dirname "$0")"
rm -rf "$folder"
mkdir -p "$folder"
# As it loads, uPlot makes a format of numbers for the browser's language, and fails where that is none, as WebKit's is "C" under
# the locale C. Numbers are English here in any case.
node_modules/.bin/esbuild src/index.js --bundle --minify --format=iife --global-name=Playground \
  --main-fields=module,main --platform=browser --log-level=warning --legal-comments=none \
  --define:navigator='{"language":"en"}' --outfile="$folder/playground.js"
{
  echo "playground.js holds, beside the course's own code, uPlot and modules of D3. What their files say of themselves:"
  for package in d3-array d3-contour uplot; do
    printf '\n---- %s\n\n' "$package"
    cat "node_modules/$package/LICENSE"
  done
} >"$folder/LICENSE"
(cd .. && find playground/src playground/*.css playground/build.sh -type f | LC_ALL=C sort | xargs sha256sum) >"$folder/SOURCES"
(cd "$folder" && sha256sum -- * >SHA256SUMS)
