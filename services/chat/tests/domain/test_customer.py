from __future__ import annotations

from datetime import timedelta

from chat_samples import MONDAY_6AM, T1

from chat.domain.customer import Customer, CustomerId, Introduction, learned, met


def said(name: str = "", address: str = "", *, minutes: int = 0) -> Introduction:
    return Introduction(
        phone="+15125550123",
        name=name,
        address=address,
        language="en",
        said_at=MONDAY_6AM + timedelta(minutes=minutes),
    )


def ana() -> Customer:
    return met(said("Ana", ""), customer_id=CustomerId("k1"), tenant_id=T1, now=MONDAY_6AM)


def test_newer_words_win() -> None:
    wiser = learned(ana(), said("Ana Ruiz", "12 Oak St", minutes=5))
    assert wiser is not None
    assert (wiser.name, wiser.address, wiser.version) == ("Ana Ruiz", "12 Oak St", 2)


def test_what_was_not_said_is_kept() -> None:
    wiser = learned(ana(), said("", "12 Oak St", minutes=5))
    assert wiser is not None
    assert wiser.name == "Ana"


def test_older_words_only_fill_what_is_empty() -> None:
    wiser = learned(ana(), said("Hanna", "12 Oak St", minutes=-5))
    assert wiser is not None
    assert (wiser.name, wiser.address, wiser.said_at) == ("Ana", "12 Oak St", MONDAY_6AM)


def test_nothing_new_changes_nothing() -> None:
    assert learned(ana(), said("Ana", minutes=5)) is None
    assert learned(ana(), said(minutes=-5)) is None
