from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from prometheus_client import CollectorRegistry

from common.clock import Clock, ManualClock, SystemClock
from common.control.catalogue import JOBS_BATCH_WINDOW, JOBS_PAUSE, SwitchRefused
from common.control.gauges import SwitchGauges
from common.control.keeping import Keeper
from common.control.memory_store import MemorySwitchStore
from common.control.setting import NewSetting, Setting, encode_setting, version_at
from common.control.shelf import SettingsFile
from common.control.store import SwitchStore
from common.control.switches import Switches
from common.control.switching import Switching
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.storage import StoreUnavailable
from common.testing.patience import PATIENCE_S

NOW = datetime(2026, 3, 9, 15, tzinfo=UTC)
HOURS = {"hours": [["22:00", "06:00"]]}


class BrokenStore(MemorySwitchStore):
    """A store that can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.looks = 0

    async def current(self) -> Sequence[Setting]:
        self.looks += 1
        self._check()
        return await super().current()

    async def put(self, new: NewSetting) -> Setting:
        self._check()
        return await super().put(new)

    def _check(self) -> None:
        if self.away:
            raise StoreUnavailable("gone")


class Process:
    """One service's switches, kept."""

    def __init__(
        self,
        broker: MemoryBroker,
        store: SwitchStore | None,
        *,
        user: str = "jobs",
        file: Path | None = None,
        clock: Clock | None = None,
        look_every_s: float = 0.05,
    ) -> None:
        self.clock = clock or SystemClock()
        self.bus = MemoryBus(broker)
        self.switches = Switches(user, clock=self.clock)
        self.keeper = Keeper(
            self.switches,
            bus=self.bus,
            store=store,
            file=SettingsFile(file) if file is not None else None,
            clock=self.clock,
            random=lambda: 0.5,
            look_every_s=look_every_s,
        )
        self.switching = Switching(self.switches, self.keeper, store=store, bus=self.bus, user=user, clock=self.clock)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        await self.bus.start()
        task = asyncio.create_task(self.keeper.run())
        try:
            await self.keeper.until_looked(PATIENCE_S)
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.bus.close()

    @property
    def paused(self) -> bool:
        return self.switches.value(JOBS_PAUSE, "class:bulk")

    async def pause(self, value: object = True, *, expires_at: datetime | None = None) -> Setting:
        return await self.switching.set(
            JOBS_PAUSE, value, scope="class:bulk", reason="too much", actor="dana", expires_at=expires_at
        )


def pause_setting(version: int, *, name: str = "jobs.pause", scope: str = "class:bulk") -> Setting:
    return Setting(
        name=name, scope=scope, value=True, reason="by hand", actor="dana", set_at=datetime.now(UTC), version=version
    )


def operators_setting() -> Setting:
    return pause_setting(version_at(datetime.now(UTC)))


async def eventually(check: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            result = check()
            if result if isinstance(result, bool) else await result:
                return
            await asyncio.sleep(0.005)


async def test_what_one_process_sets_holds_in_it_at_once_and_in_the_others_by_the_bus() -> None:
    broker, store = MemoryBroker(), BrokenStore()
    here, there = Process(broker, store), Process(broker, None, user="chat")
    async with here.running(), there.running():
        setting = await here.pause()
        assert here.paused
        await eventually(lambda: there.paused)
        assert there.switches.setting(JOBS_PAUSE, "class:bulk") == setting
        assert await here.switching.clear(JOBS_PAUSE, scope="class:bulk", reason="all done", actor="dana")
        assert not here.paused
        await eventually(lambda: not there.paused)
        assert not await here.switching.clear(JOBS_PAUSE, scope="class:bulk", reason="all done", actor="dana")


async def test_what_the_bus_lost_is_found_at_the_next_look() -> None:
    store = MemorySwitchStore()
    async with Process(MemoryBroker(), store).running() as here, Process(MemoryBroker(), store).running() as there:
        await here.pause()
        await eventually(lambda: there.paused)


async def test_what_came_over_the_bus_alone_holds_until_the_store_has_something_newer() -> None:
    broker, store = MemoryBroker(), BrokenStore()
    await store.put(
        NewSetting(
            name="jobs.pause",
            scope="class:bulk",
            value=False,
            reason="an old one",
            actor="dana",
            set_at=datetime.now(UTC) - timedelta(days=1),
        )
    )
    operator = MemoryBus(broker)
    await operator.start()
    store.away = True
    async with Process(broker, store).running() as here:
        await operator.broadcast("control.switches", encode_setting(operators_setting()))
        await eventually(lambda: here.paused)
        store.away = False
        looks = store.looks
        await eventually(lambda: store.looks > looks + 1)
        assert here.paused
        await store.put(
            NewSetting(
                name="jobs.pause",
                scope="class:bulk",
                value=None,
                reason="all done",
                actor="dana",
                set_at=datetime.now(UTC),
            )
        )
        await eventually(lambda: not here.paused)
    await operator.close()


async def test_the_last_values_outlive_a_restart_without_store_and_bus(tmp_path: Path) -> None:
    path = tmp_path / "switches.json"
    async with Process(MemoryBroker(), MemorySwitchStore(), file=path).running() as before:
        await before.pause()
        await before.switching.set(JOBS_BATCH_WINDOW, HOURS, reason="nights", actor="dana", expires_at=None)
    after = Process(MemoryBroker(), None, file=path)
    assert after.paused
    hours = after.switches.value(JOBS_BATCH_WINDOW)
    assert hours is not None
    assert hours.hours == (("22:00", "06:00"),)


async def test_the_disk_of_another_database_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "switches.json"
    async with Process(MemoryBroker(), MemorySwitchStore(), file=path).running() as before:
        await before.pause()
        await eventually(lambda: bool(SettingsFile(path).read().written))
    after = Process(MemoryBroker(), MemorySwitchStore(), file=path)
    assert after.paused
    async with after.running():
        assert not after.paused
        assert SettingsFile(path).read().settings == []


async def test_what_came_over_the_bus_alone_outlives_a_restart(tmp_path: Path) -> None:
    broker, path = MemoryBroker(), tmp_path / "switches.json"
    operator = MemoryBus(broker)
    await operator.start()
    async with Process(broker, None, file=path).running() as before:
        await operator.broadcast("control.switches", encode_setting(operators_setting()))
        await eventually(lambda: before.paused)
        await eventually(lambda: Process(MemoryBroker(), None, file=path).paused)
    await operator.close()


async def test_a_setting_runs_out_by_the_processes_own_clock() -> None:
    async with Process(MemoryBroker(), MemorySwitchStore(), look_every_s=60).running() as here:
        told: list[bool] = []
        here.switches.on_change(JOBS_PAUSE, lambda: told.append(here.paused))
        await here.pause(expires_at=datetime.now(UTC) + timedelta(seconds=0.15))
        assert told == [True]
        await eventually(lambda: told == [True, False])


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("control.switches", b"not a setting"),
        ("control.switches", b"x" * 16_000),
        ("control.switches.chat", encode_setting(pause_setting(1))),
        ("control.switches.billing", encode_setting(pause_setting(1, name="chat.max_concurrency", scope=""))),
        ("control.switches", encode_setting(pause_setting(2**62))),
        ("control.switches", encode_setting(pause_setting(1, scope="class:slow"))),
        ("control.switches", encode_setting(pause_setting(1, name="nobody.knows", scope=""))),
    ],
)
async def test_a_signal_that_is_no_setting_or_not_the_senders_is_ignored(topic: str, body: bytes) -> None:
    broker = MemoryBroker()
    bus = MemoryBus(broker)
    await bus.start()
    async with Process(broker, None).running() as here:
        with structlog.testing.capture_logs() as logs:
            await bus.broadcast(topic, body)
            await eventually(lambda: any("ignored" in line["event"] or "refused" in line["event"] for line in logs))
        assert here.switches.known() == ()
        await bus.broadcast("control.switches", encode_setting(operators_setting()))
        await eventually(lambda: here.paused)
    await bus.close()


