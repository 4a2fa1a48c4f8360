"""Names and shapes of the topics of a shop."""

from servicekit.events.log import TopicSpec

MAX_PAYLOAD_BYTES = 1024 * 1024
"""Largest event or product. Topics carry more, so that what is too large is seen and kept."""

USER_EVENT = "shopkeeper.user-event.v1"
PROFILE_DELETION = "shopkeeper.profile-deletion.v1"
PRODUCT = "shopkeeper.product.v1"
"""CloudEvents types (`ce_type`)."""


def user_events(shop_id: str, partitions: int = 4) -> TopicSpec:
    """What shoppers do, keyed by visitor_id."""
    return TopicSpec(f"{shop_id}.user-events.v1", partitions=partitions)


def dead_letters(shop_id: str) -> TopicSpec:
    """Records of `user_events` that could not be taken in, as they were, the reason in headers."""
    return TopicSpec(f"{shop_id}.user-events.dlq.v1", partitions=1, max_message_bytes=5 * 1024 * 1024)


def catalog(shop_id: str) -> TopicSpec:
    """All products, keyed by product_id; every replica reads it whole."""
    return TopicSpec(f"{shop_id}.catalog.v1", partitions=1, compacted=True, retention_bytes=-1)
