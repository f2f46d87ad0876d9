"""Which certificates stand between this program and an OPC UA server: our own, made once, and the server's, trusted once?"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto import cert_gen, security_policies
from asyncua.crypto.uacrypto import CertProperties
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tundish.connectors.opcua.options import Options
from tundish.errors import Message, SourceRefused

_TEN_YEARS = 3650
_MODES = {
    "none": ua.MessageSecurityMode.None_,
    "sign": ua.MessageSecurityMode.Sign,
    "sign_and_encrypt": ua.MessageSecurityMode.SignAndEncrypt,
}


@dataclass(frozen=True, slots=True)
class Own:
    """Our own certificate and key, as files."""

    certificate: Path
    key: Path
    uri: str


def own_certificate(options: Options) -> Own:
    """Our certificate, made at the first call; the key can be read by its owner only."""
    room = options.folder / "pki"
    certificate, key = room / "own.der", room / "own.key.pem"
    if not (certificate.exists() and key.exists()):
        room.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(options, certificate, key)
    names = x509.load_der_x509_certificate(certificate.read_bytes()).extensions
    uris = names.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.UniformResourceIdentifier)
    return Own(certificate, key, uris[0])


async def secure(client: Client, options: Options) -> None:
    """Set the client's security as the options say, before it connects.

    Raises :class:`~tundish.errors.SourceRefused` when the server does not offer it, or is not the one that was trusted.
    """
    mode = _MODES[options.security]
    policy = (
        security_policies.SecurityPolicyNone if options.security == "none" else security_policies.SecurityPolicyBasic256Sha256
    )
    own = None
    if options.security != "none":
        own = own_certificate(options)
        client.application_uri = own.uri
    endpoints = await client.connect_and_get_server_endpoints()
    offered = [e for e in endpoints if e.SecurityMode == mode and e.SecurityPolicyUri == policy.URI]
    if not offered:
        modes = sorted({name for e in endpoints for name, known in _MODES.items() if e.SecurityMode == known})
        lacking = Message(
            "the server does not offer security {security}; it offers {modes}", security=f'"{options.security}"', modes=modes
        )
        raise SourceRefused(source=options.name, address=options.url, found=lacking)
    # A session that is taken up again names its user as the server's policies call it, and asyncua learns these names only
    # when it makes a session.
    client._policy_ids = offered[0].UserIdentityTokens
    if own is not None:
        await client.set_security(
            policy,
            CertProperties(own.certificate.read_bytes(), extension="der"),
            CertProperties(own.key.read_bytes(), extension="pem"),
            server_certificate=CertProperties(_trusted(options, offered[0].ServerCertificate), extension="der"),
            mode=mode,
        )


def _trusted(options: Options, shown: bytes) -> bytes:
    """The server's certificate, if it is the one that was trusted; the first one seen is kept."""
    certificate = _first(shown)
    pinned = options.server_certificate or options.folder / "pki" / "server.der"
    if not pinned.exists() and options.server_certificate is None:
        pinned.write_bytes(certificate)
        return certificate
    try:
        trusted = _read(pinned)
    except (OSError, ValueError) as failure:
        broken = Message("{file} cannot be read as a certificate", file=pinned)
        raise SourceRefused(source=options.name, address=options.url, found=broken) from failure
    if trusted != certificate:
        changed = Message(
            "the server shows another certificate ({shown}) than the one that was trusted ({trusted}, {file}). "
            "If the server's certificate was renewed, delete this file or put the new one there",
            shown=_fingerprint(certificate),
            trusted=_fingerprint(trusted),
            file=pinned,
        )
        raise SourceRefused(source=options.name, address=options.url, found=changed)
    return trusted


def _make(options: Options, certificate: Path, key: Path) -> None:
    host = socket.gethostname()
    host = host if host.isascii() else "localhost"
    secret = cert_gen.generate_private_key()
    signed = cert_gen.generate_self_signed_app_certificate(
        secret,
        f"Tundish {options.name}"[:64],
        {},
        [x509.UniformResourceIdentifier(f"urn:{host}:tundish:{quote(options.name)}"), x509.DNSName(host)],
        [ExtendedKeyUsageOID.CLIENT_AUTH],
        days=_TEN_YEARS,
    )
    handle = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(cert_gen.dump_private_key_as_pem(secret))
    certificate.write_bytes(signed.public_bytes(Encoding.DER))


def _read(path: Path) -> bytes:
    content = path.read_bytes()
    if content.lstrip().startswith(b"-----"):
        return x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
    return x509.load_der_x509_certificate(content).public_bytes(Encoding.DER)


def _first(chain: bytes) -> bytes:
    """The leading certificate of a chain: an outer DER SEQUENCE with a length of two bytes."""
    return chain[: int.from_bytes(chain[2:4], "big") + 4]


def _fingerprint(certificate: bytes) -> str:
    digest = x509.load_der_x509_certificate(certificate).fingerprint(SHA256())
    return digest[:8].hex(":").upper() + "…"
