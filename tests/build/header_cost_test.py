"""What the program's files have to read of headers is bounded, so that `./dev run` on a new machine stays short.

Reading is what most of a small file's compilation is; bytes are the same on every machine, seconds are not. Counted is what
a file reads beyond its target's precompiled header. docs/decisions/precompiled-headers.md says where the time goes."""

import os
import unittest

from ninja_build import Build

# Mended by a line in src/CMakeLists.txt (PRECOMPILE), by a forward declaration, or by a thin header of our own.
MOST_OF_A_FILE = 5_000_000
MOST_ON_AVERAGE = 500_000
ALONE = {"src/CMakeFiles/winnow_asio.dir/thirdparty/asio_beast.cpp.o",  # there so that no other file has to
         "src/CMakeFiles/winnow_routing.dir/routing/payload.cpp.o"}     # a module of two files


class HeaderCost(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build = Build(os.environ["WINNOW_BUILD"])
        if build.cache["WINNOW_PCH"].upper() not in ("ON", "TRUE"):
            raise unittest.SkipTest("this build folder has no precompiled headers")
        cls.read = {}
        for output in build.product_objects():
            if output.endswith(".o"):
                cls.read[output] = sum(os.path.getsize(path) for path in build.own_headers(output)
                                       if os.path.exists(path))

    def test_the_facts_are_there(self):
        self.assertGreater(len(self.read), 250)
        self.assertTrue(all(self.read.values()))
        self.assertLessEqual(ALONE, set(self.read))

    def test_no_file_reads_too_much(self):
        over = {output: size for output, size in self.read.items() if size > MOST_OF_A_FILE and output not in ALONE}
        self.assertEqual(over, {})

    def test_files_read_little_on_average(self):
        counted = [size for output, size in self.read.items() if output not in ALONE]
        self.assertLess(sum(counted) / len(counted), MOST_ON_AVERAGE)

    def test_without_precompiled_headers_it_would_be_noticed(self):
        build = Build(os.environ["WINNOW_BUILD"])
        whole = [sum(os.path.getsize(path) for path in build.inputs[output] if os.path.exists(path))
                 for output in self.read if output not in ALONE]
        self.assertGreater(sum(whole) / len(whole), MOST_ON_AVERAGE)


if __name__ == "__main__":
    unittest.main()
