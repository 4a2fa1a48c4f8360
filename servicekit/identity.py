"""Who calls: API keys by name, compared in constant time, or the common name of a client certificate."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from servicekit.errors import Unauthenticated


@dataclass(frozen=True)
class ApiKeys:
    """Names by SHA-256 of their key, so that comparing takes as long for a wrong key as for a right one."""

    names: Mapping[bytes, str]

    @classmethod
    def parse(cls, text: str) -> "ApiKeys":
        """Reads `name:key,name:key`. Raises ValueError naming the pair's place, never its key."""
        names: dict[bytes, str] = {}
        for place, pair in enumerate((p.strip() for p in text.split(",") if p.strip()), start=1):
            name, _, key = pair.partition(":")
            if not name.strip() or len(key.strip()) < 8:
                raise ValueError(f"api_keys: pair {place} must be name:key with a key of at least 8 characters")
            other = names.setdefault(_digest(key.strip()), name.strip())
            if other != name.strip():
                raise ValueError(f"api_keys: pair {place} repeats the key of {other}")
        return cls(names)

    def name_of(self, key: str) -> str | None:
        """The name that a key belongs to, if it is one of ours."""
        digest, found = _digest(key), None
        for known, name in self.names.items():
            if hmac.compare_digest(known, digest):
                found = name
        return found

    def identify(self, key: str, certificate_name: str) -> str:
        """Name of the caller. A key that is shown must be right; without one a client certificate says who it is."""
        if key and self.names:
            name = self.name_of(key)
            if name is None:
                raise Unauthenticated("the API key is not known here", reason="API_KEY_INVALID")
            return name
        if self.names and not certificate_name:
            raise Unauthenticated("send an API key as metadata x-api-key", reason="API_KEY_MISSING")
        return certificate_name


def common_name(auth_context: Mapping[str, Iterable[bytes]]) -> str:
    """Common name of the certificate that the caller showed and TLS verified; "" without one."""
    return next((name.decode("utf-8", "replace") for name in auth_context.get("x509_common_name", ())), "")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
