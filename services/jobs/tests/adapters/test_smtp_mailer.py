from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jobs_mail_peer import PASSWORD, USER, Certificate, MailPeer, mail_peer, make_certificate
from jobs_store_contract import email

from common.clock import SystemClock
from common.errors import SuiteError
from common.testing.patience import PATIENCE_S
from jobs.adapters.smtp_mailer import SmtpLimits, SmtpMailer, SmtpServer
from jobs.adapters.stub_mailer import StubMailer
from jobs.domain.mail import Outgoing, Sender, compose
from jobs.ports.mailer import MailDeferred, MailOutcomeUnknown, MailRefused, MailServerUnavailable

SENDER = Sender(address="receptionist@mail.example.com")
QUICK = SmtpLimits(step_s=20.0, mail_s=40.0)


def outgoing(email_id: str = "e1") -> Outgoing:
    return compose(replace(email(email_id), body="First.\n.\n..\nLast."), sender=SENDER, business="Bright Plumbing")


@asynccontextmanager
async def mailer_of(peer: MailPeer, limits: SmtpLimits = QUICK, **server: object) -> AsyncIterator[SmtpMailer]:
    settings = {"host": "127.0.0.1", "port": peer.port, "tls": "none", **server}
    mailer = SmtpMailer(
        SmtpServer(**settings),  # type: ignore[arg-type]
        ehlo_name="mail.example.com",
        clock=SystemClock(),
        limits=limits,
    )
    try:
        yield mailer
    finally:
        await mailer.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("peer"), now=lambda: datetime.now(UTC))


async def test_a_mail_arrives_as_it_was_composed() -> None:
    async with mail_peer() as peer, mailer_of(peer) as mailer:
        assert await mailer.send(outgoing()) == "sent"
        (mail,) = peer.mails
        assert mail["Message-ID"] == outgoing().message_id
        plain = mail.get_body(("plain",))
        assert plain is not None
        assert plain.get_content().replace("\r\n", "\n").startswith("First.\n.\n..\nLast.\n")
        assert peer.envelopes == [("receptionist@mail.example.com", ["dana@example.com"])]
        assert peer.helo_names == ["mail.example.com"]


async def test_a_burst_goes_over_few_connections_and_each_of_them_is_used_again() -> None:
    async with mail_peer() as peer, mailer_of(peer, replace(QUICK, connections=2)) as mailer:
        await asyncio.gather(*(mailer.send(outgoing(f"e{number}")) for number in range(12)))
        assert len({mail["Message-ID"] for mail in peer.mails}) == len(peer.mails) == 12
        assert (peer.connections, peer.most_open) == (2, 2)


async def test_a_connection_is_given_up_after_so_many_mails() -> None:
    async with mail_peer() as peer, mailer_of(peer, replace(QUICK, connections=1, mails_per_connection=2)) as mailer:
        for number in range(5):
            await mailer.send(outgoing(f"e{number}"))
        assert peer.connections == 3


async def test_idle_connections_are_closed_with_a_word() -> None:
    async with mail_peer() as peer, mailer_of(peer, replace(QUICK, idle_s=0.04)) as mailer:
        await mailer.send(outgoing())
        tidying = asyncio.create_task(mailer.run())
        async with asyncio.timeout(PATIENCE_S):
            while peer.open:
                await asyncio.sleep(0.01)
        assert peer.commands[-1] == "QUIT"
        await mailer.send(outgoing("e2"))
        assert peer.connections == 2
        tidying.cancel()
        await asyncio.gather(tidying, return_exceptions=True)


async def test_a_connection_that_the_server_closed_meanwhile_costs_nothing() -> None:
    async with mail_peer() as peer, mailer_of(peer) as mailer:
        await mailer.send(outgoing("e1"))
        peer.hang_up()
        await mailer.send(outgoing("e2"))
        assert len(peer.mails) == 2
        await asyncio.sleep(0.05)
        peer.hang_up()
        await asyncio.sleep(0.05)
        await mailer.send(outgoing("e3"))
        assert len(peer.mails) == 3


@pytest.mark.parametrize(
    ("command", "answer", "error", "detail"),
    [
        ("RCPT", "550 5.1.1 <dana@example.com>: no such user", MailRefused, "550 5.1.1 at RCPT"),
        ("RCPT", "553 dana@example.com is not here", MailRefused, "553 at RCPT"),
        ("RCPT", "450 4.2.1 dana@example.com: busy", MailDeferred, "450 4.2.1"),
        ("RCPT", "452 too many", MailDeferred, "452"),
        ("RCPT", "530 5.7.0 log in first", MailDeferred, "530 5.7.0"),
        ("DATA", "554 5.7.1 spam, said dana@example.com", MailRefused, "554 5.7.1 at DATA"),
        ("DATA", "451 4.3.0 later", MailDeferred, "451 4.3.0"),
        ("MAIL", "550 5.7.1 you may not send as that", MailServerUnavailable, "550 5.7.1"),
        ("MAIL", "421 4.3.2 closing", MailServerUnavailable, "421 4.3.2"),
        ("EHLO", "554 no", MailServerUnavailable, "554"),
    ],
)
async def test_what_the_server_answers_decides_whether_to_try_again(
    command: str, answer: str, error: type[SuiteError], detail: str
) -> None:
    async with mail_peer() as peer, mailer_of(peer) as mailer:
        peer.answers[command] = answer
        with pytest.raises(error) as caught:
            await mailer.send(outgoing())
        assert caught.value.detail == detail
        assert caught.value.retryable is (error is not MailRefused)
        assert peer.mails == []
        # And the next mail goes out all the same.
        peer.answers.clear()
        assert await mailer.send(outgoing("e2")) == "sent"


