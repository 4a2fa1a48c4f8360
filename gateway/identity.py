"""Who asks: a team with a key, a shopper with the shop's token, or a browser with a signed cookie."""

import base64
import hashlib
import hmac
import os
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import jwt

from servicekit.errors import Forbidden, InvalidInput, Unauthenticated, Violation
from servicekit.identity import ApiKeys

COOKIE = "shopkeeper_visitor"


class Kind(Enum):
    TEAM = "team"
    SHOPPER = "shopper"
    BROWSER = "browser"


@dataclass(frozen=True)
class Caller:
    """One who asks. A team names the visitor; for the others it is who they are.

    `team` is the key's name. `is_new`: a browser that showed no valid cookie and is to be given one. `languages` are
    what they read, best first, from Accept-Language.
    """

    kind: Kind
    team: str = ""
    visitor_id: str = ""
    user_id: str = ""
    is_new: bool = False
    languages: tuple[str, ...] = ()

    def visitor(self, named: str, field: str = "visitor_id", *, required: bool = True) -> str:
        """The visitor that a request is about. Raises InvalidInput or Forbidden if that may not be `named`."""
        if self.kind is Kind.TEAM:
            if required and not named:
                raise InvalidInput.of(Violation(field, "is required for a caller with an API key"))
            return named
        if named and named != self.visitor_id:
            raise Forbidden("a browser or shopper may not name another visitor; leave the field out", "OTHER_VISITOR")
        return self.visitor_id

    def user(self, named: str) -> str:
        """Likewise the user; empty if nobody is logged in."""
        if self.kind is Kind.TEAM:
            return named
        if named and named != self.user_id:
            raise Forbidden("only the logged-in shopper may be named as user", "OTHER_USER")
        return self.user_id

    def language(self, named: str) -> str:
        """What to answer in: what the request names, else what the caller reads, else `en`."""
        return named or (self.languages[0] if self.languages else "en")

    def require_team(self) -> None:
        """Raises Unauthenticated unless a team asks."""
        if self.kind is not Kind.TEAM:
            raise Unauthenticated("this call is for teams: send an API key as x-api-key", "API_KEY_REQUIRED")


def parse_languages(header: str) -> tuple[str, ...]:
    """Accept-Language -> primary languages (`zh`, `en`), best first (RFC 9110, 12.5.4)."""
    weighted: list[tuple[float, str]] = []
    for part in header[:1000].split(","):
        tag, _, quality = part.partition(";q=")
        language = tag.strip().split("-")[0].lower()
        if language.isalpha() and len(language) <= 8:
            weighted.append((_quality(quality), language))
    best_first = sorted((pair for pair in weighted if pair[0] > 0), key=lambda pair: -pair[0])
    return tuple(dict.fromkeys(language for _, language in best_first))


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


