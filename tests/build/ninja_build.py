"""What a build folder knows of the build it has made: what each object was read from, what the program is linked with."""

import os
import re
import shutil
import subprocess
import tempfile


class Build:
    """A configured folder in which the program has been built."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.cache = self._read_cache()
        self.source = self.cache["CMAKE_HOME_DIRECTORY"]
        self.ninja = self.cache["CMAKE_MAKE_PROGRAM"]
        self._inputs = None

    def _read_cache(self):
        cache = {}
        with open(os.path.join(self.folder, "CMakeCache.txt"), encoding="utf-8") as lines:
            for line in lines:
                found = re.match(r"([^#/][^:=]*):[A-Z]+=(.*)$", line.rstrip("\n"))
                if found:
                    cache[found[1].strip('"')] = found[2]
        return cache

    def tool(self, *arguments, folder=None):
        return subprocess.run([self.ninja, "-C", folder or self.folder, "-t", *arguments], check=True, capture_output=True,
                              text=True).stdout

    @property
    def inputs(self):
        """Output (object or precompiled header, relative to the folder) -> the absolute paths it was made from."""
        if self._inputs is None:
            self._inputs = {}
            current = None
            for line in self.tool("deps").splitlines():
                if line.startswith("    "):
                    path = os.path.join(self.folder, line[4:])
                    current.append(os.path.normpath(path))
                elif ": #deps " in line:
                    current = self._inputs.setdefault(line.split(": #deps ")[0], [])
            built = set(re.findall(r"^(\S+):", self.tool("targets", "all"), re.MULTILINE))
            # ninja remembers objects of sources that are gone.
            self._inputs = {output: paths for output, paths in self._inputs.items() if output in built}
        return self._inputs

    def product_objects(self):
        return {output: paths for output, paths in self.inputs.items() if output.startswith("src/")}

    def is_ours(self, path):
        return path.startswith((self.source + os.sep, self.folder + os.sep))

    def own_headers(self, output):
        """What this object alone had to read: without what its target's precompiled header holds."""
        parts = output.split(".dir/")[0] + ".dir/cmake_pch.hxx.pch"
        held = set(self.inputs.get(parts, ())) if parts != output else set()
        return [path for path in self.inputs[output] if path not in held]

    def libraries(self, target):
        """The files from outside of the build that the target is linked with."""
        found = []
        for line in self.tool("query", target).splitlines():
            path = line.strip().lstrip("|").strip()
            if line.strip() == "outputs:":
                break
            if os.path.isabs(path) and not self.is_ours(path):
                found.append(path)
        return found

    def programs(self):
        """Those that our own files ask for. CMake takes the rest (ar, strip …) as it finds them; binutils has them."""
        named = ("CMAKE_CXX_COMPILER", "CMAKE_COMMAND", "CMAKE_MAKE_PROGRAM", "PKG_CONFIG_EXECUTABLE", "CCACHE", "LLD")
        # Configured twice, the cache holds the compiler by its name alone.
        return sorted(filter(None, (shutil.which(self.cache[name]) for name in named)))

    def configuration(self):
        """The files from outside that configuring the program alone reads: what find_package() has found."""
        with tempfile.TemporaryDirectory(prefix="winnow-configure-") as folder:
            subprocess.run([self.cache["CMAKE_COMMAND"], "-S", self.source, "-B", folder, "-G", "Ninja",
                            f"-DCMAKE_CXX_COMPILER={self.cache['CMAKE_CXX_COMPILER']}", "-DWINNOW_TESTS=OFF"],
                           check=True, capture_output=True)
            inputs = self.tool("query", "build.ninja", folder=folder)
        return [path for path in map(str.strip, inputs.replace("|", " ").splitlines())
                if os.path.isabs(path) and not path.startswith(folder) and not self.is_ours(path)
                and os.path.isfile(path)]
