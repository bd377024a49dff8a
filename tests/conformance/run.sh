#!/bin/sh
# Usage: run.sh CEL_CONFORMANCE FOLDER. Fetches the cases into FOLDER, once, and runs them.
set -eu
program=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
package=@bufbuild/cel-spec@0.6.1

if [ ! -f "$folder/cases.jsonl" ]; then
    command -v npm >/dev/null || { echo 'skipped: npm is not installed (./dev deps)'; exit 77; }
    mkdir -p "$folder"
    cp "$here/cases.mjs" "$folder/"
    (cd "$folder" && npm install --fetch-retries 1 --no-save --no-audit --no-fund --prefix . "$package" >npm.log 2>&1) ||
        { echo "skipped: npm could not fetch $package; it says why in $folder/npm.log"; exit 77; }
    (cd "$folder" && node cases.mjs >cases.new && mv cases.new cases.jsonl)
fi
exec "$program" "$folder/cases.jsonl"
