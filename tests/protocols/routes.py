"""The routes of /openapi.json, with values for all their parameters."""

import re
from typing import NamedTuple
from urllib.parse import quote

#: Values of path parameters with which most routes answer 200, by name. Others get "0".
USUAL = {
    "version": "3",
    "region": "full",
    "size": "64,",
    "rotation": "0",
    "quality": "default",
    "group": "TileGroup0",
    "name": "macro",
    "format": "jpg",
    "layer": "0",
    "tile": "0",
}


class Parameter(NamedTuple):
    """A parameter of a route."""

    name: str
    #: `path`, `query` or `header`.
    place: str
    is_number: bool


class Route(NamedTuple):
    """A path of the document, with `{name}` where a parameter is."""

    path: str
    parameters: list[Parameter]

    def path_names(self):
        return re.findall(r"{(\w+)}", self.path)

    def target(self, slide, hostile=None):
        """The path, with the usual values except for those in `hostile`, which are not encoded."""
        values = USUAL | {"slide": slide} | (hostile or {})
        return re.sub(r"{(\w+)}", lambda found: values.get(found[1], "0"), self.path)


def read(document):
    """The routes of an OpenAPI document."""
    return [
        Route(path, [parameter(document, entry) for entry in entries(operations)])
        for path, operations in document["paths"].items()
    ]


def entries(operations):
    own = [operation for operation in operations.values() if isinstance(operation, dict)]
    return operations.get("parameters", []) + [entry for one in own for entry in one.get("parameters", [])]


def parameter(document, entry):
    entry = resolved(document, entry)
    schema = resolved(document, entry.get("schema", {}))
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    return Parameter(entry["name"], entry["in"], bool({"integer", "number"} & set(types)))


def resolved(document, entry):
    """What a `$ref` into the same document names."""
    while "$ref" in entry:
        name = entry["$ref"]
        entry = document
        for step in name.removeprefix("#/").split("/"):
            entry = entry[step.replace("~1", "/").replace("~0", "~")]
    return entry


def query(name, value):
    """A query of one parameter; what is encoded already stays so."""
    return f"?{quote(name)}={quote(value, safe='%')}"
