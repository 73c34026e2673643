"""A mail server to send to, on loopback and in the test's own loop."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "mailer", "secret-of-the-mailer"


@dataclass
class MailPeer:
    """What it was sent and what it is to answer. An empty answer: it takes it."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    most_open: int = 0
    helo_names: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """EHLO, MAIL, RCPT, DATA -> a reply line instead of the usual one."""
    cut_after_data: int = 0
    """So many more mails are taken and never answered for: the connection ends instead."""
    silent_after_data: bool = False
    transports: list[asyncio.BaseTransport] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.helo_names.append(hostname)
        session.host_name = hostname
        return [self.answers["EHLO"]] if "EHLO" in self.answers else responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append("MAIL")
        if "MAIL" not in self.answers:
            envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append("RCPT")
        if "RCPT" not in self.answers:
            envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.commands.append("RSET")
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.commands.append("QUIT")
        return "221 Bye"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.commands.append("DATA")
        if "DATA" in self.answers:
            return self.answers["DATA"]
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
        if self.silent_after_data:
            await asyncio.sleep(30)
        if self.cut_after_data:
            self.cut_after_data -= 1
            assert server.transport is not None
            server.transport.abort()
            await asyncio.sleep(0.05)
        return "250 taken"

    def hang_up(self) -> None:
        """Ends every open connection, as a server does with those that idle."""
        for transport in self.transports:
            transport.close()


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=right)


@asynccontextmanager
async def mail_peer(
    *, certificate: Certificate | None = None, implicit_tls: bool = False, login: bool = False
) -> AsyncIterator[MailPeer]:
    """Runs one. With a certificate it offers STARTTLS, or speaks TLS from the first byte."""
    peer = MailPeer()
    context = None if certificate is None else certificate.server_context()

    class Counted(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            # Once more after STARTTLS, on the same connection.
            if self.transport is None:
                peer.connections += 1
                peer.open += 1
                peer.most_open = max(peer.most_open, peer.open)
            peer.transports.append(transport)
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            peer.open -= 1
            super().connection_lost(error)

    def make() -> SMTP:
        with warnings.catch_warnings():
            # It warns of logins without STARTTLS, and doesn't know that the connection began with TLS.
            warnings.simplefilter("ignore", UserWarning)
            return Counted(
                peer,
                hostname="peer.example",
                tls_context=None if implicit_tls else context,
                auth_required=login,
                auth_require_tls=False,
                authenticator=_authenticate if login else None,
                loop=asyncio.get_running_loop(),
            )

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, ssl=context if implicit_tls else None)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        peer.hang_up()
        for _ in range(50):
            if peer.open <= 0:
                break
            await asyncio.sleep(0.01)
        await server.wait_closed()


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate of 127.0.0.1."""

    path: Path
    key_path: Path

    def server_context(self) -> ssl.SSLContext:
        """For the peer."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key_path)
        return context


def make_certificate(folder: Path, *, now: Callable[[], datetime.datetime]) -> Certificate:
    """Valid for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - datetime.timedelta(hours=1))
        .not_valid_after(now() + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / "peer.pem", folder / "peer.key"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Certificate(path=path, key_path=key_path)
