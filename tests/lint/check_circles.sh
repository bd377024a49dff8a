#!/bin/sh
# Fails when rooms (the folders below src/<module>) include each other in a circle that tests/lint/circles.txt does not
# know, and when that knows an include that is gone. A module's own files above its rooms are no room.
# shellcheck disable=SC2016,SC2038  # a program of awk; our file names have no blanks
set -eu
find src -mindepth 3 \( -name '*.hpp' -o -name '*.cpp' \) | sort | xargs awk '
  FILENAME == "tests/lint/circles.txt" { if ($0 !~ /^#/ && NF == 2) known[$1, $2] = FNR; next }
  FNR == 1 { split(FILENAME, at, "/"); from = at[2] "/" at[3] }
  /^#include "/ {
    inc = $2; gsub(/"/, "", inc); to = inc
    if (split(inc, part, "/") < 3 || part[1] != at[2] || (to = part[1] "/" part[2]) == from) next
    if ((from, to) in known) { seen[from, to] = 1; next }
    if (!((from, to) in first)) { first[from, to] = FILENAME ":" FNR; rooms[from] = rooms[to] = 1 }
  }
  END {
    for (pair in first) reach[pair] = 1
    for (via in rooms) for (a in rooms) if ((a, via) in reach) for (b in rooms) if ((via, b) in reach) reach[a, b] = 1
    for (pair in first) {
      split(pair, p, SUBSEP)
      if ((p[2], p[1]) in reach) { print first[pair] ": " p[1] " includes " p[2] ", which leads back to it"; bad = 1 }
    }
    for (pair in known) if (!(pair in seen)) {
      split(pair, p, SUBSEP); print "tests/lint/circles.txt:" known[pair] ": " p[1] " no longer includes " p[2]; bad = 1
    }
    exit bad
  }
' tests/lint/circles.txt