class VisitorCookies:
    """Signed names of browsers: `<uuid>.<HMAC-SHA256 of it>`; a forged or broken one reads as none."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError(f"the cookie key has {len(key)} bytes, at least 32 are needed")
        self._key = key

    def seal(self, visitor_id: str) -> str:
        return f"{visitor_id}.{self._sign('cookie', visitor_id)}"

    def open(self, cookie: str) -> str | None:
        visitor_id, dot, signature = cookie.partition(".")
        known = dot and hmac.compare_digest(signature.encode(), self._sign("cookie", visitor_id).encode())
        return visitor_id if known else None

    def visitor_of_user(self, user_id: str) -> str:
        """For a shopper whose app keeps no cookie: always the same visitor, from which nobody can tell the user."""
        return f"u-{self._sign('user', user_id)[:32]}"

    def _sign(self, purpose: str, text: str) -> str:
        digest = hmac.new(self._key, f"{purpose}:{text}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True)
class ShopperTokens:
    """Reads the shop's JWTs (RFC 7519): `sub` is the user, `exp` is required, `aud` and `iss` where configured."""

    key: str
    algorithm: str = "HS256"
    audience: str = ""
    issuer: str = ""

    def __post_init__(self) -> None:
        size = len(self.key.encode())
        if self.algorithm == "HS256" and 0 < size < 32:
            raise ValueError(f"the shared secret of the shoppers' tokens has {size} bytes, at least 32 are needed")

    def user_of(self, token: str) -> str:
        """Raises Unauthenticated, saying why."""
        if not self.key:
            raise Unauthenticated("this shop takes no shopper tokens", "TOKENS_NOT_CONFIGURED")
        try:
            claims = jwt.decode(
                token,
                self.key,
                algorithms=[self.algorithm],
                audience=self.audience or None,
                issuer=self.issuer or None,
                options={"require": ["sub", "exp"], "verify_aud": bool(self.audience)},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("the token has expired", "TOKEN_EXPIRED") from error
        except (jwt.PyJWTError, ValueError) as error:
            raise Unauthenticated(f"the token is not valid: {error}", "TOKEN_INVALID") from error
        user_id = str(claims["sub"])
        if not 0 < len(user_id) <= 128:
            raise Unauthenticated(f"the token's sub has {len(user_id)} characters, not 1 to 128", "TOKEN_INVALID")
        return user_id

    def issue(self, user_id: str, now: float, seconds: int) -> str:
        """A token of our own for that shopper; `now` in seconds since 1970. Only where the key is a shared secret."""
        if self.algorithm != "HS256" or not self.key:
            raise ValueError("tokens are issued only with a shared secret (HS256)")
        claims: dict[str, object] = {"sub": user_id, "iat": int(now), "exp": int(now) + seconds}
        named = {"aud": self.audience, "iss": self.issuer}
        return jwt.encode({**claims, **{name: each for name, each in named.items() if each}}, self.key, "HS256")


class Identities:
    """Tells callers apart by what they sent. What is wrong is an error, never a fall back to less.

    `keys` are the teams'; `open_to_teams`: whoever calls over gRPC without a key is let in as a team too, as every
    service does that has no keys. Browsers cannot speak gRPC, so over HTTP a team always shows its key.
    """

    def __init__(self, keys: ApiKeys, tokens: ShopperTokens, cookies: VisitorCookies, *, open_to_teams: bool) -> None:
        self._keys = keys
        self._tokens = tokens
        self._cookies = cookies
        self._open_to_teams = open_to_teams

    def over_http(self, headers: Mapping[str, str], cookie: str) -> Caller:
        """Raises Unauthenticated for a wrong key or token. A wrong cookie only makes a new visitor."""
        languages = parse_languages(headers.get("accept-language", ""))
        if api_key := headers.get("x-api-key", ""):
            return Caller(Kind.TEAM, team=self._team(api_key), languages=languages)
        visitor_id = self._cookies.open(cookie) if cookie else None
        if authorization := headers.get("authorization", ""):
            return self._shopper(authorization, visitor_id, languages)
        if visitor_id:
            return Caller(Kind.BROWSER, visitor_id=visitor_id, languages=languages)
        return Caller(Kind.BROWSER, visitor_id=str(uuid.uuid4()), is_new=True, languages=languages)

    def over_grpc(self, metadata: Mapping[str, str], certificate_name: str) -> Caller:
        """Raises Unauthenticated for a wrong key or token, and for none where one is needed."""
        languages = parse_languages(metadata.get("accept-language", ""))
        if api_key := metadata.get("x-api-key", ""):
            return Caller(Kind.TEAM, team=self._team(api_key), languages=languages)
        if authorization := metadata.get("authorization", ""):
            return self._shopper(authorization, None, languages)
        if certificate_name or self._open_to_teams:
            return Caller(Kind.TEAM, team=certificate_name, languages=languages)
        raise Unauthenticated("send an API key as x-api-key, or a shopper's token as authorization", "API_KEY_MISSING")

    def cookie_for(self, visitor_id: str) -> str:
        return self._cookies.seal(visitor_id)

    def _shopper(self, authorization: str, visitor_id: str | None, languages: tuple[str, ...]) -> Caller:
        user_id = self._tokens.user_of(_bearer(authorization))
        visitor_id = visitor_id or self._cookies.visitor_of_user(user_id)
        return Caller(Kind.SHOPPER, visitor_id=visitor_id, user_id=user_id, languages=languages)

    def _team(self, api_key: str) -> str:
        name = self._keys.name_of(api_key)
        if name is None:
            raise Unauthenticated("the API key is not known here", "API_KEY_INVALID")
        return name


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("authorization must be `Bearer TOKEN`", "TOKEN_INVALID")
    return token.strip()


def kept_secret(path: Path) -> str:
    """The secret in that file, made at the first call; only its owner can read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    if not path.exists():
        staged.touch(mode=0o600)
        staged.write_text(secrets.token_urlsafe(32))
        try:
            os.link(staged, path)  # whoever comes second reads what the first wrote
        except FileExistsError:
            pass
        finally:
            staged.unlink()
    return path.read_text().strip()
