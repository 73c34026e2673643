"""Climb: text, voice call, next contact, mail, round after round, until somebody takes the alert."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final, Protocol, assert_never
from urllib.parse import quote

from common.clock import Clock
from common.contracts.tenants import TenantSettings
from common.observability.logs import get_logger
from common.storage import StoreError
from telephony_gateway.actions.mail_alert import contacts_of, mail_message, text_of_alert
from telephony_gateway.domain.alert import Alert, AlertContact, Rung, rung_of
from telephony_gateway.domain.alert_words import text_of
from telephony_gateway.domain.ids import TextId
from telephony_gateway.domain.text import NewText
from telephony_gateway.ports.alerts import AlertStore
from telephony_gateway.ports.copies import Copies
from telephony_gateway.ports.figures import EscalationObserver
from telephony_gateway.ports.texts import SmsError, SmsProvider

_BATCH: Final = 20
_EVERY_S: Final = 1.0
_LEASE: Final = timedelta(seconds=30)
_NO_CONTACTS_PAUSE: Final = timedelta(seconds=30)
_log = get_logger("telephony-gateway")


class Escalation:
    """Alerts are claimed by one replica at a time, and each rung is committed as it is climbed."""

    def __init__(
        self,
        *,
        store: AlertStore,
        copies: Copies,
        provider: SmsProvider,
        observer: EscalationObserver,
        clock: Clock,
        public_base_url: str,
        wake_sender: Sender,
    ) -> None:
        self._store = store
        self._copies = copies
        self._provider = provider
        self._observer = observer
        self._clock = clock
        self._public_base_url = public_base_url
        self._sender = wake_sender
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """An alert was committed: begin now, don't wait for the next sweep."""
        self._rung.set()

    async def run(self) -> None:
        """Climbs until cancelled. While the store is down it waits."""
        while True:
            self._rung.clear()
            try:
                while await self.sweep() >= _BATCH:
                    pass
                self._observer.unacknowledged(*await self._store.unacknowledged(self._clock.now()))
            except StoreError as error:
                _log.warning("alerts_not_claimed", slug=error.slug)
            try:
                async with asyncio.timeout(_EVERY_S):
                    await self._rung.wait()
            except TimeoutError:
                continue

    async def sweep(self) -> int:
        """Climbs one rung of each alert that is due; returns how many. Raises `StoreError`."""
        now = self._clock.now()
        alerts = await self._store.claim_alerts(now=now, lease_until=now + _LEASE, limit=_BATCH)
        for alert in alerts:
            await self._climb(alert)
        return len(alerts)

    async def _climb(self, alert: Alert) -> None:
        now = self._clock.now()
        settings = self._copies.tenant(alert.new.tenant_id)
        if settings is None:
            # Its copy may come yet: the lease runs out and it is tried again.
            _log.error("alert_without_tenant", alert_id=alert.new.alert_id)
            return
        contacts = contacts_of(settings)
        rung = rung_of(alert.step, contacts)
        if rung is None:
            if await self._store.climb(
                alert.new.alert_id, step=alert.step, state="exhausted", due_at=now + _NO_CONTACTS_PAUSE
            ):
                self._observer.climbed("exhausted")
                _log.error("alert_exhausted", alert_id=alert.new.alert_id, rungs=alert.step)
            return
        step, due_at = alert.step + 1, now + rung.then
        match rung.kind:
            case "text":
                text = self._text(alert, rung, settings)
                if await self._store.climb(alert.new.alert_id, step=step, state="open", due_at=due_at, text=text):
                    self._observer.climbed("text")
                    self._sender.nudge()
            case "call":
                if await self._store.climb(alert.new.alert_id, step=step, state="open", due_at=due_at):
                    await self._call(alert, rung.contact, settings, step)
            case "email":
                mail = mail_message(alert, rung.contact, settings, occasion=f"s{alert.step}", now=now)
                if await self._store.climb(
                    alert.new.alert_id, step=step, state="open", due_at=due_at, messages=(mail,)
                ):
                    self._observer.climbed("email")
            case _:
                assert_never(rung.kind)

    def _text(self, alert: Alert, rung: Rung, settings: TenantSettings) -> NewText:
        now = self._clock.now()
        return NewText(
            text_id=TextId(text_of_alert(alert.new.alert_id, alert.step)),
            tenant_id=alert.new.tenant_id,
            call_id=alert.new.call_id,
            from_phone=settings.phone_numbers[0],
            to_phone=rung.contact.phone,
            body=text_of(alert.new, rung.contact.lang),
            purpose="alert",
            lang=rung.contact.lang,
            created_at=now,
            wait_for_quiet_hours=False,
        )

    async def _call(self, alert: Alert, contact: AlertContact, settings: TenantSettings, step: int) -> None:
        """The rung is committed: the call is placed once or not at all, and one that can't be placed makes the next rung due."""
        answer_url = f"{self._public_base_url}/twilio/alert/answer?alert={quote(alert.new.alert_id, safe='')}&lang={contact.lang}"
        try:
            await self._provider.place_call(
                from_phone=settings.phone_numbers[0], to_phone=contact.phone, answer_url=answer_url
            )
        except SmsError as error:
            _log.warning("alert_call_failed", alert_id=alert.new.alert_id, slug=error.slug)
            self._observer.climbed("call_failed")
            await self._store.hurry(alert.new.alert_id, step=step, due_at=self._clock.now())
        else:
            self._observer.climbed("call")


class Sender(Protocol):
    """Sends what was just committed."""

    def nudge(self) -> None: ...
