from __future__ import annotations

from common.messaging.bus import Delivery
from common.messaging.parking import parked_message, read_parked, replayed_message
from common.testing.messages import NOON, email_message

DELIVERY = Delivery(
    queue="jobs.commands.critical",
    routing_key="email.send.v1",
    event_id="1",
    body=email_message("1").body,
    headers={"traceparent": "00-1"},
)


def test_a_parked_message_goes_beside_its_queue_and_says_why() -> None:
    message = parked_message(DELIVERY, cause="not-yet", detail="x" * 2_000, at=NOON)
    assert (message.exchange, message.routing_key) == ("suite.parking", "jobs.commands.critical.parking")
    parked = read_parked(DELIVERY.queue, event_id="1", body=message.body, headers=message.headers)
    assert (parked.cause, parked.routing_key, parked.parked_at) == ("not-yet", "email.send.v1", NOON)
    assert len(parked.detail) == 500
    assert parked.attempts == 1
    assert parked.headers["traceparent"] == "00-1"


def test_a_replayed_message_goes_to_its_own_queue_without_the_old_cause() -> None:
    message = parked_message(DELIVERY, cause="not-yet", detail="", at=NOON)
    parked = read_parked(DELIVERY.queue, event_id="1", body=message.body, headers=message.headers)
    again = replayed_message(parked)
    assert (again.exchange, again.routing_key, again.body) == ("suite.parking", DELIVERY.queue, DELIVERY.body)
    assert not {name for name in again.headers if name.startswith("x-park-")} - {"x-park-routing-key"}


def test_a_second_parking_tells_the_second_cause() -> None:
    first = parked_message(DELIVERY, cause="first", detail="", at=NOON)
    returned = Delivery(
        queue=DELIVERY.queue, routing_key="email.send.v1", event_id="1", body=first.body, headers=first.headers
    )
    second = parked_message(returned, cause="second", detail="", at=NOON)
    assert read_parked(DELIVERY.queue, event_id="1", body=b"", headers=second.headers).cause == "second"


def test_what_the_broker_moved_by_itself_or_a_stranger_wrote_can_be_read() -> None:
    parked = read_parked("q", event_id="", body=b"", headers={"x-park-at": "yesterday"})
    assert (parked.cause, parked.parked_at, parked.routing_key) == ("delivery-limit", None, "")
    assert parked.attempts == 0
    assert read_parked("q", event_id="", body=b"", headers={"x-park-attempts": "²"}).attempts == 0
