"""The house rules' checks, each held against samples that it must refuse and samples that it must let pass."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Check(unittest.TestCase):
    """Runs a check over a source tree made for the purpose."""

    script = ""

    def setUp(self):
        self.tree = pathlib.Path(tempfile.mkdtemp(prefix="winnow-lint-"))
        self.addCleanup(shutil.rmtree, self.tree)
        for folder in ("src/base", "src/expr", "src/pg", "include/winnow/base", "include/winnow/expr", "tests/lint"):
            (self.tree / folder).mkdir(parents=True)
        self.write("src/base/text.cpp", '#include "winnow/base/text.hpp"\n')
        self.write("include/winnow/base/text.hpp", "#include <string>\n")
        self.write("src/expr/text.cpp", '#include "winnow/base/text.hpp"\n')
        self.write("src/pg/text.cpp", '#include "winnow/base/text.hpp"\n')
        self.write("tests/lint/layers.txt", "# The functional core.\nbase:\nexpr: base\n# The shell.\npg: base\n")

    def write(self, path, text):
        (self.tree / path).write_text(text, encoding="utf-8")

    def run_check(self):
        return subprocess.run([HERE / self.script], cwd=self.tree, capture_output=True, text=True, check=False)

    def passes(self):
        result = self.run_check()
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def fails(self, *words):
        result = self.run_check()
        self.assertNotEqual(result.returncode, 0, "the check let it pass")
        self.assertEqual(result.stderr, "", "the check itself failed")
        for word in words:
            self.assertIn(word, result.stdout)


class Layers(Check):
    script = "check_layers.sh"

    def test_what_the_table_allows_passes(self):
        self.write("src/expr/lexer.cpp", '#include "expr/lexer.hpp"\n#include "winnow/base/text.hpp"\n')
        self.passes()

    def test_a_module_that_is_not_allowed(self):
        self.write("src/expr/lexer.cpp", '#include <string>\n#include "winnow/pg/options.hpp"\n')
        self.fails("src/expr/lexer.cpp:2: expr may not include pg")

    def test_a_private_header_of_another_module(self):
        self.write("src/expr/lexer.cpp", '#include "base/inside.hpp"\n')
        self.fails("src/expr/lexer.cpp:1: private header of base")

    def test_a_public_header_that_includes_a_private_one(self):
        self.write("include/winnow/expr/lexer.hpp", '#include "expr/inside.hpp"\n')
        self.fails("include/winnow/expr/lexer.hpp:1: public header includes private expr/inside.hpp")

    def test_a_module_that_the_table_does_not_know(self):
        (self.tree / "src/misc").mkdir()
        self.write("src/misc/a.cpp", "int a;\n")
        self.fails("module misc is not in tests/lint/layers.txt")

    def test_a_cycle_in_the_table(self):
        self.write("tests/lint/layers.txt", "base: pg\nexpr: base\npg: base\n")
        self.fails("base lists pg before it is defined")

    def test_a_module_that_is_allowed_and_not_used(self):
        self.write("tests/lint/layers.txt", "base:\nexpr: base\npg: base expr\n")
        self.fails("layers.txt: pg does not use expr")
        self.write("src/pg/lexer.cpp", '#include "winnow/expr/lexer.hpp"\n')
        self.passes()

    def test_what_a_public_header_shows_is_used(self):
        self.write("tests/lint/layers.txt", "base:\nexpr: base\npg: expr base\n")
        self.write("include/winnow/expr/lexer.hpp", '#include "winnow/base/text.hpp"\n')
        self.write("src/pg/text.cpp", '#include "winnow/expr/lexer.hpp"\n')
        self.passes()
        self.write("include/winnow/expr/lexer.hpp", "int a;\n")
        self.fails("layers.txt: pg does not use base")

    def test_a_module_that_is_linked_and_not_used(self):
        self.write("src/CMakeLists.txt", "# as winnow::none\nwinnow_module(base)\nwinnow_module(expr LINKS winnow::base)\n"
                                         "winnow_module(pg LINKS winnow::base\n  PRIVATE_LINKS winnow::expr PkgConfig::pqxx)\n")
        self.fails("src/CMakeLists.txt: pg does not use expr")
        self.write("src/CMakeLists.txt", "winnow_module(pg LINKS winnow::base)\n")
        self.passes()


class Table(unittest.TestCase):
    """The table itself: what no line of it may come to allow, over however many modules."""

    def setUp(self):
        self.lines = {}
        for line in (HERE / "layers.txt").read_text(encoding="utf-8").splitlines():
            module, colon, allowed = line.partition(":")
            if colon and not line.startswith("#"):
                self.lines[module] = set(allowed.split())

    def reached_from(self, module):
        return set().union(*({allowed} | self.reached_from(allowed) for allowed in self.lines[module]))

    def test_the_command_line_is_a_client(self):
        self.assertIn("cli", self.lines)
        self.assertEqual(self.reached_from("cli") & {"http", "pg", "pipeline", "journal", "delivery", "api", "app"}, set())

    def test_the_database_and_the_wire_know_nothing_of_each_other(self):
        self.assertNotIn("http", self.reached_from("pg"))
        self.assertNotIn("pg", self.reached_from("http"))


class Pure(Check):
    script = "check_pure.sh"

    def test_arithmetic_passes(self):
        self.write("src/expr/lexer.cpp", "#include <chrono>\n#include <openssl/sha.h>\n#include <sstream>\n")
        self.passes()

    def test_the_shell_may_do_what_the_core_may_not(self):
        self.write("src/pg/watchdog.cpp", "#include <thread>\nauto now = std::chrono::steady_clock::now();\n")
        self.passes()

    def test_each_thing_that_is_not_pure(self):
        for line in ("#include <boost/asio/io_context.hpp>", "#include <boost/beast/http.hpp>", "#include <pqxx/pqxx>",
                     "#include <spdlog/spdlog.h>", "#include <openssl/ssl.h>", "#include <openssl/rand.h>",
                     "#include <openssl/evp.h>", "#include <thread>", "#include <fstream>", "#include <iostream>",
                     "auto t = std::chrono::system_clock::now();", "auto t = std::chrono::steady_clock::now();",
                     "std::random_device dice;", 'auto* home = std::getenv("HOME");'):
            for path in ("src/expr/lexer.cpp", "include/winnow/expr/lexer.hpp"):
                with self.subTest(line=line, path=path):
                    self.write(path, "int before;\n" + line + "\n")
                    self.fails(path + ":2:")
                    os.unlink(self.tree / path)


    def test_the_core_is_the_tables(self):
        self.write("src/expr/lexer.cpp", "#include <thread>\n")
        self.fails("src/expr/lexer.cpp:1:")
        self.write("tests/lint/layers.txt", "# The functional core.\nbase:\n# The shell.\nexpr: base\n")
        self.passes()
        self.write("tests/lint/layers.txt", "base:\nexpr: base\n")
        self.fails("no functional core")

    def test_what_all_of_the_core_is_held_to(self):
        shutil.copy(HERE / "layers.txt", self.tree / "tests/lint/layers.txt")
        (self.tree / "src/backtest").mkdir()
        self.write("src/backtest/draft.cpp", "#include <thread>\n")
        self.fails("src/backtest/draft.cpp:1:")


class Heavy(Check):
    script = "check_heavy.sh"

    def setUp(self):
        super().setUp()
        self.write("tests/lint/heavy_headers.txt", "# a comment\nCLI/: src/expr/syntax.cpp\npqxx/: src/pg tests\n")

    def test_where_they_are_allowed(self):
        self.write("src/expr/syntax.cpp", "#include <CLI/CLI.hpp>\n")
        self.write("src/pg/store.cpp", "#include <pqxx/result>\n#include <string>\n")
        self.passes()

    def test_elsewhere(self):
        self.write("src/expr/lexer.cpp", "#include <string>\n#include <CLI/App.hpp>\n")
        self.fails("src/expr/lexer.cpp:2: CLI/App.hpp is heavy, and kept to src/expr/syntax.cpp")

    def test_a_folder_whose_name_only_begins_like_an_allowed_one(self):
        (self.tree / "src/pgx").mkdir()
        self.write("src/pgx/store.cpp", "#include <pqxx/result>\n")
        self.fails("src/pgx/store.cpp:1: pqxx/result is heavy")

    def test_a_public_header(self):
        self.write("include/winnow/expr/lexer.hpp", "#include <pqxx/result>\n")
        self.fails("include/winnow/expr/lexer.hpp:1:")


class Size(Check):
    script = "check_size.sh"

    def test_400_lines_pass(self):
        self.write("src/expr/lexer.cpp", "int a;\n" * 400)
        self.passes()

    def test_401_lines_in_each_folder(self):
        for path in ("src/expr/lexer.cpp", "include/winnow/expr/lexer.hpp", "tests/long_test.cpp"):
            with self.subTest(path=path):
                self.write(path, "int a;\n" * 401)
                self.fails(path + ": 401 lines")
                os.unlink(self.tree / path)


class Rooms(Check):
    script = "check_rooms.sh"

    def fill(self, folder, files):
        (self.tree / folder).mkdir(parents=True, exist_ok=True)
        for number in range(files - len(list((self.tree / folder).glob("*.*")))):
            self.write(f"{folder}/part_{number}.cpp", "int a;\n")

    def test_30_files_pass(self):
        self.fill("src/expr", 30)
        self.passes()

    def test_31_files_in_each_folder(self):
        for folder in ("src/expr", "src/expr/matchers", "include/winnow/expr", "tests/unit/expr"):
            with self.subTest(folder=folder):
                self.fill(folder, 31)
                self.fails(folder + ": 31 files")
                shutil.rmtree(self.tree / folder)

    def test_files_that_are_no_sources_count(self):
        self.fill("src/expr", 30)
        self.write("src/expr/CMakeLists.txt", "")
        self.fails("src/expr: 31 files")

    def test_what_stands_below_counts_there(self):
        for room in ("cel", "matchers"):
            self.fill(f"src/expr/{room}", 16)
        self.passes()

    def test_data_is_no_room(self):
        self.fill("tests/fuzz/corpus/condition", 40)
        self.fill("tests/integration/pg/__pycache__", 0)
        for number in range(40):
            self.write(f"tests/integration/pg/__pycache__/{number}.pyc", "")
        self.passes()

    def test_the_rest_of_fuzzing_is_one(self):
        self.fill("tests/fuzz", 31)
        self.fails("tests/fuzz: 31 files")


class Mirror(Check):
    script = "check_mirror.sh"

    def setUp(self):
        super().setUp()
        for folder in ("src/api/rules", "src/expr/cel", "tests/unit/expr/cel", "tests/integration/api/rules", "tests/integration/flow/any"):
            (self.tree / folder).mkdir(parents=True)

    def test_the_rooms_of_src_pass(self):
        self.passes()

    def test_a_room_that_src_does_not_have(self):
        for folder, room in (("tests/unit/expr/cell", "src/expr/cell"), ("tests/unit/expr/cel/deep", "src/expr/cel/deep"),
                             ("tests/unit/exprs", "src/exprs"), ("tests/integration/api/config", "src/api/config"),
                             ("tests/integration/pg/config", "src/pg/config")):
            with self.subTest(folder=folder):
                (self.tree / folder).mkdir(parents=True)
                self.fails(f"{folder}: there is no {room}")
                (self.tree / folder).rmdir()


class Circles(Check):
    script = "check_circles.sh"

    def setUp(self):
        super().setUp()
        for room in ("cel", "values", "checks"):
            (self.tree / f"src/expr/{room}").mkdir()
        self.write("tests/lint/circles.txt", "# none\n")
        self.write("src/expr/cel/a.cpp", '#include "expr/values/b.hpp"\n#include "expr/cel/c.hpp"\n')
        self.write("src/expr/values/b.cpp", '#include "winnow/base/text.hpp"\n#include "expr/value.hpp"\n')
        self.write("src/expr/text.cpp", '#include "expr/cel/a.hpp"\n')

    def test_one_way_passes(self):
        self.passes()

    def test_two_rooms_that_include_each_other(self):
        self.write("src/expr/values/b.cpp", '#include "expr/cel/a.hpp"\n')
        self.fails("src/expr/values/b.cpp:1: expr/values includes expr/cel")

    def test_a_circle_of_three(self):
        self.write("src/expr/values/b.cpp", '#include "expr/checks/d.hpp"\n')
        self.write("src/expr/checks/d.cpp", '#include "expr/cel/a.hpp"\n')
        self.fails("src/expr/checks/d.cpp:1: expr/checks includes expr/cel")

    def test_a_known_include(self):
        self.write("src/expr/values/b.cpp", '#include "expr/cel/a.hpp"\n')
        self.write("tests/lint/circles.txt", "# why\nexpr/values expr/cel\n")
        self.passes()
        self.write("src/expr/values/b.cpp", "int b;\n")
        self.fails("tests/lint/circles.txt:2: expr/values no longer includes expr/cel")


class CoAwait(Check):
    script = "check_coawait.sh"

    def coroutine(self, body):
        self.write("src/pg/c.cpp", "task<int> run(std::string text)\n{\n" + body + "\n}\n")

    def test_plain_statements_pass(self):
        self.coroutine("    auto answer = explain(413);\n"
                       "    auto [data, size] = co_await read(socket);\n"
                       "    if (co_await send(turn, std::move(answer))) co_return 1;\n"
                       "    const std::vector<int> numbers{1, 2};\n"
                       "    co_return co_await last(numbers);")
        self.passes()

    def test_a_conditional_with_co_await(self):
        self.coroutine("    co_return ready ? co_await one() : 2;")
        self.fails("src/pg/c.cpp:3: ?: with co_await")

    def test_a_lambda_that_owns_its_captures(self):
        self.coroutine("    co_await spawn([text] { return text; });")
        self.fails("owning-capture lambda with co_await")

    def test_a_braced_temporary(self):
        self.coroutine("    co_await send(turn, Response{413});")
        self.fails("src/pg/c.cpp:3: braced temporary with co_await")

    def test_an_aggregate_from_co_await(self):
        self.coroutine("    Answer answer{co_await read(socket)};")
        self.fails("src/pg/c.cpp:3: aggregate initialised from co_await")

    def test_a_statement_over_several_lines(self):
        self.coroutine("    const auto size = co_await measure(\n        wide ? 1\n             : 2);")
        self.fails("?: with co_await")

    def test_a_comment_is_no_statement(self):
        self.coroutine("    co_await one();  // never ready ? co_await one() : two()")
        self.passes()


del Check  # a base, not a suite

if __name__ == "__main__":
    unittest.main()
