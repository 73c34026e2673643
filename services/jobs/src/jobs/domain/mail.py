"""A mail as it travels: headers, plain text, and the same in simple HTML."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from jobs.domain.email import Email, EmailId, sendable_address
from jobs.domain.mail_words import Template, closing_lines, template_of

_MAX_BUSINESS: Final = 80
_BLANK_LINES: Final = re.compile(r"\n\s*\n")
_ACCENTS: Final[dict[Template, str]] = {
    "alert": "#b42318",
    "summary": "#175cd3",
    "billing": "#175cd3",
    "notice": "#475467",
}


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Whom mail comes from."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        """The part behind the @."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """What is handed to a mail server: the envelope and the message, the same at each attempt."""

    message_id: str
    """With its angle brackets."""
    sender: str
    recipient: str
    content: bytes
    """Seven bits, lines end in CRLF."""


def message_id_of(email_id: EmailId, domain: str) -> str:
    """The same for each attempt, so that whoever gets a mail twice can know it. It tells nothing of the mail."""
    return f"<{hashlib.sha256(email_id.encode()).hexdigest()[:32]}@{domain}>"


def compose(email: Email, *, sender: Sender, business: str) -> Outgoing:
    """Puts a mail into its template. The same arguments give the same bytes. Raises `AddressRefused`.

    What callers said may be in any word of it. Headers take one line without control characters, the HTML part takes everything
    as text, and neither part fetches or links to anything.
    """
    template = template_of(email.purpose)
    recipient = sendable_address(email.recipient)
    subject, business = _one_line(email.subject), _one_line(business)[:_MAX_BUSINESS].strip()
    body = _clean(email.body).strip()
    reason, sent_by = closing_lines(template, email.language, business)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = subject
    message["Date"] = email.accepted_at
    message["Message-ID"] = message_id_of(email.email_id, sender.domain)
    # RFC 3834: nobody's holiday notice answers it.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{body}\n\n-- \n{reason}\n{sent_by}\n", cte="quoted-printable")
    message.add_alternative(
        _html(email.language, template, subject, body, (reason, sent_by)), subtype="html", cte="quoted-printable"
    )
    # Not before: a message that becomes multipart hands its content's headers to its first part.
    message["Content-Language"] = email.language
    # Python would draw it by lot: the same mail shall be the same bytes.
    message.set_boundary(f"={hashlib.sha256(email.email_id.encode()).hexdigest()[32:56]}=")
    return Outgoing(
        message_id=str(message["Message-ID"]), sender=sender.address, recipient=recipient, content=message.as_bytes()
    )


def _html(language: str, template: Template, subject: str, body: str, closing: tuple[str, str]) -> str:
    paragraphs = "".join(
        f'<p style="margin:0 0 16px">{_text(paragraph)}</p>\n' for paragraph in _BLANK_LINES.split(body)
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{_text(language)}">\n<head><meta charset="utf-8"><title>{_text(subject)}</title></head>\n'
        '<body style="margin:0;padding:24px;font:16px/1.5 sans-serif;color:#1d2939;background:#ffffff">\n'
        f'<div style="max-width:600px;border-top:4px solid {_ACCENTS[template]};padding-top:16px">\n'
        f'<h1 style="margin:0 0 16px;font-size:20px">{_text(subject)}</h1>\n{paragraphs}'
        f'<p style="margin:24px 0 0;font-size:13px;color:#475467">{_text(closing[0])}<br>\n{_text(closing[1])}</p>\n'
        "</div>\n</body>\n</html>\n"
    )


def _text(words: str) -> str:
    """The only way of words into the HTML part."""
    return html.escape(words, quote=True).replace("\n", "<br>\n")


def _one_line(words: str) -> str:
    return " ".join(_clean(words).split())


def _clean(words: str) -> str:
    """Without what is no text: controls, which end lines or switch terminals, and those that turn the direction of writing."""
    unified = words.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign if sign == "\n" or not _is_control(sign) else " " for sign in unified)


def _is_control(sign: str) -> bool:
    return (
        unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"}
        or sign in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
