"""An alert that climbs until somebody takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from telephony_gateway.domain.ids import AlertId, CallId, TenantId

AlertState = Literal["open", "acknowledged", "exhausted"]
RungKind = Literal["text", "call", "email"]

TEXT_TO_CALL: Final = timedelta(seconds=60)
CALL_TO_NEXT: Final = timedelta(seconds=60)
ROUND_PAUSE: Final = timedelta(minutes=5)
ROUNDS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """Somebody is in danger: committed at detection, whatever becomes of the rest of the turn. Once per `alert_id`."""

    alert_id: AlertId
    tenant_id: TenantId
    call_id: CallId
    channel: Literal["voice", "sms", "web"]
    category: str
    summary: str
    words: str
    caller_phone: str
    name: str
    address: str
    lang: Literal["en", "es"]
    detected_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertUpdate:
    """More is known about the alerts of a conversation. Empty fields say nothing new."""

    call_id: CallId
    phone: str
    name: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as it stands. `step` counts the rungs that were climbed; the next one is due at `due_at`."""

    new: NewAlert
    state: AlertState = "open"
    step: int = 0
    due_at: datetime
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None

    @property
    def progress(self) -> tuple[int, int]:
        """Orders what is known of one alert: of two reports the higher one is the later. `keep_alert` says the same in SQL."""
        return ("open", "exhausted", "acknowledged").index(self.state), self.step


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertContact:
    """Somebody who can take an alert, in the owner's order."""

    name: str
    phone: str
    email: str
    lang: Literal["en", "es"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One attempt to reach somebody; the next one waits `then` for an acknowledgement."""

    kind: RungKind
    contact: AlertContact
    then: timedelta


def ladder(contacts: Sequence[AlertContact]) -> tuple[Rung, ...]:
    """One round: text, then voice call to each contact in turn, then mail to all of them."""
    rungs: list[Rung] = []
    for contact in contacts:
        rungs.append(Rung(kind="text", contact=contact, then=TEXT_TO_CALL))
        rungs.append(Rung(kind="call", contact=contact, then=CALL_TO_NEXT))
    mails = [contact for contact in contacts if contact.email]
    rungs += [Rung(kind="email", contact=contact, then=timedelta(0)) for contact in mails]
    if rungs:
        last = rungs[-1]
        rungs[-1] = Rung(kind=last.kind, contact=last.contact, then=ROUND_PAUSE)
    return tuple(rungs)


def rung_of(step: int, contacts: Sequence[AlertContact]) -> Rung | None:
    """The rung that comes after `step` climbed ones; None when every round was in vain."""
    rungs = ladder(contacts)
    if not rungs or step >= len(rungs) * ROUNDS:
        return None
    return rungs[step % len(rungs)]


def mail_now(contacts: Sequence[AlertContact]) -> tuple[AlertContact, ...]:
    """Who is mailed at once where neither texts nor calls can be sent."""
    return tuple(contact for contact in contacts if contact.email)


def is_acknowledgement(body: str) -> bool:
    """A contact's text that takes the alert: `1`, `ok`, `yes`, `on my way` and the like, and nothing that could be a refusal."""
    bare = " ".join("".join(sign if sign.isalnum() else " " for sign in body.casefold()).split())
    return bare in _TAKEN


_TAKEN: Final = frozenset(
    {
        "1", "ok", "okay", "k", "yes", "y", "yep", "yeah", "got it", "on it", "on my way", "omw", "taking it", "i got it",
        "im on it", "i m on it", "ack", "acknowledged", "taken", "mine",
        "si", "sí", "vale", "listo", "voy", "ya voy", "voy en camino", "en camino", "enterado", "recibido", "lo tengo", "yo voy",
    }
)  # fmt: skip
