"""The JSON Schema of events, beside the proto: for producers that validate before they send. Part of `make protos`."""

import json
import sys
from pathlib import Path
from typing import Any

from contracts.topics import MAX_PAYLOAD_BYTES
from contracts.user_events import EVENT_TYPES, WITH_PRODUCTS
from gateway.openapi import schemas_of
from shopkeeper.events.v1.events_pb2 import UserEvent

ROOT = "events.v1.UserEvent"
WANTED_BY = {"search": "searchQuery", "category-page-view": "pageCategories", "chat-preference": "preferences"}
IDS = ("visitorId", "userId", "sessionId", "cartId", "pageViewId")


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a UserEvent in proto3 JSON, names in camelCase."""
    text = json.dumps(schemas_of(UserEvent.DESCRIPTOR)).replace("#/components/schemas/", "#/$defs/")
    defs: dict[str, Any] = json.loads(text)
    event = defs.pop(ROOT)
    fields = event["properties"]
    fields["eventId"]["format"] = "uuid"
    fields["eventType"]["enum"] = sorted(EVENT_TYPES)
    fields["visitorId"]["minLength"] = 1
    for name in IDS:
        fields[name]["maxLength"] = 128
    defs.pop("Error", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:shopkeeper:events:v1:UserEvent",
        "title": "UserEvent",
        "$comment": f"Made from events.proto by `make protos`. At most {MAX_PAYLOAD_BYTES} bytes.",
        **event,
        "required": ["eventId", "eventType", "visitorId"],
        "additionalProperties": False,
        "allOf": [*map(_needs, sorted(WITH_PRODUCTS), ["productDetails"] * len(WITH_PRODUCTS)), *_others()],
        "$defs": defs,
    }


def _needs(event_type: str, field: str) -> dict[str, Any]:
    return {
        "if": {"properties": {"eventType": {"const": event_type}}, "required": ["eventType"]},
        "then": {"required": [field]},
    }


def _others() -> list[dict[str, Any]]:
    return [_needs(event_type, field) for event_type, field in WANTED_BY.items()]


def generate(destination: Path) -> None:
    path = destination / "protos" / "shopkeeper" / "events" / "v1" / "events.schema.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    generate(Path(sys.argv[1]))
