from __future__ import annotations

import msgspec
import pytest
from chat_samples import settings, tenant

from chat.domain.tenant import MAX_SETTINGS_BYTES, SettingsRefused, VersionConflict, changed, check_settings
from common.contracts.tenants import Answer, WeekHours


def test_a_change_replaces_whole_settings_and_counts_up() -> None:
    before = tenant(version=3)
    after = changed(before, {"capacity": 2, "closed_dates": ["2027-12-25"]}, version=3)
    assert (after.version, after.settings.capacity, str(after.settings.closed_dates[0])) == (4, 2, "2027-12-25")
    assert after.settings.services == before.settings.services
    assert before.settings.capacity == 1


def test_a_change_of_an_old_version_is_a_conflict() -> None:
    with pytest.raises(VersionConflict, match="version 3"):
        changed(tenant(version=3), {"capacity": 2}, version=2)


@pytest.mark.parametrize(
    "name", ["tenant_id", "phone_numbers", "api_key_sha256", "daily_text_limit", "allowed_countries"]
)
def test_what_decides_whose_calls_are_answered_is_not_the_owners_to_change(name: str) -> None:
    with pytest.raises(SettingsRefused, match=name):
        changed(tenant(), {name: "x"}, version=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"capacity": 0},
        {"capacity": "two"},
        {"no_such_setting": 1},
        {"time_zone": "Mars/Olympus"},
        {"contacts": []},
        {"languages": []},
        {"hours": {"mon": [{"opens": "17:00", "closes": "08:00"}]}},
        {"hours": {"mon": [{"opens": "8", "closes": "9"}]}},
        {"services": [{"slug": "a", "name_en": "A"}, {"slug": "a", "name_en": "B"}]},
        {"business_name": "x" * 201},
        {"business_name": "a\x00b"},
    ],
)
def test_settings_that_nobody_could_work_with_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(SettingsRefused):
        changed(tenant(), changes, version=1)


def test_settings_that_would_not_travel_are_refused() -> None:
    answers = tuple(Answer(keywords=("why",), answer_en="x" * 2_000) for _ in range(MAX_SETTINGS_BYTES // 2_000 + 1))
    with pytest.raises(SettingsRefused, match="larger"):
        check_settings(settings(answers=answers))


def test_a_service_is_found_by_its_own_name_only() -> None:
    drain = tenant().service("drain")
    assert drain is not None
    assert drain.duration_minutes == 60
    assert tenant().service("drains") is None
    assert tenant(services=()).service("general") is not None


def test_the_busier_a_business_can_be_the_fewer_days_are_searched_at_once() -> None:
    assert tenant().days_at_once > 90
    around_the_clock = {"opens": "00:00", "closes": "23:55"}
    hours = msgspec.convert({"mon": [around_the_clock]}, WeekHours)
    assert tenant(hours=hours, slot_step_minutes=5, capacity=50).days_at_once == 5
    assert tenant(hours=WeekHours()).days_at_once > 90
