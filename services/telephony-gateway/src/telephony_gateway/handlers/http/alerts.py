"""Calls to whoever takes emergencies, and what becomes of our own texts: /twilio/alert/* and status callbacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from common.contracts.tenants import Contact, TenantSettings
from common.storage import StoreBusy, StoreError, StoreUnavailable
from common.web.server import note
from receptionist.understanding.text import Lang
from telephony_gateway.actions.acknowledge_alerts import acknowledge_alert
from telephony_gateway.actions.desk import Desk
from telephony_gateway.domain.alert import Alert
from telephony_gateway.domain.alert_words import call_of, cannot_look, taken_of
from telephony_gateway.domain.form import Form
from telephony_gateway.domain.ids import AlertId
from telephony_gateway.domain.text import TextStatus
from telephony_gateway.domain.turn import Answer
from telephony_gateway.handlers.http.serving import respond
from telephony_gateway.handlers.http.signed import SignedForms, error_code_of, own_id_in, sid_of
from telephony_gateway.ports.texts import TextStatuses

_STATUSES: Final[dict[str, TextStatus]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "undelivered",
}


@dataclass(frozen=True, kw_only=True)
class AlertDoor:
    """Handlers of one gateway. `wake` makes the escalation look again."""

    forms: SignedForms
    desk: Desk
    texts: TextStatuses
    wake: Callable[[], None]

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        app.router.add_post("/twilio/alert/answer", self.answer)
        app.router.add_post("/twilio/alert/taken", self.taken)

    async def answer(self, request: web.Request) -> web.Response:
        """A contact picked up: say what it is, and ask for the key."""
        form = await self.forms.read(request)
        lang = _lang(request)
        try:
            alert, settings, contact = await self._alert(request, form)
        except (StoreUnavailable, StoreBusy) as error:
            return self._cannot_look(request, error, lang)
        if alert is None or settings is None or contact is None or alert.state == "acknowledged":
            return self._say(taken_of(0, lang), lang)
        action = "/twilio/alert/taken?" + urlencode({"alert": alert.new.alert_id, "lang": lang})
        words = call_of(alert.new, settings.business_name, lang)
        return respond(Answer(body=self.desk.renderer.ask_key(words, lang=lang, action=action)))

    async def taken(self, request: web.Request) -> web.Response:
        """A key was pressed: 1 takes the alert, any other lets it climb at once."""
        form = await self.forms.read(request)
        try:
            return await self._take(request, form, _lang(request))
        except (StoreUnavailable, StoreBusy) as error:
            return self._cannot_look(request, error, _lang(request))

    async def _take(self, request: web.Request, form: Form, lang: Lang) -> web.Response:
        alert, _settings, contact = await self._alert(request, form)
        if alert is None or contact is None:
            return self._say(taken_of(0, lang), lang)
        if form.get("Digits") != "1":
            now = self.desk.clock.now()
            await self.desk.alerts.hurry(alert.new.alert_id, step=alert.step, due_at=now)
            self.wake()
            return respond(Answer(body=self.desk.renderer.texts([])))
        taken = await acknowledge_alert(self.desk.alerts, alert, by=contact.name, at=self.desk.clock.now())
        note(request, alert_id=alert.new.alert_id, taken=taken)
        return self._say(taken_of(int(taken), lang), lang)

    async def on_text(self, request: web.Request, form: Form) -> None:
        """What became of a text of ours. The URL carries our id, for texts whose sending never got an answer."""
        provider_id = sid_of(form, "MessageSid", "SmsSid")
        word = (form.get("MessageStatus") or form.get("SmsStatus")).lower()
        status = _STATUSES.get(word)
        note(request, text_status=word if status is not None else "other")
        if status is None:
            return
        code = error_code_of(form)
        error = f"provider:{code}" if code else ""
        text_id = own_id_in(request, "text")
        text = await self.texts.record_status(provider_id, status, error, self.desk.clock.now(), text_id=text_id)
        if text is None and text_id and not self.desk.replays.settled:
            # It was sent without the store, and comes to it from a journal just now: better refused than dropped.
            raise StoreUnavailable("the text is not there yet")
        if text is not None and text.urgent and status == "undelivered":
            self.wake()

    async def on_outbound_call(self, request: web.Request, form: Form) -> None:
        """A call of ours ended; whether the alert was taken is known already."""
        note(request, call_id=sid_of(form, "CallSid"))

    async def _alert(
        self, request: web.Request, form: Form
    ) -> tuple[Alert | None, TenantSettings | None, Contact | None]:
        """The alert of the URL, where the number that was called is one of its contacts."""
        alert_id = own_id_in(request, "alert")
        alert = await self.desk.alerts.alert(AlertId(alert_id)) if alert_id else None
        settings = self.desk.copies.tenant(alert.new.tenant_id) if alert is not None else None
        called = form.get("To")
        contact = (
            next((contact for contact in settings.contacts if contact.phone == called), None) if settings else None
        )
        return alert, settings, contact

    def _cannot_look(self, request: web.Request, error: StoreError, lang: Lang) -> web.Response:
        """Whoever picked up hears that there is an emergency; nothing was taken, so that alerting goes on."""
        note(request, cause=error.slug)
        return self._say(cannot_look(lang), lang)

    def _say(self, words: str, lang: Lang) -> web.Response:
        return respond(Answer(body=self.desk.renderer.words(words, lang=lang)))


def _lang(request: web.Request) -> Lang:
    return "es" if request.query.get("lang") == "es" else "en"
