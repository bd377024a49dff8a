#!/bin/sh
# Tests stand in the room of their noun, as in src: each folder of tests/unit/<module>, and of tests/integration/api and pg,
# is one of src/<module>.
set -eu
bad=0
for suite in tests/unit tests/integration/api tests/integration/pg; do
    [ -d "$suite" ] || continue
    for folder in $(find "$suite" -mindepth 1 -type d ! -name __pycache__ | sort); do
        room="src/${folder#tests/*/}"
        [ -d "$room" ] || { echo "$folder: there is no $room"; bad=1; }
    done
done
exit $bad
