from __future__ import annotations

import html
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from html.parser import HTMLParser
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jobs_store_contract import email

from jobs.domain.email import AddressRefused, KeptEmail
from jobs.domain.mail import Outgoing, Sender, compose, message_id_of
from jobs.domain.mail_words import TEMPLATES, closing_lines, template_of

SENDER = Sender(address="receptionist@mail.example.com", name="Receptionist")
MAIL = replace(
    email("a1-mail-untexted-0123"),
    subject="EMERGENCY: gas – Bright Plumbing",
    body="Smells gas in the cellar.\nDana\n\n12 Oak St\n.\nFrom here on.",
    accepted_at=datetime(2026, 3, 10, 12, 30, tzinfo=UTC),
)


def read(outgoing: Outgoing) -> EmailMessage:
    message = message_from_bytes(outgoing.content, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def part(message: EmailMessage, kind: Literal["plain", "html"]) -> str:
    found = message.get_body((kind,))
    assert found is not None
    content: str = found.get_content()
    return content.replace("\r\n", "\n")


class Tags(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_mail_says_who_it_is_from_what_it_is_and_that_no_person_wrote_it() -> None:
    outgoing = compose(MAIL, sender=SENDER, business="Bright Plumbing")
    message = read(outgoing)
    assert (outgoing.sender, outgoing.recipient) == ("receptionist@mail.example.com", "dana@example.com")
    assert message["From"] == "Receptionist <receptionist@mail.example.com>"
    assert message["To"] == "dana@example.com"
    assert message["Subject"] == "EMERGENCY: gas – Bright Plumbing"
    assert message["Date"].datetime == MAIL.accepted_at
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message["Message-ID"] == outgoing.message_id == message_id_of(MAIL.email_id, "mail.example.com")
    assert message.get_content_type() == "multipart/alternative"
    assert part(message, "plain").startswith("Smells gas in the cellar.\nDana\n\n12 Oak St\n.\nFrom here on.\n\n-- \n")
    assert "Smells gas in the cellar.<br>\nDana</p>" in part(message, "html")


def test_a_repeated_mail_is_the_same_to_the_byte_and_another_one_has_another_message_id() -> None:
    assert compose(MAIL, sender=SENDER, business="B") == compose(MAIL, sender=SENDER, business="B")
    other = replace(MAIL, email_id=email("other").email_id)
    assert compose(other, sender=SENDER, business="B").message_id != message_id_of(MAIL.email_id, SENDER.domain)
    assert MAIL.email_id not in message_id_of(MAIL.email_id, SENDER.domain)


@pytest.mark.parametrize("purpose", ["alert", "summary", "billing", "dunning", "whatever else"])
def test_each_purpose_has_words_in_both_languages(purpose: str) -> None:
    texts = set()
    for language in ("en", "es"):
        for business in ("Bright Plumbing", ""):
            mail = replace(MAIL, purpose=purpose, language=language)
            message = read(compose(mail, sender=SENDER, business=business))
            for kind in ("plain", "html"):
                reason, sent_by = closing_lines(template_of(purpose), mail.language, business)
                words = html.unescape(part(message, kind))  # type: ignore[arg-type]
                assert reason in words
                assert sent_by in words
            assert "{" not in part(message, "plain")
            assert ("Bright Plumbing" in sent_by) is bool(business)
            texts.add(part(message, "plain"))
    assert len(texts) == 4
    assert template_of(purpose) in TEMPLATES


def test_words_of_callers_stay_words_in_the_html_part() -> None:
    evil = '<script>alert(1)</script><img src="https://evil.example/x.png" onerror=a> & "quoted" \'too\''
    mail = replace(MAIL, subject=evil, body=f"{evil}\n\nhttps://evil.example/login")
    page = part(read(compose(mail, sender=SENDER, business=evil)), "html")
    seen = Tags(page)
    assert set(seen.tags) <= {"html", "head", "meta", "title", "body", "div", "h1", "p", "br"}
    assert seen.attributes <= {"lang", "charset", "style"}
    assert "url(" not in page
    assert evil in " ".join(seen.text.split("\n"))


@pytest.mark.parametrize(
    "subject",
    [
        "Hi\r\nBcc: all@example.com",
        "Hi\nBcc: all@example.com",
        "Hi\rBcc: x@example.com",
        "Hi\x00\x0b\x85\u2028Bcc: x@y.example",
    ],
)
def test_no_word_of_a_subject_or_a_name_becomes_a_header(subject: str) -> None:
    sender = replace(SENDER, name=SENDER.name)
    for mail in (replace(MAIL, subject=subject), KeptEmail(**{**vars(MAIL), "subject": subject})):
        message = read(compose(mail, sender=sender, business=subject))
        assert "Bcc" not in message
        assert message["Subject"].startswith("Hi")
        assert set(message.keys()) == {
            "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version", "Content-Type",
        }  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    subject=st.text(max_size=200),
    body=st.text(max_size=400),
    business=st.text(max_size=200),
    language=st.sampled_from(["en", "es"]),
)
def test_whatever_the_words_the_message_is_sound_seven_bit_and_has_its_headers_alone(
    subject: str, body: str, business: str, language: Literal["en", "es"]
) -> None:
    mail = KeptEmail(**{**vars(MAIL), "subject": subject, "body": body, "language": language})
    outgoing = compose(mail, sender=SENDER, business=business)
    message = read(outgoing)
    assert len(message.keys()) == 9
    assert message["To"] == "dana@example.com"
    outgoing.content.decode("ascii")
    assert b"\x00" not in outgoing.content
    lines = outgoing.content.split(b"\r\n")
    assert all(b"\r" not in line and b"\n" not in line and len(line) <= 998 for line in lines)
    assert set(Tags(part(message, "html")).tags) <= {"html", "head", "meta", "title", "body", "div", "h1", "p", "br"}


def test_a_mail_that_was_purged_can_not_be_composed() -> None:
    gone = KeptEmail(**{**vars(MAIL), "recipient": "", "subject": "", "body": ""})
    with pytest.raises(AddressRefused):
        compose(gone, sender=SENDER, business="")


def test_an_international_domain_travels_in_its_ascii_form() -> None:
    outgoing = compose(replace(MAIL, recipient="dana@bücher.example"), sender=SENDER, business="")
    assert outgoing.recipient == "dana@xn--bcher-kva.example"
    assert message_from_bytes(outgoing.content, policy=SMTP)["To"] == "dana@xn--bcher-kva.example"
