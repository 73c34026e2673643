"""What is said on the phone: a Reply in TwiML, with the conversation riding in the next request's URL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from common.contracts.tenants import TenantSettings
from receptionist.understanding.text import Lang
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.draft import TurnDraft
from telephony_gateway.domain.phrases import PHRASES
from telephony_gateway.domain.turn import Answer, Outgoing


class CallReply:
    """A `Reply` by phone."""

    dials: ClassVar[bool] = True

    def __init__(self, desk: Desk, settings: TenantSettings | None) -> None:
        self._desk = desk
        self._settings = settings

    def render(self, draft: TurnDraft) -> Answer:
        """See `Reply`."""
        call = draft.call
        sealed = "" if draft.ended else self._desk.sealer.seal(call)
        if not sealed and not draft.ended:
            self._desk.counters.too_long_to_ride()
        body = self._desk.renderer.turn(
            draft.spoken, lang=call.state.lang, turn=call.turn, sealed=sealed, ended=draft.ended
        )
        return Answer(body=body)

    def apologise(self, words: str, lang: Lang) -> Answer:
        """See `Reply`."""
        phrases = PHRASES[lang]
        records = self._settings is None or self._settings.record_voicemail
        ask = phrases.leave_message if records else ""
        return Answer(body=self._desk.renderer.apology(words, lang=lang, ask=ask, goodbye=phrases.goodbye))

    def turn_away(self, words: str, lang: Lang, *, dial: str) -> Answer:
        """See `Reply`."""
        phrases = PHRASES[lang]
        goodbye = f"{phrases.call_again} {phrases.goodbye}" if dial else phrases.goodbye
        return Answer(body=self._desk.renderer.apology(words, lang=lang, ask="", goodbye=goodbye, dial=dial))

    def messages(self, words: str, now: datetime) -> Sequence[Outgoing]:
        """See `Reply`: the turn tells everything itself."""
        return ()
