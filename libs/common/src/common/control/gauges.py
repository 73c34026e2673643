"""Switches as metrics, made at the moment they are asked for: a scope that is cleared leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from common.clock import Clock
from common.control.catalogue import CATALOGUE
from common.control.keeping import Keeper
from common.control.switches import Switches


class SwitchGauges(Collector):
    """`ai_telephony_switch_on{switch,scope,lasting}`, the age of what is set, and how fresh the view is.

    Every switch that is read somewhere has a series from the start, with an empty scope; scopes are bounded by the catalogue's
    patterns and by `MAX_SETTINGS`. `lasting` switches are made to stay set.
    """

    def __init__(self, switches: Switches, keeper: Keeper, clock: Clock) -> None:
        self._switches = switches
        self._keeper = keeper
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        """See `Collector`."""
        on = GaugeMetricFamily(
            "ai_telephony_switch_on", "1 while an operator has it set.", labels=["switch", "scope", "lasting"]
        )
        age = GaugeMetricFamily(
            "ai_telephony_switch_age_seconds", "Since when it is set.", labels=["switch", "scope", "lasting"]
        )
        now = self._clock.now()
        shown: set[tuple[str, str]] = set()
        for held in self._switches.in_force():
            if not held.on:
                continue
            setting = held.setting
            labels = [setting.name, setting.scope, _word(lasting=CATALOGUE[setting.name].lasting)]
            on.add_metric(labels, 1)
            age.add_metric(labels, max(0.0, (now - setting.set_at).total_seconds()))
            shown.add(setting.key)
        for switch in CATALOGUE.values():
            if switch.read_by and (switch.name, "") not in shown:
                on.add_metric([switch.name, "", _word(lasting=switch.lasting)], 0)
        yield on
        yield age
        if self._keeper.seen_at is not None:
            yield GaugeMetricFamily(
                "ai_telephony_switches_seen_seconds",
                "Since the switches were last read from the database.",
                value=max(0.0, self._clock.monotonic() - self._keeper.seen_at),
            )
        yield CounterMetricFamily(
            "ai_telephony_switch_signals_refused",
            "Signals that set no switch: malformed, or not the sender's to send.",
            value=self._keeper.refused,
        )


def _word(*, lasting: bool) -> str:
    return "true" if lasting else "false"
