"""A business, its callers, and webhooks as Twilio sends them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from common.contracts.tenants import Contact, Opening, ServiceSettings, TenantSettings, WeekHours
from receptionist.dialogue.state import DialogueState, begin
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.ids import CallId, InboxKey, TenantId
from telephony_gateway.domain.turn import Answer, Evidence, InboxEntry, Outgoing, TurnWrites

MONDAY_9AM = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
"""In Chicago."""
ORIGIN = "https://gateway.example"
TOKEN = "auth-token-of-the-tests"
DIALLED = "+15125550100"
CALLER = "+15125550142"
OWNER = "+15125550190"
API_KEY = "demo-key-for-loopback-only"
T1 = TenantId("hill-country-plumbing")
CALL_SID = "CA" + "0123456789abcdef" * 2


def tenant(**changes: Any) -> TenantSettings:
    """A plumber who is open on weekdays."""
    day = (Opening(opens="08:00", closes="17:00"),)
    fields: dict[str, Any] = {
        "tenant_id": T1,
        "business_name": "Hill Country Plumbing",
        "trade": "plumbing",
        "phone_numbers": (DIALLED,),
        "time_zone": "America/Chicago",
        "contacts": (Contact(name="Dana", phone=OWNER, email="dana@hillcountry.example"),),
        "hours": WeekHours(mon=day, tue=day, wed=day, thu=day, fri=day),
        "services": (ServiceSettings(slug="drain", name_en="drain cleaning", keywords=("drain", "clogged")),),
        "served_cities": ("Austin",),
        "api_key_sha256": (hashlib.sha256(API_KEY.encode()).hexdigest(),),
    }
    return TenantSettings(**{**fields, **changes})


def sign(url: str, form: Mapping[str, str] | None = None, *, token: str = TOKEN) -> str:
    """X-Twilio-Signature, as Twilio documents it."""
    text = url + "".join(f"{name}{(form or {})[name]}" for name in sorted(form or {}))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def voice_form(call_sid: str = CALL_SID, status: str = "in-progress", **more: str) -> dict[str, str]:
    """What comes with a call."""
    return {
        "AccountSid": "AC" + "0" * 32,
        "ApiVersion": "2010-04-01",
        "CallSid": call_sid,
        "CallStatus": status,
        "Direction": "inbound",
        "From": CALLER,
        "To": DIALLED,
        "ForwardedFrom": "",
        **more,
    }


def sms_form(message_sid: str, body: str, **more: str) -> dict[str, str]:
    """What comes with a text."""
    return {"MessageSid": message_sid, "From": CALLER, "To": DIALLED, "Body": body, "NumMedia": "0", **more}


def call(call_id: str = CALL_SID, *, version: int = 1, state: DialogueState | None = None, **changes: Any) -> Call:
    """A conversation after `version` commits."""
    fields: dict[str, Any] = {
        "call_id": CallId(call_id),
        "version": version,
        "turn": version,
        "tenant_id": T1,
        "channel": "voice",
        "caller_phone": CALLER,
        "dialled_phone": DIALLED,
        "provider_call_id": call_id,
        "started_at": MONDAY_9AM,
        "last_turn_at": MONDAY_9AM + timedelta(seconds=10 * version),
        "state": state or begin("voice"),
    }
    return Call(**{**fields, **changes})


def writes(of: Call, **changes: Any) -> TurnWrites:
    """A turn's commit."""
    key = changes.pop("key", f"voice:{of.call_id}:{of.version - 1}")
    evidence = Evidence(
        turn=of.turn - 1, at=of.last_turn_at, heard=f"heard {of.version}", said=f"said {of.version}", tier="full"
    )
    fields: dict[str, Any] = {
        "tenant_id": T1,
        "at": of.last_turn_at,
        "inbox": InboxEntry(key=InboxKey(key), token="token", answer=Answer(body=f"<{key}>".encode())),
        "call": of,
        "evidence": evidence,
        "outgoing": (Outgoing(event_id=f"{key}:event", type="call.started.v1", body=event_body(key)),),
    }
    return TurnWrites(**{**fields, **changes})


def event_body(key: str) -> bytes:
    """An encoded call.started, whatever it says."""
    from common.contracts.codec import encode
    from common.contracts.gateway import CallStarted

    started = CallStarted(
        call_id=key, channel="voice", caller_phone=CALLER, dialled_phone=DIALLED, started_at=MONDAY_9AM
    )
    return encode(started, event_id=f"{key}:event", source="/tests", time=MONDAY_9AM, subject=key, tenant=T1)