async def test_a_refusal_leaves_the_connection_usable() -> None:
    async with mail_peer() as peer, mailer_of(peer) as mailer:
        peer.answers["RCPT"] = "550 no"
        for number in range(3):
            with pytest.raises(MailRefused):
                await mailer.send(outgoing(f"e{number}"))
        assert (peer.connections, peer.commands.count("RSET")) == (1, 3)


async def test_a_connection_lost_while_the_server_takes_the_mail_leaves_the_outcome_open() -> None:
    async with mail_peer() as peer, mailer_of(peer) as mailer:
        peer.cut_after_data = 1
        with pytest.raises(MailOutcomeUnknown) as caught:
            await mailer.send(outgoing())
        assert caught.value.retryable
        assert await mailer.send(outgoing()) == "sent"
        # The reader's mail program can tell that they are one.
        assert [mail["Message-ID"] for mail in peer.mails] == [outgoing().message_id] * 2


@pytest.mark.parametrize(
    "limits", [SmtpLimits(step_s=1.0, mail_s=PATIENCE_S), SmtpLimits(step_s=PATIENCE_S, mail_s=1.5)]
)
async def test_a_server_that_says_nothing_after_the_mail_leaves_the_outcome_open(limits: SmtpLimits) -> None:
    async with mail_peer() as peer, mailer_of(peer, limits) as mailer:
        peer.silent_after_data = True
        async with asyncio.timeout(30):
            with pytest.raises(MailOutcomeUnknown):
                await mailer.send(outgoing())


async def test_a_server_that_is_not_there_or_says_nothing_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port, limits in (
            (silent.getsockname()[1], SmtpLimits(step_s=0.2, mail_s=PATIENCE_S)),
            (silent.getsockname()[1], SmtpLimits(step_s=PATIENCE_S, mail_s=0.2)),
            (1, QUICK),
        ):
            async with asyncio.timeout(30), mailer_of(MailPeer(port=port), limits) as mailer:
                with pytest.raises(MailServerUnavailable):
                    await mailer.send(outgoing())


async def test_a_cancelled_mail_leaves_no_connection_behind_that_waits_for_an_answer() -> None:
    async with mail_peer() as peer, mailer_of(peer, SmtpLimits(connections=1)) as mailer:
        peer.silent_after_data = True
        sending = asyncio.create_task(mailer.send(outgoing()))
        async with asyncio.timeout(PATIENCE_S):
            while not peer.mails:
                await asyncio.sleep(0.01)
        sending.cancel()
        assert isinstance((await asyncio.gather(sending, return_exceptions=True))[0], asyncio.CancelledError)
        peer.silent_after_data = False
        assert await mailer.send(outgoing("e2")) == "sent"
        assert peer.connections == 2


async def test_mail_goes_over_starttls_and_tls_with_a_login(certificate: Certificate) -> None:
    for implicit in (False, True):
        async with (
            mail_peer(certificate=certificate, implicit_tls=implicit, login=True) as peer,
            mailer_of(
                peer,
                tls="implicit" if implicit else "starttls",
                user=USER,
                password=PASSWORD,
                ca_file=certificate.path,
            ) as mailer,
        ):
            for number in range(2):
                assert await mailer.send(outgoing(f"e{number}")) == "sent"
            assert (len(peer.mails), peer.connections) == (2, 1)


async def test_nothing_is_sent_without_the_wanted_tls_a_trusted_certificate_and_a_right_password(
    certificate: Certificate, tmp_path: Path
) -> None:
    async with mail_peer() as peer, mailer_of(peer, tls="starttls") as mailer:
        with pytest.raises(MailServerUnavailable):
            await mailer.send(outgoing())
        assert peer.mails == []
    for server in (
        {"tls": "starttls"},
        {"tls": "starttls", "ca_file": tmp_path / "missing.pem"},
        {"tls": "starttls", "ca_file": certificate.path, "user": USER, "password": "wrong"},
        {"tls": "starttls", "ca_file": certificate.path},
    ):
        async with mail_peer(certificate=certificate, login=True) as peer, mailer_of(peer, **server) as mailer:
            with pytest.raises((MailServerUnavailable, MailDeferred)):
                await mailer.send(outgoing())
            assert peer.mails == []


async def test_the_stub_never_says_that_it_sent() -> None:
    assert await StubMailer().send(outgoing()) == "stubbed"


def test_a_server_does_not_show_its_password() -> None:
    assert PASSWORD not in repr(SmtpServer(host="h", port=25, tls="none", user=USER, password=PASSWORD))
