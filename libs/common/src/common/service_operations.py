"""What operators see of any service: whether its parts answer, what is parked, and whether the ledger adds up."""

from __future__ import annotations

from collections.abc import Callable

from common.messaging.bus import Bus
from common.messaging.parking import Parking
from common.observability.probing import Probe
from common.operations.parking_api import Ledger, ParkingApi, queues_of
from common.operations.parking_gauges import ParkingGauges
from common.postgres.probe import DatabaseProbe
from common.service import Frame


def watch_parts(
    frame: Frame,
    *,
    bus: Bus,
    database_url: str,
    kept: bool,
    needs_store: bool = True,
    on_store: Callable[[bool], None] | None = None,
    store_trouble: Callable[[], str] | None = None,
) -> None:
    """Asks broker and database every two seconds whether they answer, for `/readyz`, `store_connected` and `bus_connected`.

    Not ready without the database: only who `needs_store`. Never for want of the broker: outbox and queues keep what waits. An
    empty `database_url` is a store in memory; `kept` False: one that forgets, in a database's place. Who has a `store_trouble` of
    its own (empty: none) says that instead, and sets the metric; `on_store` tells it when the database stops to answer and when it
    answers again.
    """
    health, metrics, clock = frame.health, frame.metrics, frame.clock
    broker = Probe("bus", bus.ping, clock=clock)
    metrics.bus_connected.set_function(lambda: float(bus.connected and broker.well))
    metrics.show_answer("bus", lambda: broker.answered_s)
    health.watch("bus", lambda: broker.trouble if bus.connected else "not connected", needed=False)
    frame.tasks.spawn("bus-probe", broker.run)
    if store_trouble is not None:
        health.watch("store", store_trouble, needed=False)
    if not database_url:
        if store_trouble is None:
            metrics.store_connected.set(kept)
        return
    database = DatabaseProbe(
        database_url, application_name=f"{frame.name} probe", clock=clock, on_change=on_store or (lambda _well: None)
    )
    metrics.show_answer("store", lambda: database.probe.answered_s)
    if store_trouble is None:
        metrics.store_connected.set_function(lambda: float(database.probe.well))
        health.watch("store", lambda: database.probe.trouble, needed=needs_store)
    frame.tasks.spawn("database-probe", database.run)


def open_parking(frame: Frame, *, consumer: str, parking: Parking, ledger: Ledger, keeps_ledger: bool) -> None:
    """Adds `/v1/ops/parking` for the queues of `consumer` (the first word of their names), and their figures. See `ParkingApi`."""
    queues = queues_of(consumer)
    gauges = ParkingGauges(queues=queues, parking=parking, accounts=ledger if keeps_ledger else None, clock=frame.clock)
    frame.metrics.registry.register(gauges)
    frame.tasks.spawn("parking-figures", gauges.run)
    ParkingApi(
        frame.name,
        queues=queues,
        parking=parking,
        ledger=ledger,
        keeps_ledger=keeps_ledger,
        gate=frame.gate,
        clock=frame.clock,
    ).add_routes(frame.web, expect_route=frame.metrics.expect_route)
