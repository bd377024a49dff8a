#!/usr/bin/env python3
"""docs/security.md names every library that the program is linked with, and no other: check_libraries.py PROGRAM PAGE"""

import re
import subprocess
import sys


def linked(program):
    shown = subprocess.run(["readelf", "--dynamic", program], capture_output=True, text=True, check=True).stdout
    # The loader is no library of ours; sanitizers' builds have more.
    return {name for name in re.findall(r"\(NEEDED\).*\[(.+?)\]", shown) if not name.startswith(("ld-", "libasan"))}


def named(page):
    with open(page, encoding="utf-8") as text:
        section = text.read().split("## Libraries that are linked", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in rows for name in re.findall(r"`(.+?)`", cell)}


def main():
    program, page = sys.argv[1:]
    there, told = linked(program), named(page)
    for name in sorted(there - told):
        print(f"{page}: {name} is linked, and not in the table: say what it reads and what stands before it")
    for name in sorted(told - there):
        print(f"{page}: {name} is in the table, and not linked")
    return 1 if there != told or not there else 0


if __name__ == "__main__":
    sys.exit(main())
