#!/usr/bin/env python3
"""What the program is made of, as CycloneDX 1.6 (./dev sbom): sbom.py --build FOLDER [--out FILE]

Taken from the build itself: the program's shared libraries and what they load, by readelf and ldd; the headers that its
objects were compiled from, by ninja; whose they are, by dpkg. Licences stand in licences.txt. The same program on the same
packages gives the same bytes."""

import argparse
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.parse
import uuid

import debian
from ninja_build import Build

HERE = os.path.dirname(os.path.abspath(__file__))

# Files of src/thirdparty/ that are ours. What is vendored beside them needs components of its own here.
OUR_THIRDPARTY = {"asio_beast.cpp"}


class Unknown(Exception):
    """Something that the document would have to leave out."""


def licences(path=os.path.join(HERE, "licences.txt")):
    """Source package -> (SPDX expression, words of its copyright file)."""
    with open(path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split(" | ") for line in lines if line.strip() and not line.startswith("#")]
    return {source: (expression, words) for source, expression, words in rows}


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sources(packages):
    """Package -> (version, architecture, source package)."""
    form = "${Package}\t${Version}\t${Architecture}\t${source:Package}\n"
    shown = subprocess.run(["dpkg-query", "-W", "-f", form, *sorted(packages)], check=True, capture_output=True, text=True)
    return {package: tuple(rest) for package, *rest in (line.split("\t") for line in shown.stdout.splitlines())}


def release():
    with open("/etc/os-release", encoding="utf-8") as lines:
        return re.search(r'^VERSION_ID="?(\d+)', lines.read(), re.MULTILINE)[1]


def package_url(package, version, architecture):
    return (f"pkg:deb/debian/{urllib.parse.quote(package)}@{urllib.parse.quote(version, safe='')}"
            f"?arch={architecture}&distro=debian-{release()}")


class Parts:
    """What a program was linked with, loads, and was compiled from: files by package."""

    def __init__(self, build, program):
        self.linked = set(debian.needed_libraries(program))
        self.loaded = debian.loaded_libraries(program)  # name -> file, of all
        headers = {path for paths in build.product_objects().values() for path in paths if not build.is_ours(path)}
        holders = debian.owners(sorted(set(self.loaded.values()) | headers))
        homeless = sorted(path for path, package in holders.items() if package is None)
        if homeless:
            raise Unknown(f"no package of Debian has {', '.join(homeless[:5])}")
        self.libraries = {}  # package -> {file}
        for path in self.loaded.values():
            self.libraries.setdefault(holders[path], set()).add(path)
        self.header_packages = {holders[path] for path in headers}
        self.holders = holders
        self.known = sources(set(self.libraries) | self.header_packages)

    def source(self, package):
        return self.known[package][2]

    def uses(self, package):
        """The packages of the libraries that a package's own ones name."""
        found = set()
        for path in self.libraries[package]:
            dynamic = subprocess.run(["readelf", "-d", path], check=True, capture_output=True, text=True).stdout
            names = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
            found |= {self.holders[self.loaded[name]] for name in names if name in self.loaded}
        return found - {package}


def component(parts, package, how, licence):
    version, architecture, source = parts.known[package]
    url = package_url(package, version, architecture)
    files = sorted(parts.libraries.get(package, ()))
    headers = sorted(each for each in parts.header_packages if parts.source(each) == source)
    properties = [{"name": "winnow:source-package", "value": source}, {"name": "winnow:use", "value": how}]
    properties += [{"name": "winnow:headers-of", "value": each} for each in headers]
    found = {"type": "library", "bom-ref": url, "supplier": {"name": "Debian"}, "name": package, "version": version,
             "scope": "required", "licenses": [licence], "purl": url, "properties": properties}
    if files:
        found["components"] = [{"type": "file", "name": os.path.basename(path),
                                "hashes": [{"alg": "SHA-256", "content": sha256(path)}]} for path in files]
    return found


def as_licence(expression):
    return {"expression": expression} if " " in expression else {"license": {"id": expression}}


def components(parts, table):
    """Every package, with how it is used. Headers of a library that is linked are a property of it."""
    linked = {parts.holders[path] for path in parts.linked}
    found, unknown = [], set()
    running = {parts.source(package) for package in parts.libraries}
    uses = {package: "linked" if package in linked else "loaded" for package in parts.libraries}
    uses |= {package: "compiled in" for package in parts.header_packages if parts.source(package) not in running}
    for package, how in sorted(uses.items()):
        if parts.source(package) not in table:
            unknown.add(parts.source(package))
            continue
        found.append(component(parts, package, how, as_licence(table[parts.source(package)][0])))
    if unknown:
        raise Unknown(f"licences.txt does not know {', '.join(sorted(unknown))}")
    return found


def dependencies(parts, found):
    """Who needs whom: the program what is linked and compiled in, each library what it names."""
    urls = {each["name"]: each["bom-ref"] for each in found}
    direct = [each["bom-ref"] for each in found if {"name": "winnow:use", "value": "loaded"} not in each["properties"]]
    shown = [{"ref": "winnow", "dependsOn": sorted(direct)}]
    for package, url in sorted(urls.items()):
        needs = parts.uses(package) if package in parts.libraries else ()
        shown.append({"ref": url, "dependsOn": sorted(urls[need] for need in needs)})
    return shown


def refuse_vendored(source):
    others = set(os.listdir(os.path.join(source, "src/thirdparty"))) - OUR_THIRDPARTY
    if others:
        raise Unknown(f"src/thirdparty/ has {', '.join(sorted(others))}, of which sbom.py knows nothing")


def moment(source):
    """SOURCE_DATE_EPOCH, or when the commit was made."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        epoch = subprocess.run(["git", "-C", source, "log", "-1", "--format=%ct"], check=True, capture_output=True,
                               text=True).stdout
    return datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(build, program):
    """The whole bill. Raises Unknown where it could not be complete."""
    refuse_vendored(build.source)
    parts = Parts(build, program)
    found = components(parts, licences())
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": moment(build.source),
            "component": {"type": "application", "bom-ref": "winnow", "name": "winnow",
                          "version": build.cache["CMAKE_PROJECT_VERSION"], "licenses": [as_licence("Apache-2.0")],
                          "hashes": [{"alg": "SHA-256", "content": sha256(program)}]}},
        "components": found, "dependencies": dependencies(parts, found)}
    digest = hashlib.sha256(json.dumps(bill, sort_keys=True).encode()).hexdigest()
    return bill | {"serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, 'winnow-sbom:' + digest)}"}


def lacks(bill, libraries, packages):
    """What a bill lacks of the names of shared libraries, and of the packages whose headers were read."""
    files = {file["name"] for each in bill["components"] for file in each.get("components", ())}
    named = {each["name"] for each in bill["components"]}
    named |= {each["value"] for part in bill["components"] for each in part["properties"] if each["name"] == "winnow:headers-of"}
    return sorted(set(libraries) - files) + sorted(set(packages) - named)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", required=True, help="the build folder")
    parser.add_argument("--out", help="the file to write; FOLDER/winnow.cdx.json where it is left out")
    arguments = parser.parse_args()
    out = arguments.out or os.path.join(arguments.build, "winnow.cdx.json")
    try:
        bill = document(Build(arguments.build), os.path.join(arguments.build, "winnow"))
    except Unknown as unknown:
        print(f"sbom: {unknown}", file=sys.stderr)
        return 1
    with open(out, "w", encoding="utf-8") as file:
        json.dump(bill, file, indent=2, sort_keys=True)
        file.write("\n")
    print(f"{out}: {len(bill['components'])} components", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
