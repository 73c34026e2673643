"""What every store of switches promises."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.control.setting import MAX_SETTINGS, NewSetting, Setting, version_at
from common.control.store import SwitchStore, TooManySettings

NOW = datetime(2026, 3, 9, 15, 0, 0, 123_456, tzinfo=UTC)


def new(
    value: Any = True,
    *,
    name: str = "jobs.pause",
    scope: str = "class:bulk",
    at: datetime = NOW,
    reason: str = "the backlog grows",
    expires_at: datetime | None = None,
) -> NewSetting:
    """A setting to be made."""
    return NewSetting(
        name=name, scope=scope, value=value, reason=reason, actor="dana", set_at=at, expires_at=expires_at
    )


class SwitchStoreContract:
    """Subclasses provide the fixture `store`: empty, as the operator's role."""

    async def test_what_was_set_is_read_back_whole(self, store: SwitchStore) -> None:
        window = {"hours": [["22:00", "06:00"]], "time_zone": "America/Chicago", "at_a_time": 4}
        made = [
            await store.put(new(expires_at=NOW + timedelta(hours=2), reason='ñ: it\'s "late"; --')),
            await store.put(new(window, name="jobs.batch_window", scope="")),
            await store.put(new(64, name="chat.max_concurrency", scope="")),
            await store.put(new("stub", name="speech.provider", scope="")),
            await store.put(new(False, name="telephony.outbound_retries", scope="")),
        ]
        assert list(await store.current()) == sorted(made, key=lambda setting: setting.key)

    async def test_the_newest_setting_of_each_scope_holds_and_the_others_are_history(self, store: SwitchStore) -> None:
        first = await store.put(new())
        second = await store.put(new(False, at=NOW + timedelta(seconds=1)))
        other = await store.put(new(scope="kind:contacts.import", at=NOW + timedelta(seconds=2)))
        assert list(await store.current()) == [second, other]
        assert list(await store.history()) == [other, second, first]
        assert list(await store.history(name="jobs.pause", scope="class:bulk")) == [second, first]
        assert list(await store.history(name="jobs.pause", limit=1)) == [other]
        assert list(await store.history(name="owner.banner")) == []
        assert list(await store.history(scope="")) == []

    async def test_versions_rise_whatever_the_clocks_say(self, store: SwitchStore) -> None:
        first = await store.put(new())
        assert first.version == version_at(NOW)
        same_moment = await store.put(new(False))
        earlier = await store.put(new(at=NOW - timedelta(hours=1)))
        assert first.version < same_moment.version < earlier.version
        assert list(await store.current()) == [earlier]

    async def test_a_cleared_switch_stays_as_cleared(self, store: SwitchStore) -> None:
        await store.put(new())
        cleared = await store.put(new(None, at=NOW + timedelta(seconds=1)))
        assert cleared.value is None
        assert list(await store.current()) == [cleared]

    async def test_what_was_set_elsewhere_is_kept_with_its_version_once(self, store: SwitchStore) -> None:
        elsewhere = new().with_version(version_at(NOW))
        assert await store.keep(elsewhere)
        assert not await store.keep(elsewhere)
        assert list(await store.current()) == [elsewhere]
        after = await store.put(new(None, at=NOW + timedelta(seconds=1)))
        assert not await store.keep(new().with_version(elsewhere.version + 1))
        assert list(await store.current()) == [after]
        assert len(await store.history()) == 2

    async def test_settings_at_the_same_time_get_versions_of_their_own(self, store: SwitchStore) -> None:
        made: list[Setting] = await asyncio.gather(*(store.put(new(number % 2 == 0)) for number in range(8)))
        assert len({setting.version for setting in made}) == 8
        (current,) = await store.current()
        assert current.version == max(setting.version for setting in made)

    async def test_there_is_an_end_to_scopes(self, store: SwitchStore) -> None:
        for number in range(MAX_SETTINGS):
            await store.put(new(scope=f"kind:k{number}"))
        with pytest.raises(TooManySettings):
            await store.put(new(scope="kind:one_more"))
        with pytest.raises(TooManySettings):
            await store.keep(new(scope="kind:one_more").with_version(version_at(NOW)))
        await store.put(new(False, scope="kind:k7"))
        assert len(await store.current()) == MAX_SETTINGS
