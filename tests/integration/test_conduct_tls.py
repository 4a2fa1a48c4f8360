"""TLS and mutual TLS, with certificates made for the test."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from servicekit import context
from tests.fakes_echo import ask, calling, echo, plain, refusal, service, serving

DAY = datetime.timedelta(days=1)


@dataclass
class Authority:
    """A certificate authority in a folder."""

    folder: Path
    name: str

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._sign(self.name, self._key, authority=True)
        self.file = self._write("ca.pem", self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, common_name: str) -> tuple[Path, Path]:
        """(certificate file, key file) for 127.0.0.1"""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(common_name, key, authority=False)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain = certificate.public_bytes(serialization.Encoding.PEM)
        return self._write(f"{common_name}.pem", chain), self._write(f"{common_name}.key", pem)

    def _sign(self, common_name: str, key: ec.EllipticCurvePrivateKey, authority: bool) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(common_name))
            .issuer_name(_named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
        )
        return builder.sign(self._key, hashes.SHA256())

    def _write(self, name: str, content: bytes) -> Path:
        path = self.folder / f"{self.name}-{name}"
        path.write_bytes(content)
        return path


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


async def who(request: bytes, _: object) -> bytes:
    return context.caller().encode()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "shop-ca")


def identity(authority: Authority, name: str) -> dict[str, Any]:
    certificate, key = authority.issue(name)
    return {"tls_cert_file": certificate, "tls_key_file": key}


async def test_a_service_with_a_certificate_is_trusted_by_who_knows_its_authority(authority: Authority) -> None:
    server = identity(authority, "recommender")
    async with serving(service(unary_Echo=echo), **server) as address:
        async with calling(address, tls_peer_ca_file=authority.file) as channel:
            assert await ask(channel, "Echo", b"sealed") == b"sealed"
        async with plain(address) as channel:
            assert (await refusal(channel, "Echo")).code() is grpc.StatusCode.UNAVAILABLE


async def test_a_service_of_another_authority_is_not_trusted(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "other-ca")
    server = identity(authority, "recommender")
    async with (
        serving(service(unary_Echo=echo), **server) as address,
        calling(address, tls_peer_ca_file=stranger.file) as channel,
    ):
        assert (await refusal(channel, "Echo")).code() is grpc.StatusCode.UNAVAILABLE


async def test_with_mutual_tls_the_certificate_names_the_caller(authority: Authority) -> None:
    server = identity(authority, "recommender") | {"tls_client_ca_file": authority.file}
    client = identity(authority, "gateway") | {"tls_client_ca_file": authority.file}
    keys: dict[str, Any] = {"api_keys": "reports:s3cret-of-reports"}
    async with serving(service(unary_Who=who), **server, **keys) as address:
        async with calling(address, **client) as channel:
            assert await ask(channel, "Who") == b"gateway"
            assert await ask(channel, "Who", metadata=(("x-api-key", "s3cret-of-reports"),)) == b"reports"
        async with calling(address, tls_peer_ca_file=authority.file) as channel:
            assert (await refusal(channel, "Who")).code() is grpc.StatusCode.UNAVAILABLE


async def test_a_caller_of_another_authority_is_turned_away(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "other-ca")
    server = identity(authority, "recommender") | {"tls_client_ca_file": authority.file}
    client = identity(stranger, "gateway") | {"tls_peer_ca_file": authority.file}
    async with serving(service(unary_Who=who), **server) as address, calling(address, **client) as channel:
        assert (await refusal(channel, "Who")).code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"tls_cert_file": Path("c.pem"), "tls_key_file": Path("nowhere.key")},
            "tls_key_file: nowhere.key cannot be read",
        ),
        ({"tls_client_ca_file": Path("ca.pem")}, "set tls_cert_file and tls_key_file too"),
    ],
)
async def test_half_a_configuration_is_refused_by_name(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        async with serving(service(unary_Echo=echo), **settings):
            pass
