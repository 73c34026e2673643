"""Mail over SMTP: a few connections that stay open while there is more to send."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from common.clock import Clock
from common.observability.logs import get_logger, pii
from jobs.domain.mail import Outgoing
from jobs.ports.mailer import MailDeferred, MailOutcomeUnknown, MailRefused, MailServerUnavailable, Taken

_log = get_logger("jobs")
_QUIT_S: Final = 2.0
_ENHANCED: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")
_LOST: Final = (SMTPServerDisconnected, SMTPTimeoutError, OSError, TimeoutError)


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """Where mail is handed over."""

    host: str
    port: int
    tls: Literal["none", "starttls", "implicit"]
    """`starttls`: without it nothing is sent. Certificates are always checked."""
    user: str = ""
    password: str = ""
    ca_file: Path | None = None
    """Whom to trust besides the system's authorities."""

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port}, tls={self.tls})"


@dataclass(frozen=True, kw_only=True)
class SmtpLimits:
    """How many and how long."""

    connections: int = 4
    step_s: float = 15.0
    """Each answer of the server's."""
    mail_s: float = 45.0
    """One mail in all, waiting for a connection included."""
    idle_s: float = 20.0
    """A connection that nobody needed for so long is closed."""
    mails_per_connection: int = 100
    """Servers close connections that never end; we go first."""


@dataclass(kw_only=True)
class _Connection:
    client: SMTP
    mails: int = 0
    idle_since: float = 0.0


class SmtpMailer:
    """A `Mailer`. `run` closes what is idle; `close` closes everything."""

    def __init__(self, server: SmtpServer, *, ehlo_name: str, clock: Clock, limits: SmtpLimits | None = None) -> None:
        self._server = server
        self._ehlo_name = ehlo_name
        self._clock = clock
        self._limits = limits or SmtpLimits()
        self._turns = asyncio.Semaphore(self._limits.connections)
        self._idle: list[_Connection] = []
        self._worn: list[_Connection] = []
        self._tls_context: ssl.SSLContext | None = None

    async def send(self, mail: Outgoing) -> Taken:
        """See `Mailer`."""
        handing_over = False
        try:
            async with asyncio.timeout(self._limits.mail_s), self._turns, self._envelope(mail) as client:
                handing_over = True
                await client.data(mail.content)
        except SMTPResponseException as error:
            if handing_over and not _is_refusal(error):
                raise MailOutcomeUnknown(f"{error.code}") from error
            raise _meaning(error) from error
        except _LOST as error:
            if handing_over:
                raise MailOutcomeUnknown from error
            raise MailServerUnavailable(type(error).__name__) from error
        return "sent"

    async def run(self) -> None:
        """Closes idle connections until cancelled."""
        while True:
            await asyncio.sleep(self._limits.idle_s / 4)
            idle_since = self._clock.monotonic() - self._limits.idle_s
            done = [one for one in self._idle if one.idle_since <= idle_since] + self._worn
            self._idle, self._worn = [one for one in self._idle if one.idle_since > idle_since], []
            await _quit_all(done)

    async def close(self) -> None:
        """Closes the idle connections; those in use are closed by their users."""
        done, self._idle, self._worn = self._idle + self._worn, [], []
        await _quit_all(done)

    @asynccontextmanager
    async def _envelope(self, mail: Outgoing) -> AsyncIterator[SMTP]:
        """A connection on which the server waits for this mail's content. It is kept for the next mail where it can be."""
        connection = await self._addressed(mail)
        try:
            yield connection.client
        except SMTPResponseException as error:
            await self._keep_after(error, connection)
            raise
        except BaseException:
            connection.client.close()
            raise
        # Nothing is waited for from here on: the mail is taken, and no time limit may say otherwise.
        connection.mails += 1
        self._keep(connection)

    async def _addressed(self, mail: Outgoing) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            try:
                await self._address(connection, mail)
            except (SMTPServerDisconnected, ConnectionError):
                # It was closed while nobody used it. Nothing of the mail has left: another one will do.
                connection.client.close()
            else:
                return connection
        connection = await self._connect()
        await self._address(connection, mail)
        return connection

    async def _address(self, connection: _Connection, mail: Outgoing) -> None:
        try:
            await connection.client.mail(mail.sender)
            await connection.client.rcpt(mail.recipient)
        except SMTPResponseException as error:
            await self._keep_after(error, connection)
            raise
        except BaseException:
            connection.client.close()
            raise

    async def _connect(self) -> _Connection:
        server = self._server
        if server.tls != "none" and self._tls_context is None:
            # In a thread: reading all authorities' certificates takes tens of milliseconds.
            self._tls_context = await asyncio.to_thread(_trust, server.ca_file)
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            local_hostname=self._ehlo_name,
            timeout=self._limits.step_s,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=self._tls_context,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except (SMTPException, OSError, ValueError) as error:
            # Whatever the server says before it has seen a mail says nothing of this one: a wrong password, a full house, a
            # certificate that ran out. Mail waits until that is mended.
            code = error.code if isinstance(error, SMTPResponseException) else type(error).__name__
            client.close()
            _log.warning("mail_server_unavailable", cause=str(code), **pii(words=str(error)))
            raise MailServerUnavailable(str(code)) from error
        except BaseException:
            client.close()
            raise
        return _Connection(client=client)

    async def _keep_after(self, error: SMTPResponseException, connection: _Connection) -> None:
        """A refusal was an answer: the server is ready for the next mail, once it has forgotten this one."""
        try:
            if not _is_refusal(error):
                raise error
            await connection.client.rset()
        except (SMTPException, OSError):
            connection.client.close()
        except BaseException:
            connection.client.close()
            raise
        else:
            self._keep(connection)

    def _keep(self, connection: _Connection) -> None:
        if connection.client.is_connected:
            connection.idle_since = self._clock.monotonic()
            worn = connection.mails >= self._limits.mails_per_connection
            (self._worn if worn else self._idle).append(connection)


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def _is_refusal(error: SMTPResponseException) -> bool:
    return 400 <= error.code < 600


def _meaning(error: SMTPResponseException) -> MailDeferred | MailRefused | MailServerUnavailable:
    """What the server's answer to a mail means. Its words may quote the address: the codes alone go on."""
    enhanced = _ENHANCED.match(error.message)
    codes = f"{error.code} {enhanced.group()}" if enhanced else f"{error.code}"
    _log.warning("mail_not_taken", codes=codes, **pii(words=error.message[:500]))
    if isinstance(error, SMTPSenderRefused):
        # Not this mail, but who we say we are: EMAIL_FROM, or a login that the server misses.
        return MailServerUnavailable(codes)
    if error.code >= 500 and error.code != 530:
        return MailRefused(f"{codes} at {'RCPT' if isinstance(error, SMTPRecipientRefused) else 'DATA'}")
    return MailDeferred(codes)


async def _quit_all(connections: Sequence[_Connection]) -> None:
    async def quit_one(client: SMTP) -> None:
        with suppress(SMTPException, OSError):
            await client.quit(timeout=_QUIT_S)
        client.close()

    await asyncio.gather(*(quit_one(connection.client) for connection in connections))
