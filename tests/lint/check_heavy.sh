#!/bin/sh
# Fails when a file includes a heavy header that tests/lint/heavy_headers.txt keeps to other places.
# shellcheck disable=SC2046,SC2048,SC2086,SC2038  # our file names have no blanks
set -eu
awk '
  FILENAME == "tests/lint/heavy_headers.txt" {
    if ($0 ~ /^#/ || NF == 0) next
    h = $1; sub(/:$/, "", h); for (i = 2; i <= NF; i++) places[h] = places[h] " " $i
    next
  }
  /^#include </ {
    inc = $2; gsub(/[<>]/, "", inc)
    for (h in places) {
      if (index(inc, h) != 1) continue
      n = split(places[h], place, " "); allowed = 0
      for (i = 1; i <= n; i++) if (FILENAME == place[i] || index(FILENAME, place[i] "/") == 1) allowed = 1
      if (!allowed) { print FILENAME ":" FNR ": " inc " is heavy, and kept to" places[h]; bad = 1 }
    }
  }
  END { exit bad }
' tests/lint/heavy_headers.txt $(find include src tests -name '*.hpp' -o -name '*.cpp' 2>/dev/null | sort)
