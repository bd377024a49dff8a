#!/bin/sh
# No folder of more than 30 files: a room so full is two rooms. The saved inputs of fuzz targets are data, and no room.
set -eu
find include src tests -type f ! -name '*.pyc' ! -path 'tests/fuzz/corpus/*' | awk '
  { folder = $0; sub(/\/[^\/]*$/, "", folder); files[folder]++ }
  END { for (folder in files) if (files[folder] > 30) { print folder ": " files[folder] " files"; bad = 1 }; exit bad }
'
