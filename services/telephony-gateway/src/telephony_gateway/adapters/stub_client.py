"""Texts and calls that go nowhere: for the embedded mode, and as the playbook's switch when Twilio is down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from common.observability.logs import get_logger, pii
from telephony_gateway.domain.text import NewText
from telephony_gateway.ports.texts import Taken

_log = get_logger("telephony-gateway")
Shown = Callable[[Literal["text", "call"], str, str, str], None]
"""What, to whom, the purpose, the words."""


class StubClient:
    """An `SmsProvider` that logs. What it took is never counted as delivered."""

    def __init__(self, new_id: Callable[[], str], show: Shown | None = None) -> None:
        self._new_id = new_id
        self._show = show

    async def send(self, text: NewText, *, status_callback: str) -> Taken:
        """See `SmsProvider`."""
        _log.info("text_stubbed", purpose=text.purpose, text_id=text.text_id, **pii(to=text.to_phone, body=text.body))
        if self._show is not None:
            self._show("text", text.to_phone, text.purpose, text.body)
        return Taken(provider_id=f"stub-{self._new_id()}", stub=True)

    async def find(self, text: NewText, *, since: datetime) -> str | None:
        """See `SmsProvider`. Nothing was ever sent."""
        return None

    async def place_call(self, *, from_phone: str, to_phone: str, answer_url: str) -> Taken:
        """See `SmsProvider`."""
        _log.info("call_stubbed", **pii(to=to_phone))
        if self._show is not None:
            self._show("call", to_phone, "alert", "")
        return Taken(provider_id=f"stub-{self._new_id()}", stub=True)

    async def close(self) -> None:
        """See `SmsProvider`."""
