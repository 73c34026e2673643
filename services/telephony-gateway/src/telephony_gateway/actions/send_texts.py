"""Send texts: the rules decide at the moment of sending, the attempt is committed before the provider is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from common.backoff import Backoff
from common.clock import Clock
from common.contracts.gateway import MessageSent
from common.contracts.tenants import TenantSettings
from common.messaging.bus import Message
from common.messaging.compose import message_of
from common.observability.logs import get_logger
from common.storage import StoreError
from telephony_gateway.actions.mail_alert import alert_mails
from telephony_gateway.actions.overtaken import overtaken
from telephony_gateway.domain.consent import ConsentChange
from telephony_gateway.domain.phone import country_of
from telephony_gateway.domain.text import (
    Drop,
    Go,
    NewText,
    SendingRules,
    Text,
    TextStatus,
    Wait,
    decide,
    segments_of,
    start_of_day,
)
from telephony_gateway.ports.alerts import AlertStore
from telephony_gateway.ports.copies import Copies
from telephony_gateway.ports.figures import SendingObserver, TextOutcome
from telephony_gateway.ports.texts import (
    ConsentLedger,
    SmsError,
    SmsOptedOut,
    SmsProvider,
    SmsRefused,
    SmsUnavailable,
    SmsUnknown,
    Taken,
    TextResult,
    TextStore,
)

_BATCH: Final = 20
_AT_ONCE: Final = 8
_EVERY_S: Final = 1.0
LEASE_S: Final = 60.0
"""Much longer than the provider's own time limit: whoever holds a text for longer has died."""
_LOOK_UP_AFTER: Final = timedelta(seconds=20)
_LOOKUPS: Final = 4
_BUSINESS_MAY_COME: Final = timedelta(minutes=10)
"""A sender that has just been born knows its businesses a moment later than its texts."""
_NEWS_MAY_COME: Final = timedelta(minutes=10)
"""After an outage the news of a move may be read later than the reminder of the new time."""
_RETRIES_MAY_COME: Final = timedelta(minutes=1)
"""How often a text looks whether operators let it be sent again."""
_BACKOFF: Final = Backoff(base_s=2.0, maximum_s=900.0, minimum_s=1.0)
_URGENT_BACKOFF: Final = Backoff(base_s=1.0, maximum_s=20.0, minimum_s=0.5)
_log = get_logger("telephony-gateway")