async def test_a_store_that_is_away_is_told_once_and_setting_fails() -> None:
    store = BrokenStore()
    with structlog.testing.capture_logs() as logs:
        async with Process(MemoryBroker(), store).running() as here:
            store.away = True
            await eventually(lambda: store.looks > 5)
            with pytest.raises(StoreUnavailable):
                await here.pause()
            assert not here.paused
            store.away = False
            await eventually(lambda: any(line["event"] == "switches_store_readable" for line in logs))
    assert [line["event"] for line in logs].count("switches_store_unreadable") == 1


async def test_without_a_store_nothing_can_be_set_from_here() -> None:
    async with Process(MemoryBroker(), None).running() as here:
        with pytest.raises(StoreUnavailable, match="opsctl"):
            await here.pause()


async def test_what_can_not_be_is_refused_before_anything_is_written() -> None:
    store = MemorySwitchStore()
    async with Process(MemoryBroker(), store).running() as here:
        for value, scope, reason, expires_at in (
            ("yes", "class:bulk", "too much", None),
            (None, "class:bulk", "too much", None),
            (True, "class:slow", "too much", None),
            (True, "class:bulk", "", None),
            (True, "class:bulk", "two\nlines", None),
            (True, "class:bulk", "too much", NOW),
        ):
            with pytest.raises(SwitchRefused):
                await here.switching.set(
                    JOBS_PAUSE, value, scope=scope, reason=reason, actor="dana", expires_at=expires_at
                )
    assert await store.current() == []


async def test_metrics_tell_what_is_set_and_for_how_long_and_forget_what_is_cleared() -> None:
    clock = ManualClock(NOW)
    registry = CollectorRegistry()
    async with Process(MemoryBroker(), MemorySwitchStore(), clock=clock).running() as here:
        registry.register(SwitchGauges(here.switches, here.keeper, clock))
        bulk = {"switch": "jobs.pause", "scope": "class:bulk", "lasting": "false"}
        bare = {"switch": "jobs.pause", "scope": "", "lasting": "false"}
        assert registry.get_sample_value("ai_telephony_switch_on", bulk) is None
        assert registry.get_sample_value("ai_telephony_switch_on", bare) == 0
        await here.pause(False)
        assert registry.get_sample_value("ai_telephony_switch_on", bulk) is None
        await here.pause(expires_at=NOW + timedelta(hours=2))
        clock.advance(3_600)
        assert registry.get_sample_value("ai_telephony_switch_on", bulk) == 1
        assert registry.get_sample_value("ai_telephony_switch_age_seconds", bulk) == 3_600
        assert registry.get_sample_value("ai_telephony_switches_seen_seconds") is not None
        clock.advance(3_600)
        assert registry.get_sample_value("ai_telephony_switch_on", bulk) is None
        window = {"switch": "jobs.batch_window", "scope": "", "lasting": "true"}
        assert registry.get_sample_value("ai_telephony_switch_on", window) == 0
        await here.switching.set(JOBS_BATCH_WINDOW, HOURS, reason="nights", actor="dana", expires_at=None)
        assert registry.get_sample_value("ai_telephony_switch_on", window) == 1
        assert registry.get_sample_value("ai_telephony_switch_signals_refused_total") == 0
