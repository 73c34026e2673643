from __future__ import annotations

import pytest
from gateway_copies_contract import CopyContract
from gateway_outbound_contract import NOON, AlertContract, Outbound, TextContract
from gateway_purge_contract import PurgeContract
from gateway_reports_contract import ReportContract

from common.clock import ManualClock
from telephony_gateway.app import memory_stores


@pytest.fixture
def stores() -> Outbound:
    made = memory_stores(ManualClock(NOON))
    return Outbound(
        base=made.base,
        calls=made.calls,
        texts=made.texts,
        alerts=made.alerts,
        copies=made.copies,
        outcomes=made.outcomes,
    )


class TestTexts(TextContract): ...


class TestAlerts(AlertContract): ...


class TestCopies(CopyContract): ...


class TestReports(ReportContract): ...


class TestPurge(PurgeContract): ...
