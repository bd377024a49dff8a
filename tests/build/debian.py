"""Debian's packages: which one brings a file, what a package brings along, and what cmake/debian-packages.txt lists."""

import os
import re
import subprocess


def read_list(path):
    """({build}, {test}): the packages of cmake/debian-packages.txt, by part."""
    parts = {"build": set(), "test": set()}
    part = None
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if line.startswith("# ") and len(words) == 2 and words[1] in parts:
                part = words[1]
            elif words and not line.startswith("#"):
                parts[part].add(words[0])
    return parts["build"], parts["test"]


def _spellings(path):
    """A merged /usr: dpkg knows a file by the name under which its package has it."""
    real = os.path.realpath(path)
    for name in dict.fromkeys((path, real)):
        yield name
        yield name[len("/usr"):] if name.startswith("/usr/") else "/usr" + name


def owners(paths):
    """Path -> the package that holds it, None where none does."""
    spelt = {path: list(_spellings(path)) for path in paths}
    names = sorted({name for each in spelt.values() for name in each})
    answer = subprocess.run(["xargs", "-0", "dpkg-query", "-S"], input="\0".join(names), capture_output=True,
                            text=True, check=False).stdout
    holder = {}
    for line in answer.splitlines():
        packages, _, name = line.partition(": ")
        if not line.startswith("diversion by"):
            holder[name] = packages.split(",")[0].split(":")[0]
    return {path: next((holder[name] for name in each if name in holder), None) for path, each in spelt.items()}


class Installed:
    """The packages of this machine and what each depends on."""

    def __init__(self):
        form = "${Package}\t${db:Status-Abbrev}\t${Essential}\t${Priority}\t${Pre-Depends}, ${Depends}\t${Provides}\n"
        answer = subprocess.run(["dpkg-query", "-W", "-f", form], check=True, capture_output=True, text=True).stdout
        self.depends = {}
        self.base = set()
        self.providers = {}
        for line in answer.splitlines():
            package, state, essential, priority, depends, provides = line.split("\t")
            if not state.startswith("ii"):
                continue
            self.depends[package] = [self._names(group, "|") for group in depends.split(",") if group.strip()]
            if essential == "yes" or priority == "required":  # what every Debian has, a minimal one too
                self.base.add(package)
            for name in self._names(provides, ","):
                self.providers.setdefault(name, []).append(package)

    @staticmethod
    def _names(text, between):
        return [re.sub(r"[\s(:].*", "", word.strip()) for word in text.split(between) if word.strip()]

    def brought_by(self, packages):
        """Those packages and all that comes with them; of alternatives the first that is here, as apt chooses."""
        found = set()
        todo = list(packages | self.base)
        while todo:
            package = todo.pop()
            if package in found or package not in self.depends:
                continue
            found.add(package)
            for alternatives in self.depends[package]:
                for name in alternatives:
                    fitting = [name] if name in self.depends else self.providers.get(name, [])
                    if fitting:
                        todo.append(fitting[0])
                        break
        return found


def loaded_libraries(program):
    """Name -> file of all shared libraries that the program comes with, as the loader finds them."""
    loaded = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return dict(re.findall(r"(\S+) => (\S+)", loaded))


def needed_libraries(program):
    """The files of the shared libraries that the program itself names."""
    dynamic = subprocess.run(["readelf", "-d", program], check=True, capture_output=True, text=True).stdout
    names = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
    loaded = loaded_libraries(program)
    return [loaded[name] for name in names if name in loaded]


def _symbols(library, which):
    lines = subprocess.run(["nm", "-D", which, library], check=True, capture_output=True, text=True).stdout.splitlines()
    return {line.split()[-1].split("@")[0] for line in lines if line.strip()}


def calls_nothing_of(program, libraries):
    """Those of the shared libraries of which the program takes no symbol."""
    wanted = _symbols(program, "--undefined-only")
    return [library for library in libraries if not wanted & _symbols(library, "--defined-only")]
