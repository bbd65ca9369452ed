"""The API's description (OpenAPI 3.1) as a page reads it: endpoints, what they take and answer, and shapes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
_REF = "#/components/schemas/"


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    """In words: "text, at most 150 characters", "NewOption, a list"; a shape's name is in `shape`."""
    shape: str | None
    is_needed: bool
    about: str


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    name: str
    """For links within the page."""
    about: str
    parameters: tuple[Field, ...]
    takes: str | None
    """The name of the body's shape; None without a body."""
    answers: tuple[tuple[str, str, str | None], ...]
    """(status, what it means, the shape's name)."""


@dataclass(frozen=True)
class Shape:
    name: str
    about: str
    fields: tuple[Field, ...]


def endpoints(found: Schema) -> dict[str, list[Endpoint]]:
    """By tag, in the description's order."""
    told: dict[str, list[Endpoint]] = {}
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            told.setdefault(operation["tags"][0], []).append(_endpoint(method.upper(), path, operation))
    return told


def _endpoint(method: str, path: str, operation: Schema) -> Endpoint:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Endpoint(
        method=method,
        path=path,
        name=operation["operationId"],
        about=operation.get("description") or operation["summary"],
        parameters=tuple(_parameter(one) for one in operation.get("parameters", [])),
        takes=_shape_of(body.get("schema", {})),
        answers=tuple(_answer(status, one) for status, one in operation["responses"].items() if status < "300"),
    )


def _parameter(one: Schema) -> Field:
    place = {"path": "in the path", "query": "query", "header": "header"}[one["in"]]
    kind = f"{place}; {_kind(one['schema'])}"
    return Field(one["name"], kind, None, bool(one.get("required")), one.get("description", ""))


def _answer(status: str, one: Schema) -> tuple[str, str, str | None]:
    content: Schema = next(iter(one.get("content", {}).values()), {})
    return status, one["description"], _shape_of(content.get("schema", {}))


def refusals(found: Schema) -> list[tuple[str, str]]:
    """(status, what it means), of those that every endpoint may answer: the description says them for each."""
    responses = next(iter(next(iter(found["paths"].values())).values()))["responses"]
    return [(status, one["description"]) for status, one in responses.items() if status >= "400"]


def shapes(found: Schema) -> list[Shape]:
    """Those with fields, by name."""
    schemas = sorted(found["components"]["schemas"].items())
    return [
        Shape(name, one.get("description", ""), tuple(_fields(one))) for name, one in schemas if one.get("properties")
    ]


def _fields(shape: Schema) -> Iterator[Field]:
    needed = shape.get("required", ())
    for name, one in shape["properties"].items():
        yield Field(name, _kind(one), _shape_of(one), name in needed, one.get("description", ""))


def _shape_of(schema: Schema) -> str | None:
    """The name of the shape that a field has, or a list of it, or it or null."""
    for one in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
        if "$ref" in one:
            return str(one["$ref"]).removeprefix(_REF)
    return None


def _kind(schema: Schema) -> str:
    """In words, without the name of a shape."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(word for one in schema["anyOf"] if (word := _kind(one))))
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"a list{_bounds(schema, 'Items', 'of at most {} things')}"
    return _simple(schema)


_WORDS = {"string": "text", "null": "null", "object": "an object", "boolean": "true or false", "number": "number"}
_FORMATS = {"date-time": "moment", "uuid": "id"}


def _simple(schema: Schema) -> str:
    if schema.get("type") == "integer":
        return f"whole number{_range(schema)}"
    word = _FORMATS.get(schema.get("format", "")) or _WORDS.get(schema.get("type", ""), "")
    return word + _bounds(schema, "Length", "of at most {} characters")


def _bounds(schema: Schema, what: str, words: str) -> str:
    most = schema.get(f"max{what}")
    return f" {words.format(most)}" if most else ""


def _range(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and high is None:
        return ""
    return f" from {low:.0f}" if high is None or high >= 2**31 - 1 else f", {low:.0f} to {high:.0f}"
