"""The route table of both listeners, and every place in it where an id can stand.

It is read from docs/openapi.yaml, which another test (`unit_api`, OpenApi) holds equal to the routers. Pure.
"""

import dataclasses
import os

import yaml

OPENAPI = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 4, "docs", "openapi.yaml")
METHODS = ("get", "put", "post", "patch", "delete")
IDS = ("Id", "IdOrNull")
DEEPEST = 12


@dataclasses.dataclass(frozen=True)
class Route:
    """One method of one path on one listener."""

    listener: str  # "customer" or "management"
    method: str
    path: str
    permission: str
    operation: str
    in_path: tuple  # names of path parameters
    in_query: tuple  # names of query parameters
    in_head: tuple  # names of headers that it documents
    in_body: tuple  # JSON pointers of the ids that may stand in a body; "-" is any element
    has_body: bool

    def __str__(self):
        return f"{self.method} {self.path} ({self.listener})"


class Document:
    def __init__(self, root):
        self.root = root

    def resolved(self, node):
        """What a node says, or refers to."""
        while "$ref" in node:
            target = self.root
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def schema(self, name):
        return self.root["components"]["schemas"].get(name, {})

    def ids(self, schema, pointer="", depth=0):
        """The pointers of all members that hold an id and may be written. `FooPatch` says of its members only their names:
        they are those of `FooWrite`."""
        if not isinstance(schema, dict) or schema.get("readOnly") or depth > DEEPEST:
            return set()
        name = schema.get("$ref", "").rpartition("/")[2]
        node = self.resolved(schema)
        if name in IDS or node.get("format") == "uuid":
            return {pointer}
        found = set()
        for member, inner in node.get("properties", {}).items():
            if inner == {} and name.endswith("Patch"):
                inner = self.schema(name.removesuffix("Patch") + "Write").get("properties", {}).get(member, {})
            found |= self.ids(inner, f"{pointer}/{member}", depth + 1)
        found |= self.ids(node.get("items"), pointer + "/-", depth + 1)
        for many in ("oneOf", "anyOf", "allOf"):
            for one in node.get(many, []):
                found |= self.ids(one, pointer, depth + 1)
        return found

    def body(self, operation):
        """The pointers, and whether there is a body at all."""
        if "requestBody" not in operation:
            return set(), False
        found = set()
        for content in self.resolved(operation["requestBody"])["content"].values():
            found |= self.ids(content["schema"])
        return found, True

    def routes_of(self, path, item, method):
        operation = item[method]
        parameters = [self.resolved(each) for each in item.get("parameters", []) + operation.get("parameters", [])]
        ids, has_body = self.body(operation)

        def named(where):
            return tuple(each["name"] for each in parameters if each["in"] == where)

        listener = operation.get("x-listener", "customer")
        route = Route(listener, method.upper(), path, operation["x-permission"], operation["operationId"], named("path"),
                      named("query"), named("header"), tuple(sorted(ids)), has_body)
        twin = operation.get("x-management-operation-id")  # it answers on both
        return [route] + ([dataclasses.replace(route, listener="management", operation=twin)] if twin else [])


def read_routes():
    """All of them, in the document's order."""
    with open(OPENAPI, encoding="utf-8") as text:
        document = Document(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    return [route for path, item in document.root["paths"].items() for method in METHODS if method in item
            for route in document.routes_of(path, item, method)]
