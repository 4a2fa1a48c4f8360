"""The OpenAPI 3.1 document of the HTTP door, made from the contracts and their comments.

Spec: https://spec.openapis.org/oas/v3.1.0; JSON mapping: https://protobuf.dev/programming-guides/json/
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor

from gateway import passing
from gateway.identity import COOKIE
from gateway.transcoding import Route, routes

JSON = "application/json"
COMMENTS = Path(__file__).parent / "comments.json"
Schema = dict[str, Any]

_SCALARS: Mapping[int, Schema] = {
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_INT64: {"type": "string", "format": "int64"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
}
_GOOGLE: Mapping[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Int32Value": {"type": "integer", "format": "int32"},
    "google.protobuf.Int64Value": {"type": "string", "format": "int64"},
    "google.protobuf.DoubleValue": {"type": "number", "format": "double"},
}
_ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "status", "message"],
            "properties": {
                "code": {"type": "integer", "description": "The HTTP status."},
                "status": {"type": "string", "description": "The gRPC code, e.g. INVALID_ARGUMENT."},
                "message": {"type": "string"},
                "details": {
                    "type": "array",
                    "description": "google.rpc.ErrorInfo, and BadRequest or RetryInfo where they help.",
                    "items": {"type": "object"},
                },
            },
        }
    },
}


def document(services: Iterable[ServiceDescriptor]) -> Mapping[str, Any]:
    """All methods of the services that have an HTTP rule, with every message that they speak of."""
    known = list(services)
    schemas: dict[str, Schema] = {"Error": _ERROR}
    paths: dict[str, Schema] = {}
    for service in known:
        for route in routes(service):
            paths.setdefault(route.path, {})[route.verb.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shopkeeper", "version": "v1", "description": _comment(known[0].full_name)},
        "tags": [{"name": each.name, "description": _comment(each.full_name)} for each in known],
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": _SECURITY},
    }


def schemas_of(message: Descriptor) -> dict[str, Schema]:
    """The message and every one that it speaks of, by name; references point below `#/components/schemas/`."""
    schemas: dict[str, Schema] = {}
    _reference(message, schemas)
    return schemas


_SECURITY: Mapping[str, Schema] = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "A team; it names the visitor."},
    "shopper": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A logged-in shopper."},
    "visitor": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "A browser; given on first contact."},
}


def _operation(route: Route, schemas: dict[str, Schema]) -> Schema:
    method = route.method
    for_all = passing.for_everyone(method)
    media_type = "text/event-stream" if method.server_streaming else JSON
    operation: Schema = {
        "operationId": f"{method.containing_service.name}_{method.name}",
        "tags": [method.containing_service.name],
        "description": _comment(method.full_name),
        "parameters": _parameters(route),
        "responses": {
            "200": _content(_answers(method), _part(method.output_type, route.response_body, schemas), media_type),
            "default": _content("An error.", {"$ref": "#/components/schemas/Error"}),
        },
        "security": [{"apiKey": []}, {"shopper": []}, {"visitor": []}] if for_all else [{"apiKey": []}],
    }
    if route.body:
        body = "" if route.body == "*" else route.body
        operation["requestBody"] = {"required": True, **_content(None, _part(method.input_type, body, schemas))}
    return operation


def _answers(method: MethodDescriptor) -> str:
    if not method.server_streaming:
        return "The answer."
    return (
        "Server-sent events: the schema is that of each `data:` line. What fails once they have begun is a last event "
        "named `error`, whose data is an Error."
    )


def _content(description: str | None, schema: Schema, media_type: str = JSON) -> Schema:
    content = {"content": {media_type: {"schema": schema}}}
    return {"description": description, **content} if description else content


def _parameters(route: Route) -> Sequence[Schema]:
    fields = route.method.input_type.fields_by_name
    in_path = [_parameter(fields[name], "path") for name in route.path_fields]
    return in_path + [_parameter(field, "query") for field in route.query_fields()]


def _parameter(field: FieldDescriptor, place: str) -> Schema:
    name = field.name if place == "path" else field.json_name
    described = _described(field, {"name": name, "in": place, "required": place == "path"})
    return {**described, "schema": _single(field, {})}


def _part(message: Descriptor, field: str, schemas: dict[str, Schema]) -> Schema:
    """The schema of a message, or of one field of it."""
    return _field(message.fields_by_name[field], schemas) if field else _reference(message, schemas)


def _field(field: FieldDescriptor, schemas: dict[str, Schema]) -> Schema:
    single = _single(field, schemas)
    return {"type": "array", "items": single} if field.is_repeated else single


def _single(field: FieldDescriptor, schemas: dict[str, Schema]) -> Schema:
    if field.enum_type:
        return _enum(field.enum_type)
    if field.message_type:
        return dict(_GOOGLE.get(field.message_type.full_name) or _reference(field.message_type, schemas))
    return dict(_SCALARS[field.type])


def _enum(enum: EnumDescriptor) -> Schema:
    meanings = ((value.name, _comment(f"{enum.full_name}.{value.name}")) for value in enum.values)
    told = (f"{name}: {meaning}" for name, meaning in meanings if meaning)
    text = "\n".join(filter(None, [_comment(enum.full_name), *told]))
    return {"type": "string", "enum": [value.name for value in enum.values], **({"description": text} if text else {})}


def _reference(message: Descriptor, schemas: dict[str, Schema]) -> Schema:
    """`shopkeeper.recommender.v1.Profile` -> recommender.v1.Profile, declared once."""
    name = message.full_name.removeprefix("shopkeeper.")
    if name not in schemas:
        schemas[name] = {}  # stands while its fields are read: a message may hold itself
        properties = {field.json_name: _described(field, _field(field, schemas)) for field in message.fields}
        text = _comment(message.full_name)
        described = {"description": text} if text else {}
        schemas[name] = {"type": "object", **described, "properties": properties}
    return {"$ref": f"#/components/schemas/{name}"}


def _described(field: FieldDescriptor, schema: Schema) -> Schema:
    text = _comment(field.full_name)
    return {**schema, "description": text} if text else schema


def _comment(full_name: str) -> str:
    return _comments().get(full_name, "")


@cache
def _comments() -> Mapping[str, str]:
    loaded: Mapping[str, str] = json.loads(COMMENTS.read_text())
    return loaded
