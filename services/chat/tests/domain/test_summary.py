from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from chat_automation_contract import visit
from chat_samples import T1, local, promise, tenant

from chat.domain.callback import CallbackId
from chat.domain.conversation import Emergency
from chat.domain.summary import Morning, summary_mail, summary_text, summary_title
from common.contracts.tenants import Language

MONDAY, NOW = date(2027, 3, 1), local(7)
GAS = Emergency(alert_id="al1", tenant_id=T1, category="gas", phone="+15125550142", detected_at=local(3, 20))
FULL = Morning(
    visits=(visit("a1", local(8)), visit("a2", local(10, 30), service="heater", address="", customer_name="Tom Lee")),
    visit_count=2,
    callbacks=(
        promise("c1", due_at=local(17, days=-1)),
        promise("c2", due_at=local(9, 30), name="", phone=None),
    ),
    callback_count=2,
    emergencies=(GAS,),
    emergency_count=1,
    calls=5,
    texts=1,
    bookings=2,
)


def test_a_full_morning_is_said_the_most_urgent_first() -> None:
    assert summary_text(tenant(), FULL, MONDAY, "en", now=NOW).splitlines() == [
        "Hill Country Plumbing, Monday, March 1.",
        "Emergencies that nobody took: gas, (512) 555-0142, Monday, March 1 at 3:20 AM.",
        "Today's visits: 8 AM, Ana Ruiz, drain cleaning, 12 Oak St; 10:30 AM, Tom Lee, water heater.",
        (
            "To call back: Ana Ruiz, (512) 555-0123, was due Sunday, February 28 at 5 PM; "
            "no name, number withheld, by 9:30 AM."
        ),
        "While you were busy: 5 calls, 1 text, 2 visits booked.",
    ]


def test_it_is_said_in_the_owners_language() -> None:
    said = summary_text(tenant(), FULL, MONDAY, "es", now=NOW)
    assert said.startswith("Hill Country Plumbing, el lunes 1 de marzo.")
    for words in (
        "Emergencias que nadie tomó: gas",
        "las 8 de la mañana, Ana Ruiz",
        "venció el domingo 28 de febrero",
        "Mientras trabajaba: 5 llamadas, 1 mensaje, 2 visitas agendadas.",
    ):
        assert words in said


def test_what_is_not_is_not_said() -> None:
    quiet = Morning(calls=1)
    assert summary_text(tenant(), quiet, MONDAY, "en", now=NOW).splitlines() == [
        "Hill Country Plumbing, Monday, March 1.",
        "No visits today.",
        "While you were busy: 1 call.",
    ]
    assert not quiet.empty
    assert Morning().empty


@pytest.mark.parametrize("changes", [{"visit_count": 1}, {"callback_count": 1}, {"emergency_count": 1}, {"texts": 1}])
def test_a_morning_with_anything_in_it_is_not_empty(changes: dict[str, int]) -> None:
    assert not replace(Morning(), **changes).empty


def test_a_text_shows_the_first_of_many_and_a_mail_more() -> None:
    many = replace(
        Morning(), visits=tuple(visit(f"a{hour}", local(hour)) for hour in range(8, 18)), visit_count=40, calls=1
    )
    text, mail = (say(tenant(), many, MONDAY, "en", now=NOW) for say in (summary_text, summary_mail))
    assert "36 more." in text
    assert text.count("Ana Ruiz") == 4
    assert mail.count("Ana Ruiz") == 10
    assert "30 more." in mail
    assert summary_title(tenant(), MONDAY, "en") == "Hill Country Plumbing, Monday, March 1"


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_longest_names_fit_a_text_and_a_mail(language: Language) -> None:
    long = "x" * 200
    worst = Morning(
        visits=tuple(visit(f"a{n}", local(8), customer_name=long, address=long) for n in range(30)),
        visit_count=99,
        callbacks=tuple(promise(CallbackId(f"c{n}"), name=long) for n in range(30)),
        callback_count=99,
        emergencies=(GAS,) * 30,
        emergency_count=99,
        calls=10**6,
    )
    named = tenant(business_name=long)
    assert len(summary_text(named, worst, MONDAY, language, now=NOW)) <= 1_200
    assert len(summary_mail(named, worst, MONDAY, language, now=NOW)) <= 2_000
