"""Whom an API key or a certificate names."""

import pytest

from servicekit.errors import Unauthenticated
from servicekit.identity import ApiKeys, common_name

KEYS = ApiKeys.parse("gateway: 0123456789ab , reports:ba:9876543210")


def test_a_key_names_its_holder() -> None:
    assert KEYS.identify("0123456789ab", "") == "gateway"
    assert KEYS.identify("ba:9876543210", "node-7") == "reports"


def test_a_wrong_key_is_refused_even_from_a_known_certificate() -> None:
    with pytest.raises(Unauthenticated, match="not known"):
        KEYS.identify("0123456789aB", "gateway")


def test_without_a_key_the_certificate_speaks() -> None:
    assert KEYS.identify("", "nlu") == "nlu"
    with pytest.raises(Unauthenticated, match="x-api-key"):
        KEYS.identify("", "")


def test_without_keys_everybody_is_let_in() -> None:
    assert ApiKeys.parse("").identify("", "") == ""
    assert ApiKeys.parse(" ").identify("whatever", "nlu") == "nlu"


@pytest.mark.parametrize("text", ["justakey0123", ":0123456789", "name:", "name:short"])
def test_a_pair_that_is_none_is_named_by_place_and_never_shown(text: str) -> None:
    with pytest.raises(ValueError, match="pair 2 must be name:key") as caught:
        ApiKeys.parse(f"gateway:0123456789,{text}")
    assert "0123" not in str(caught.value)


def test_two_names_for_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="pair 2 repeats the key of gateway"):
        ApiKeys.parse("gateway:0123456789,reports:0123456789")


def test_the_name_in_a_certificate() -> None:
    assert common_name({"x509_common_name": [b"gateway"]}) == "gateway"
    assert common_name({"transport_security_type": [b"ssl"]}) == ""
