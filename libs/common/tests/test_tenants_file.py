from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from common.contracts.tenants import TenantSettings
from common.tenant_profiles import cached_profile_of
from common.tenants_file import TenantsFileError, load_tenants
from receptionist.tenant import Capabilities

EXAMPLE = Path(__file__).parents[3] / "tenants.example.yaml"


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tenants.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _edited(tmp_path: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    return _write(tmp_path, text.replace(old, new))


def test_the_example_can_be_loaded_and_shown_to_the_engine() -> None:
    (tenant,) = load_tenants(EXAMPLE)
    profile = cached_profile_of(tenant, Capabilities())
    assert (profile.id, profile.trade, profile.capacity) == ("hill-country-plumbing", "plumbing", 2)
    assert profile.closed_dates == (date(2026, 12, 25), date(2027, 1, 1))
    assert [len(openings) for openings in profile.hours] == [1, 1, 1, 1, 1, 1, 0]
    assert profile.owner_name == "Dana"
    assert [service.price is not None for service in profile.services] == [True, False, False]
    assert cached_profile_of(tenant, Capabilities()) is profile


def test_settings_survive_the_wire() -> None:
    (tenant,) = load_tenants(EXAMPLE)
    assert msgspec.json.decode(msgspec.json.encode(tenant), type=TenantSettings) == tenant


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("America/Chicago", "Mars/Olympus", "unknown time zone"),
        ('closes: "17:00"', 'closes: "07:00"', "opening hours"),
        ('opens: "08:00"', 'opens: "8 am"', "opens"),
        ('["+15125550100"]', '["5125550100"]', "phone_numbers"),
        ("capacity: 2", "capacity: 0", "capacity"),
        ("slug: leak", "slug: drain", "same slug"),
        ("trade: plumbing", "trade: roofing", "trade"),
        ("business_name:", "bussiness_name:", "business_name"),
    ],
)
def test_a_faulty_file_is_refused_with_its_reason(tmp_path: Path, old: str, new: str, reason: str) -> None:
    with pytest.raises(TenantsFileError, match=reason):
        load_tenants(_edited(tmp_path, old, new))


def test_two_tenants_can_not_share_an_id_or_a_number(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    body = text.partition("tenants:\n")[2]
    with pytest.raises(TenantsFileError, match="twice"):
        load_tenants(_write(tmp_path, "tenants:\n" + body + body))
    other = body.replace("hill-country-plumbing", "other")
    with pytest.raises(TenantsFileError, match="two tenants"):
        load_tenants(_write(tmp_path, "tenants:\n" + body + other))


@pytest.mark.parametrize("text", ["", "tenants: 5", "- a\n- b", "tenants: [", "a: b", "\x00"])
def test_a_file_that_is_no_list_of_tenants_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TenantsFileError):
        load_tenants(_write(tmp_path, text))


def test_a_missing_or_huge_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TenantsFileError):
        load_tenants(tmp_path / "missing.yaml")
    with pytest.raises(TenantsFileError, match="larger"):
        load_tenants(_write(tmp_path, "#" * (5 * 1024 * 1024 + 1)))


def test_a_tenant_without_a_contact_is_refused(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "{name:" not in line]
    with pytest.raises(TenantsFileError, match="contact"):
        load_tenants(_write(tmp_path, "\n".join(lines).replace("contacts:", "contacts: []")))