class TextSender:
    """Works through the texts that are due. Several replicas share the work: a text is leased to one of them."""

    def __init__(
        self,
        *,
        store: TextStore,
        alerts: AlertStore,
        consents: ConsentLedger,
        copies: Copies,
        provider: SmsProvider,
        observer: SendingObserver,
        clock: Clock,
        random: Callable[[], float],
        public_base_url: str,
        lease_s: float = LEASE_S,
        retries: Callable[[], bool] = lambda: True,
    ) -> None:
        """While `retries` says no, what the provider did not take waits; urgent texts go on."""
        self._retries = retries
        self._store = store
        self._alerts = alerts
        self._consents = consents
        self._copies = copies
        self._provider = provider
        self._observer = observer
        self._clock = clock
        self._random = random
        self._public_base_url = public_base_url
        self._lease = timedelta(seconds=lease_s)
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """A text was committed: don't wait for the next sweep."""
        self._nudged.set()

    async def run(self) -> None:
        """Sends until cancelled. While the store is down it waits."""
        while True:
            self._nudged.clear()
            try:
                while await self.sweep() >= _BATCH:
                    pass
            except StoreError as error:
                _log.warning("texts_not_claimed", slug=error.slug)
            try:
                async with asyncio.timeout(_EVERY_S):
                    await self._nudged.wait()
            except TimeoutError:
                continue

    async def sweep(self) -> int:
        """Works on the texts that are due now, urgent ones first; returns how many. Raises `StoreError`."""
        now = self._clock.now()
        texts = await self._store.claim(now=now, lease_until=now + self._lease, limit=_BATCH)
        for first in range(0, len(texts), _AT_ONCE):
            async with asyncio.TaskGroup() as group:
                for text in texts[first : first + _AT_ONCE]:
                    group.create_task(self._work(text))
        return len(texts)

    async def _work(self, text: Text) -> None:
        try:
            if text.status == "unknown":
                await self._look_up(text)
            else:
                await self._send(text)
        except StoreError as error:
            # The lease runs out and the text comes again, as what its last commit says.
            _log.warning("text_result_not_stored", slug=error.slug, text_id=text.new.text_id)

    async def _send(self, text: Text) -> None:
        new, now = text.new, self._clock.now()
        if text.attempts and not text.urgent and not self._retries():
            await self._finish(text, "postponed", status="queued", due_at=now + _RETRIES_MAY_COME, error=text.error)
            return
        settings = self._copies.tenant(new.tenant_id)
        if settings is None and now - new.created_at < _BUSINESS_MAY_COME:
            await self._finish(text, "postponed", status="queued", due_at=now + _LOOK_UP_AFTER)
            return
        if settings is None:
            await self._finish(text, "dropped", status="blocked", error="unknown-tenant")
            return
        why = overtaken(new, self._copies, now)
        if why == "visit-moved" and now - new.created_at < _NEWS_MAY_COME:
            await self._finish(text, "postponed", status="queued", due_at=now + _LOOK_UP_AFTER)
            return
        if why is not None:
            await self._finish(text, "dropped", status="not_needed", error=why)
            return
        rules = rules_of(settings)
        verdict = decide(
            new,
            now,
            rules,
            opted_out=await self._consents.opted_out(new.tenant_id, new.to_phone, new.from_phone, since=new.created_at),
            country=country_of(new.to_phone),
            sent_today=await self._store.sent_since(new.tenant_id, start_of_day(now, rules.zone)),
            dealt_with=new.basis == "service" or await self._consents.dealt_with(new.tenant_id, new.to_phone),
        )
        match verdict:
            case Drop():
                await self._finish(text, "dropped", status=verdict.status, error=verdict.error)
            case Wait():
                await self._finish(text, "postponed", status="queued", due_at=verdict.until)
            case Go() if new.automated:
                await self._send_automated(text)
            case Go():
                if await self._store.begin(new.text_id, now=now, lease_until=now + self._lease):
                    await self._ask_provider(text)

    async def _send_automated(self, text: Text) -> None:
        """Nobody waits for it: one too many is worse than none."""
        now = self._clock.now()
        begun = await self._store.begin_automated(text.new, now=now, lease_until=now + self._lease)
        match begun:
            case "begun":
                await self._ask_provider(text)
            case "taken":
                return
            case "twin" | "too_often":
                await self._finish(text, "dropped", status="blocked", error=begun.replace("_", "-"))
            case _:
                assert_never(begun)

    async def _ask_provider(self, text: Text) -> None:
        callback = f"{self._public_base_url}/twilio/status-callback?text={text.new.text_id}"
        try:
            taken = await self._provider.send(text.new, status_callback=callback)
        except SmsOptedOut as error:
            await self._opted_out(text, error)
        except SmsRefused as error:
            await self._finish(text, "refused", status="failed", error=f"{error.slug}:{error.code}", undelivered=True)
        except SmsUnavailable as error:
            backoff = _URGENT_BACKOFF if text.urgent else _BACKOFF
            wait_s = max(error.retry_after_s, backoff.delay_s(text.attempts + 1, self._random))
            due_at = self._clock.now() + timedelta(seconds=wait_s)
            await self._finish(text, "retried", status="queued", due_at=due_at, error=error.slug, undelivered=True)
        except SmsUnknown as error:
            due_at = self._clock.now() + _LOOK_UP_AFTER
            await self._finish(text, "unknown", status="unknown", due_at=due_at, error=error.slug, undelivered=True)
        else:
            await self._sent(text, taken)

    async def _look_up(self, text: Text) -> None:
        """Finds out whether a text went out before it is sent again: the provider's list is asked, and callbacks may say."""
        try:
            provider_id = await self._provider.find(text.new, since=text.new.created_at)
        except SmsError as error:
            due_at = self._clock.now() + _LOOK_UP_AFTER
            await self._finish(text, "unknown", status="unknown", due_at=due_at, error=error.slug, lookups=text.lookups)
            return
        if provider_id is not None:
            await self._sent(text, Taken(provider_id=provider_id))
        elif text.urgent:
            await self._send(text)
        elif text.lookups + 1 < _LOOKUPS:
            due_at = self._clock.now() + _LOOK_UP_AFTER * 2**text.lookups
            await self._finish(
                text, "unknown", status="unknown", due_at=due_at, error="unknown", lookups=text.lookups + 1
            )
        else:
            # It may have been read: better once or not at all than twice.
            await self._finish(text, "parked", status="parked", error="outcome-unknown", lookups=text.lookups + 1)

    async def _sent(self, text: Text, taken: Taken) -> None:
        new, now = text.new, self._clock.now()
        result: TextOutcome = "stubbed" if taken.stub else "sent"
        messages = () if taken.stub else (_sent_message(new, now),)
        await self._store.record(
            TextResult(
                text_id=new.text_id,
                status="sent",
                at=now,
                provider_id=taken.provider_id,
                error="stub" if taken.stub else "",
                lookups=text.lookups,
                messages=messages,
            )
        )
        self._observer.text(new.purpose, result)

    async def _opted_out(self, text: Text, error: SmsOptedOut) -> None:
        new, now = text.new, self._clock.now()
        await self._store.record(
            TextResult(
                text_id=new.text_id,
                status="opted_out",
                at=now,
                error=f"{error.slug}:{error.code}",
                messages=await self._mails_of(text),
                consent=ConsentChange(
                    tenant_id=new.tenant_id,
                    phone=new.to_phone,
                    dialled_phone=new.from_phone,
                    word="stop",
                    said=str(error.code),
                    source=f"provider:{new.text_id}",
                    at=now,
                ),
            )
        )
        self._observer.text(new.purpose, "opted_out")

    async def _finish(
        self,
        text: Text,
        result: TextOutcome,
        *,
        status: TextStatus,
        error: str = "",
        due_at: datetime | None = None,
        lookups: int | None = None,
        undelivered: bool = False,
    ) -> None:
        await self._store.record(
            TextResult(
                text_id=text.new.text_id,
                status=status,
                at=self._clock.now(),
                due_at=due_at,
                error=error,
                lookups=text.lookups if lookups is None else lookups,
                # Undelivered is what the provider was just asked for.
                attempts=text.attempts + undelivered,
                messages=await self._mails_of(text) if undelivered or result == "dropped" else (),
            )
        )
        self._observer.text(text.new.purpose, result)
        if result in {"refused", "dropped", "parked", "unknown"}:
            _log.warning(
                "text_not_sent", text_id=text.new.text_id, purpose=text.new.purpose, status=status, error=error
            )

    async def _mails_of(self, text: Text) -> tuple[Message, ...]:
        """Where an alert can't be texted, mail goes out at once; its ids make that happen once."""
        if not text.urgent:
            return ()
        return await alert_mails(self._alerts, self._copies, text.new, self._clock.now())


def rules_of(settings: TenantSettings) -> SendingRules:
    """A business's rules for texts."""
    return SendingRules(
        zone=ZoneInfo(settings.time_zone),
        quiet_from=time.fromisoformat(settings.quiet_from),
        quiet_until=time.fromisoformat(settings.quiet_until),
        allowed_countries=frozenset(settings.allowed_countries),
        daily_limit=settings.daily_text_limit,
    )


def _sent_message(text: NewText, now: datetime) -> Message:
    return message_of(
        MessageSent(
            message_id=text.text_id,
            recipient_phone=text.to_phone,
            purpose=text.purpose,
            body=text.body,
            segments=segments_of(text.body),
            sent_at=now,
        ),
        event_id=f"{text.text_id}:sent",
        source="/telephony-gateway",
        time=now,
        subject=text.text_id,
        tenant=text.tenant_id,
        correlation_id=text.call_id or "",
    )
