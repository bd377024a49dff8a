// Prints the CEL specification's test cases, one JSON object a line, from the npm package that carries them.
import * as conformance from "@bufbuild/cel-spec/testdata/conformance.js";

function print(suite, path) {
  for (const test of suite.tests ?? []) console.log(JSON.stringify({ path, test: test.original }));
  for (const inner of suite.suites ?? []) print(inner, path === "" ? inner.name : `${path}/${inner.name}`);
}

print(conformance.tests, "");
