from __future__ import annotations

from dataclasses import replace

from chat_samples import T1, local

from chat.domain.conversation import Emergency, alarm_merged

DETECTED = Emergency(
    alert_id="a",
    tenant_id=T1,
    call_id="call-1",
    channel="sms",
    category="gas",
    phone="+15125550123",
    summary="smells gas",
    detected_at=local(8),
)
TAKEN = Emergency(alert_id="a", tenant_id=T1, acknowledged_by="Dana", acknowledged_at=local(9))


def test_the_reports_of_an_alarm_say_the_same_in_any_order() -> None:
    whole = replace(DETECTED, acknowledged_by="Dana", acknowledged_at=local(9))
    assert alarm_merged(DETECTED, TAKEN) == whole
    assert alarm_merged(TAKEN, DETECTED) == whole


def test_the_first_who_took_an_alarm_keeps_it() -> None:
    second = replace(TAKEN, acknowledged_by="Luis", acknowledged_at=local(10))
    assert alarm_merged(TAKEN, second) == TAKEN
