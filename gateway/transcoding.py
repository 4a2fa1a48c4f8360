"""HTTP/JSON <-> protobuf by the `google.api.http` options of the contracts (google/api/http.proto; AIP-127)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from google.api import annotations_pb2
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from servicekit.errors import InvalidInput, Violation

MAX_DEPTH = 32
"""How deep JSON may nest; our own messages nest five deep."""


@dataclass(frozen=True)
class Route:
    """One method over HTTP. `body`: "*", a field's name, or "" for none; `response_body`: a field's name or ""."""

    method: MethodDescriptor
    verb: str
    path: str
    body: str
    response_body: str

    @property
    def path_fields(self) -> Sequence[str]:
        return re.findall(r"{([a-z_.]+)}", self.path)

    def query_fields(self) -> Sequence[FieldDescriptor]:
        """Fields of the request that the query string may set."""
        taken = {*self.path_fields, self.body}
        return [] if self.body == "*" else [field for field in self.method.input_type.fields if field.name not in taken]


def routes(service: ServiceDescriptor) -> Iterator[Route]:
    """The methods of a service that have an HTTP rule."""
    for method in service.methods:
        rule = method.GetOptions().Extensions[annotations_pb2.http]
        verb = rule.WhichOneof("pattern")
        if verb:
            yield Route(method, verb.upper(), getattr(rule, verb), rule.body, rule.response_body)


def decode(route: Route, path: Mapping[str, str], query: Sequence[tuple[str, str]], body: bytes) -> Message:
    """The request message. Raises InvalidInput naming what is wrong."""
    parsed = _parse_json(body) if route.body and body else {}
    request = GetMessageClass(route.method.input_type)()
    tree: dict[str, Any] = parsed if route.body == "*" else {route.body: parsed} if route.body else {}
    _set_query(route, tree, query)
    for name, value in path.items():
        _set(tree, name.split("."), value)
    return _fill(request, tree)


def encode(route: Route, response: Message) -> bytes:
    """The answer in protobuf's JSON mapping; fields at their default are left out."""
    answer = getattr(response, route.response_body) if route.response_body else response
    return msgspec.json.encode(json_format.MessageToDict(answer))


def _parse_json(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.of(Violation("body", f"is not JSON: {error}")) from error
    if not isinstance(parsed, dict):
        raise InvalidInput.of(Violation("body", f"must be a JSON object, not {type(parsed).__name__}"))
    return parsed


def _fill(request: Message, tree: dict[str, Any]) -> Message:
    try:
        return json_format.ParseDict(tree, request, max_recursion_depth=MAX_DEPTH)
    except (json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput.of(Violation(_field_of(str(error)), _plain(str(error)))) from error


def _plain(message: str) -> str:
    return re.sub(r"Failed to parse \w+ field: ", "", message).split("\n")[0].rstrip(".")[:500]


def _field_of(message: str) -> str:
    """`events[3].productDetails` from protobuf's nested "Failed to parse X field: Failed to parse Y field: ..."."""
    return ".".join(re.findall(r"Failed to parse (\w+) field:", message)) or "body"


def _set_query(route: Route, tree: dict[str, Any], query: Sequence[tuple[str, str]]) -> None:
    allowed = {name: field for field in route.query_fields() for name in (field.name, field.json_name)}
    for name, text in query:
        first, *rest = name.split(".")
        if first not in allowed:
            raise InvalidInput.of(Violation(name, "is not a query parameter of this call"))
        field, names = _resolve(name, allowed[first], rest)
        _set(tree, names, _value(name, field, text), repeated=field.is_repeated)


def _resolve(name: str, field: FieldDescriptor, rest: Sequence[str]) -> tuple[FieldDescriptor, list[str]]:
    names = [field.name]
    for part in rest:
        message = field.message_type
        inner = message and {**message.fields_by_name, **message.fields_by_camelcase_name}.get(part)
        if not inner or field.is_repeated:
            raise InvalidInput.of(Violation(name, f"has no field {part}"))
        field = inner
        names.append(field.name)
    return field, names


def _value(name: str, field: FieldDescriptor, text: str) -> Any:
    """A query parameter's text as JSON would have it; the JSON parser itself reads numbers from text."""
    kind = _wrapped(field.message_type) if field.message_type else field.type
    if kind is None:
        raise InvalidInput.of(Violation(name, "is a message; set its fields, as in a.b=value"))
    if kind == FieldDescriptor.TYPE_BOOL:
        if text not in ("true", "false"):
            raise InvalidInput.of(Violation(name, f"{text[:100]!r} is neither true nor false"))
        return text == "true"
    return text


def _wrapped(message: Descriptor) -> int | None:
    """The type inside a wrapper; text for what JSON writes as text; None for other messages."""
    if message.full_name in ("google.protobuf.Timestamp", "google.protobuf.Duration"):
        return int(FieldDescriptor.TYPE_STRING)
    is_wrapper = message.full_name.startswith("google.protobuf.") and message.full_name.endswith("Value")
    return int(message.fields_by_name["value"].type) if is_wrapper and "value" in message.fields_by_name else None


def _set(tree: dict[str, Any], names: Sequence[str], value: Any, *, repeated: bool = False) -> None:
    for name in names[:-1]:
        tree = tree.setdefault(name, {})
    if repeated:
        tree.setdefault(names[-1], []).append(value)
    else:
        tree[names[-1]] = value
