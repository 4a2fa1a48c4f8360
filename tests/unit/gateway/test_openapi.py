"""The OpenAPI document says what the door does."""

import json

from gateway import openapi, transcoding
from gateway.http import SERVICES

DOCUMENT = openapi.document(SERVICES)


def references(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if "$ref" in node else set()
        return own.union(*(references(each) for each in node.values()))
    return set().union(*(references(each) for each in node)) if isinstance(node, list) else set()


def test_every_route_is_described_and_nothing_else():
    routes = {(route.path, route.verb.lower()) for service in SERVICES for route in transcoding.routes(service)}
    assert routes == {(path, verb) for path, verbs in DOCUMENT["paths"].items() for verb in verbs}
    assert DOCUMENT["openapi"] == "3.1.0"


def test_every_schema_that_is_spoken_of_is_there():
    schemas = DOCUMENT["components"]["schemas"]
    assert references(json.loads(json.dumps(DOCUMENT))) == {f"#/components/schemas/{name}" for name in schemas}


def test_operations_are_named_once_and_parameters_of_the_path_are_required():
    operations = [call for verbs in DOCUMENT["paths"].values() for call in verbs.values()]
    assert len({call["operationId"] for call in operations}) == len(operations)
    page = DOCUMENT["paths"]["/v1/pages/product/{product_id}"]["get"]
    assert [(each["name"], each["in"], each["required"]) for each in page["parameters"]] == [
        ("product_id", "path", True),
        ("visitorId", "query", False),
        ("languageCode", "query", False),
        ("pageSize", "query", False),
    ]


def test_bodies_answers_and_comments_are_those_of_the_contract():
    search = DOCUMENT["paths"]["/v1/search"]["post"]
    body = search["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/recommender.v1.SearchRequest"}
    answer = search["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/recommender.v1.SearchResponse"}
    query = DOCUMENT["components"]["schemas"]["recommender.v1.SearchRequest"]["properties"]["query"]
    assert query["type"] == "string"
    assert "At most 1,000 characters" in query["description"]


def test_who_may_ask_is_said():
    delete = DOCUMENT["paths"]["/v1/products/{product_id}"]
    assert delete["delete"]["security"] == [{"apiKey": []}]
    assert {"visitor": []} in delete["get"]["security"]


def test_what_is_streamed_is_described_as_server_sent_events():
    chat = DOCUMENT["paths"]["/v1/chat"]["post"]["responses"]["200"]
    event = {"$ref": "#/components/schemas/gateway.v1.ChatResponse"}
    assert chat["content"] == {"text/event-stream": {"schema": event}}
    assert "`error`" in chat["description"]
    assert DOCUMENT["paths"]["/v1/drafts"]["post"]["security"] == [{"apiKey": []}]
    assert {"shopper": []} in DOCUMENT["paths"]["/v1/buy"]["post"]["security"]
