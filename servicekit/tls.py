"""TLS and mutual TLS of gRPC, from PEM files named in the settings."""

from pathlib import Path

import grpc

from servicekit.settings import ServiceSettings


def server_credentials(settings: ServiceSettings) -> grpc.ServerCredentials | None:
    """None: no TLS. With `tls_client_ca_file`, callers must show a certificate that it signed."""
    pair = _pair(settings)
    if pair is None:
        if settings.tls_client_ca_file:
            raise ValueError("tls_client_ca_file asks for client certificates: set tls_cert_file and tls_key_file too")
        return None
    client_ca = _read(settings.tls_client_ca_file, "tls_client_ca_file")
    return grpc.ssl_server_credentials([pair], client_ca, require_client_auth=client_ca is not None)


def channel_credentials(settings: ServiceSettings) -> grpc.ChannelCredentials | None:
    """None: plain text. Shows our own certificate where there is one, so that a peer can ask for it."""
    trusted = _read(settings.tls_peer_ca_file or settings.tls_client_ca_file, "tls_peer_ca_file")
    if trusted is None:
        return None
    key, chain = _pair(settings) or (None, None)
    return grpc.ssl_channel_credentials(trusted, key, chain)


def _pair(settings: ServiceSettings) -> tuple[bytes, bytes] | None:
    """(private key, certificate chain)"""
    key = _read(settings.tls_key_file, "tls_key_file")
    chain = _read(settings.tls_cert_file, "tls_cert_file")
    if (key is None) != (chain is None):
        raise ValueError("TLS needs both tls_cert_file and tls_key_file; only one is set")
    return None if key is None or chain is None else (key, chain)


def _read(path: Path | None, name: str) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{name}: {path} cannot be read: {error.strerror}") from error
