from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from common.clock import ManualClock
from common.control.catalogue import JOBS_BATCH_WINDOW, JOBS_PAUSE, Switch, SwitchRefused
from common.control.memory_store import MemorySwitchStore
from common.control.setting import NewSetting, Setting, decode_setting
from common.messaging.bus import BusUnavailable
from common.storage import StoreUnavailable
from opsctl.client import open_client
from opsctl.config import Config
from opsctl.errors import OpsError
from opsctl.switches.board import Change
from opsctl.switches.direct import DirectBoard
from opsctl.switches.pending import PendingSettings

NOW = datetime(2026, 3, 9, 15, tzinfo=UTC)


class Store(MemorySwitchStore):
    """Postgres, which can be away."""

    away = False

    async def current(self) -> Sequence[Setting]:
        self._check()
        return await super().current()

    async def put(self, new: NewSetting) -> Setting:
        self._check()
        return await super().put(new)

    async def keep(self, setting: Setting) -> bool:
        self._check()
        return await super().keep(setting)

    def _check(self) -> None:
        if self.away:
            raise StoreUnavailable("gone")


class Broker:
    """What was broadcast."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Setting]] = []
        self.away = False
        self.listeners = 1

    async def __call__(self, url: str, topic: str, body: bytes, *, timeout_s: float) -> bool:
        if self.away:
            raise BusUnavailable
        self.sent.append((topic, decode_setting(body)))
        return self.listeners > 0


class Desk:
    """An operator's desk, where nothing listens on the services' ports."""

    def __init__(self, board: DirectBoard, store: Store, broker: Broker, pending: PendingSettings) -> None:
        self.board = board
        self.store = store
        self.broker = broker
        self.pending = pending
        self.clock = ManualClock(NOW)

    async def set(self, value: Any = True, *, switch: Switch[Any] = JOBS_PAUSE, scope: str = "class:bulk") -> Any:
        return await self.board.change(Change(switch=switch, scope=scope, value=value, reason="the backlog grows"))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    config = Config(
        folder=tmp_path / "opsctl",
        services=dict.fromkeys(("telephony-gateway", "chat", "billing", "jobs"), "http://127.0.0.1:9"),
        control_database_url="postgresql://control@nowhere/suite",
        amqp_url="amqp://nowhere/",
        actor="dana",
    )
    store, broker, pending = Store(), Broker(), PendingSettings(config.folder)
    async with open_client(config) as client:
        desk = Desk(
            DirectBoard(config, client, store=store, pending=pending, clock=(clock := ManualClock(NOW)), send=broker),
            store,
            broker,
            pending,
        )
        desk.clock = clock
        yield desk


async def test_a_switch_is_written_down_and_told(desk: Desk) -> None:
    done = await desk.set()
    (written,) = await desk.store.current()
    assert (written.actor, written.reason, written.value) == ("dana", "the backlog grows", True)
    assert desk.broker.sent == [("control.switches", written)]
    assert (done.kept, done.setting.version) == ("written", written.version)
    assert desk.pending.read() == []
    (bulk,) = [view for view in await desk.board.switches() if view.name == "jobs.pause"]
    assert (bulk.scope, bulk.value, bulk.on) == ("class:bulk", True, True)


async def test_what_is_not_set_needs_no_clearing(desk: Desk) -> None:
    assert (await desk.set(None)).setting is None
    await desk.set()
    assert (await desk.set(None)).setting.value is None
    assert (await desk.set(None)).setting is None
    assert len(await desk.board.history(name="", scope=None, limit=10)) == 2


async def test_a_broker_that_is_away_leaves_it_to_the_next_look(desk: Desk) -> None:
    desk.broker.away = True
    done = await desk.set()
    assert done.kept == "written"
    assert "within 15 s" in done.remarks[0]


async def test_without_postgres_it_goes_over_the_bus_and_is_written_down_later(desk: Desk) -> None:
    await desk.set(False)
    desk.store.away = True
    desk.clock.advance(60)
    done = await desk.set()
    assert done.kept == "pending"
    assert [setting.value for _, setting in desk.broker.sent] == [False, True]
    assert desk.pending.read() == [desk.broker.sent[-1][1]]
    desk.store.away = False
    await desk.board.history(name="", scope=None, limit=10)
    assert list(await desk.store.current()) == [desk.broker.sent[-1][1]]
    assert desk.pending.read() == []
    assert not desk.pending.path.exists()
    assert any("wrote down" in words for words in desk.board.remarks)


async def test_the_last_of_several_waits_for_postgres_and_never_goes_over_a_newer_one(desk: Desk) -> None:
    desk.store.away = True
    await desk.set()
    await desk.set({"hours": [["22:00", "06:00"]]}, switch=JOBS_BATCH_WINDOW, scope="")
    await desk.set(None)
    versions = [setting.version for _, setting in desk.broker.sent if setting.name == "jobs.pause"]
    assert versions == sorted(set(versions))
    assert [(setting.name, setting.value is None) for setting in desk.pending.read()] == [
        ("jobs.batch_window", False),
        ("jobs.pause", True),
    ]
    desk.store.away = False
    newer = await desk.store.put(
        NewSetting(
            name="jobs.pause",
            scope="class:bulk",
            value=True,
            reason="by another",
            actor="luis",
            set_at=NOW + timedelta(minutes=1),
        )
    )
    await desk.board.switches()
    assert newer in await desk.store.current()
    assert len(await desk.store.current()) == 2
    assert desk.pending.read() == []


async def test_what_reached_nobody_is_not_kept(desk: Desk) -> None:
    desk.store.away = desk.broker.away = True
    with pytest.raises(OpsError, match="neither Postgres nor the broker"):
        await desk.set()
    assert desk.pending.read() == []


async def test_that_nobody_listened_is_said(desk: Desk) -> None:
    desk.store.away, desk.broker.listeners = True, 0
    assert any("none has heard" in words for words in (await desk.set()).remarks)


async def test_without_a_place_to_wait_nothing_is_told(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "opsctl").write_text("")
    desk.store.away = True
    with pytest.raises(OpsError, match="can't be written"):
        await desk.set()
    assert desk.broker.sent == []


async def test_what_no_service_would_take_goes_nowhere(desk: Desk) -> None:
    for value, scope in (("yes", "class:bulk"), (True, "class:slow")):
        with pytest.raises(SwitchRefused):
            await desk.set(value, scope=scope)
    assert await desk.store.current() == []
    assert desk.broker.sent == []


async def test_what_another_adds_while_it_is_written_down_waits_on(desk: Desk) -> None:
    desk.store.away = True
    await desk.set()
    other = desk.broker.sent[0][1]
    later = NewSetting(
        name="jobs.pause", scope="class:critical", value=True, reason="by another", actor="luis", set_at=NOW
    ).with_version(other.version + 1)

    class Slow(Store):
        async def keep(self, setting: Setting) -> bool:
            desk.pending.add(later)
            return await super().keep(setting)

    assert await desk.pending.write_down(Slow()) == [other]
    assert desk.pending.read() == [later]
