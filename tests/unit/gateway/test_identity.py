"""Who asks, and whom they may name."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.config import GatewaySettings
from gateway.identity import Caller, Identities, Kind, ShopperTokens, VisitorCookies, kept_secret, parse_languages
from servicekit.errors import Forbidden, InvalidInput, Unauthenticated
from servicekit.identity import ApiKeys

SECRET = "a secret of the shop that is long enough"
COOKIES = VisitorCookies(b"k" * 32)


def identities(tokens: ShopperTokens | None = None, *, keys: str = "team:key-of-the-team", open_to_teams: bool = False):
    return Identities(ApiKeys.parse(keys), tokens or ShopperTokens(SECRET), COOKIES, open_to_teams=open_to_teams)


def token(key: str = SECRET, algorithm: str = "HS256", **claims: object) -> dict[str, str]:
    signed = jwt.encode({"sub": "user-7", "exp": time.time() + 3600, **claims}, key, algorithm)
    return {"authorization": f"Bearer {signed}"}


def rsa_pair() -> tuple[str, str]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode(), public.decode()


def test_a_new_browser_is_a_visitor_nobody_saw_before():
    first, second = (identities().over_http({}, "") for _ in range(2))
    assert first.kind is Kind.BROWSER
    assert first.is_new
    assert first.visitor_id != second.visitor_id


def test_a_browser_with_its_cookie_is_the_same_visitor_again():
    caller = identities().over_http({}, COOKIES.seal("visitor-1"))
    assert (caller.kind, caller.visitor_id, caller.is_new) == (Kind.BROWSER, "visitor-1", False)


@pytest.mark.parametrize(
    "forged",
    ["visitor-1", "visitor-1.", "visitor-2." + COOKIES.seal("visitor-1").split(".")[1], ".x", "a.b.c", "é.ü"],
)
def test_a_forged_cookie_makes_a_new_visitor(forged):
    caller = identities().over_http({}, forged)
    assert caller.is_new
    assert caller.visitor_id not in ("visitor-1", "visitor-2")


def test_a_shared_secret_that_can_be_guessed_is_refused_at_the_start():
    with pytest.raises(ValueError, match="has 6 bytes, at least 32"):
        ShopperTokens("secret")


def test_another_shops_key_opens_no_cookie():
    assert VisitorCookies(b"x" * 32).open(COOKIES.seal("visitor-1")) is None
    with pytest.raises(ValueError, match="at least 32"):
        VisitorCookies(b"short")


def test_a_team_shows_its_key_on_either_door():
    assert identities().over_http({"x-api-key": "key-of-the-team"}, "").team == "team"
    assert identities().over_grpc({"x-api-key": "key-of-the-team"}, "").team == "team"
    with pytest.raises(Unauthenticated):
        identities().over_http({"x-api-key": "wrong-key"}, COOKIES.seal("visitor-1"))


def test_over_grpc_nobody_is_let_in_without_a_key_unless_the_gateway_has_none():
    with pytest.raises(Unauthenticated):
        identities().over_grpc({}, "")
    assert identities(keys="", open_to_teams=True).over_grpc({}, "").kind is Kind.TEAM
    assert identities().over_grpc({}, "search-team").team == "search-team", "a client certificate is a name"


def test_a_shopper_is_known_by_the_shops_token():
    caller = identities().over_http(token(), COOKIES.seal("visitor-1"))
    assert (caller.kind, caller.user_id, caller.visitor_id) == (Kind.SHOPPER, "user-7", "visitor-1")


def test_a_shopper_whose_app_keeps_no_cookie_is_always_the_same_visitor():
    first, second = identities().over_grpc(token(), ""), identities().over_http(token(), "")
    other = identities().over_http(token(sub="user-8"), "")
    assert first.visitor_id == second.visitor_id != other.visitor_id
    assert "user-7" not in first.visitor_id


def test_a_token_of_our_own_is_as_the_shops_and_only_a_shared_secret_signs_one():
    strict = ShopperTokens(SECRET, audience="shop", issuer="https://shop.example")
    assert strict.user_of(strict.issue("user-7", time.time(), 60)) == "user-7"
    with pytest.raises(Unauthenticated, match="expired"):
        strict.user_of(strict.issue("user-7", time.time() - 120, 60))
    for unable in (ShopperTokens("a public key", "RS256"), ShopperTokens("")):
        with pytest.raises(ValueError, match="HS256"):
            unable.issue("user-7", time.time(), 60)


def test_a_shop_whose_tokens_are_rsa_has_no_demo_sign_in():
    with pytest.raises(ValueError, match="demo_shoppers"):
        GatewaySettings(jwt_algorithm="RS256", jwt_key="a public key", demo_shoppers="amy")


def test_a_token_signed_with_rsa():
    private, public = rsa_pair()
    known = identities(ShopperTokens(public, "RS256"))
    assert known.over_http(token(private, "RS256"), "").user_id == "user-7"
    with pytest.raises(Unauthenticated):
        known.over_http(token(rsa_pair()[0], "RS256"), "")


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (token("another secret that is also long enough"), "TOKEN_INVALID"),
        (token(exp=time.time() - 60), "TOKEN_EXPIRED"),
        (token(sub=""), "TOKEN_INVALID"),
        (token(sub="x" * 129), "TOKEN_INVALID"),
        (token(aud="another-shop"), "TOKEN_INVALID"),
        (token(aud="shop", iss="someone"), "TOKEN_INVALID"),
        ({"authorization": "Bearer rubbish"}, "TOKEN_INVALID"),
        ({"authorization": "Basic dXNlcjpwYXNz"}, "TOKEN_INVALID"),
        ({"authorization": "Bearer " + jwt.encode({"sub": "user-7", "exp": 2e9}, "", "none")}, "TOKEN_INVALID"),
        ({"authorization": "Bearer " + jwt.encode({"sub": "user-7"}, SECRET)}, "TOKEN_INVALID"),
    ],
)
def test_a_token_that_is_wrong_is_refused_even_with_a_good_cookie(headers, reason):
    strict = identities(ShopperTokens(SECRET, audience="shop", issuer="https://shop.example"))
    with pytest.raises(Unauthenticated) as caught:
        strict.over_http(headers, COOKIES.seal("visitor-1"))
    assert caught.value.reason == reason


def test_a_public_rsa_key_is_no_secret_for_hs256():
    _, public = rsa_pair()
    header = jwt.encode({"sub": "user-7", "exp": time.time() + 60}, "x" * 32, "HS256")
    with pytest.raises(Unauthenticated):
        identities(ShopperTokens(public, "RS256")).over_http({"authorization": f"Bearer {header}"}, "")


def test_a_team_names_the_visitor_and_nobody_else_may():
    team = Caller(Kind.TEAM, team="team")
    browser = Caller(Kind.BROWSER, visitor_id="visitor-1")
    assert team.visitor("anyone") == "anyone"
    with pytest.raises(InvalidInput, match="visitor_id"):
        team.visitor("")
    assert browser.visitor("") == browser.visitor("visitor-1") == "visitor-1"
    with pytest.raises(Forbidden):
        browser.visitor("visitor-2")
    with pytest.raises(Forbidden):
        browser.user("user-7")


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", ("zh", "en")),
        ("en;q=0.5, zh", ("zh", "en")),
        ("*", ()),
        ("", ()),
        ("en;q=x", ()),
        (",;,;;q=,", ()),
    ],
)
def test_the_language_of_a_browser(header, languages):
    assert parse_languages(header) == languages


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "shop" / "gateway.key"
    assert kept_secret(path) == kept_secret(path)
    assert len(kept_secret(path)) >= 32
    assert path.stat().st_mode & 0o777 == 0o600
