"""Which services are passed through to their peers as they are, and which of their calls are for everyone."""

from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from shopkeeper.commerce.v1 import commerce_pb2
from shopkeeper.dialogue.v1 import dialogue_pb2
from shopkeeper.generator.v1 import generator_pb2
from shopkeeper.nlu.v1 import nlu_pb2
from shopkeeper.recommender.v1 import recommender_pb2

RECOMMENDER, NLU, DIALOGUE, ORDERS, GENERATOR = "recommender", "nlu", "dialogue", "orders", "generator"
"""The peers' names."""


@dataclass(frozen=True)
class Passed:
    """A service that one peer serves and that teams reach through this door."""

    peer: str
    service: ServiceDescriptor


RECOMMENDER_SERVICE = recommender_pb2.DESCRIPTOR.services_by_name["RecommenderService"]
NLU_SERVICE = nlu_pb2.DESCRIPTOR.services_by_name["NluService"]
DIALOGUE_SERVICE = dialogue_pb2.DESCRIPTOR.services_by_name["DialogueService"]
HANDOFF_SERVICE = dialogue_pb2.DESCRIPTOR.services_by_name["HandoffService"]
ORDER_SERVICE = commerce_pb2.DESCRIPTOR.services_by_name["OrderService"]
GENERATOR_SERVICE = generator_pb2.DESCRIPTOR.services_by_name["GeneratorService"]
DRAFT_SERVICE = generator_pb2.DESCRIPTOR.services_by_name["DraftService"]

PASSED: Sequence[Passed] = (
    Passed(RECOMMENDER, RECOMMENDER_SERVICE),
    Passed(NLU, NLU_SERVICE),
    Passed(DIALOGUE, DIALOGUE_SERVICE),
    Passed(DIALOGUE, HANDOFF_SERVICE),
    Passed(ORDERS, ORDER_SERVICE),
    Passed(GENERATOR, GENERATOR_SERVICE),
    Passed(GENERATOR, DRAFT_SERVICE),
)
_FOR_TEAMS = frozenset(each.service.full_name for each in PASSED)
_PUBLIC = frozenset(f"{RECOMMENDER_SERVICE.full_name}.{name}" for name in ("GetProduct", "ListProducts"))
"""What the shop shows to everyone; the other calls that are passed through are for teams."""


WRITING_SECONDS = 20.0
"""Copy is written in seconds, not milliseconds."""
TAKING_IN_SECONDS = 30.0


def patience_seconds(method: MethodDescriptor) -> float:
    """How long a call may take at least, whatever the default is for others; 0: as long as others."""
    if method.containing_service in (GENERATOR_SERVICE, DRAFT_SERVICE):
        return WRITING_SECONDS
    return TAKING_IN_SECONDS if method.client_streaming else 0.0


def for_everyone(method: MethodDescriptor) -> bool:
    """Whether browsers and shoppers may call it, not teams alone."""
    return method.containing_service.full_name not in _FOR_TEAMS or method.full_name in _PUBLIC
