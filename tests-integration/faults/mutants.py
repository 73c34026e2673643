"""Services that break a promise, and the fault under which the matrix must notice it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from faults.audit import Fault
from faults.scenarios import Scenario, scenario
from faults.stage import Schema
from harness.mutations import Mutation


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """`schema` runs with `mutation`; `exposed_by` must be red with findings of `fault`."""

    mutation: Mutation
    schema: Schema
    with_: Schema
    """The other service that it takes."""
    exposed_by: Scenario
    fault: Fault
    drain_s: float = 12.0
    """What it has lost will never come."""

    @property
    def name(self) -> str:
        """For tests and reports."""
        return f"{self.schema} with {self.mutation}"


MUTANTS: Final = (
    Mutant(
        mutation="no-inbox",
        schema="billing",
        with_="chat",
        exposed_by=scenario("billing/kill@consumed"),
        fault="doubled",
    ),
    Mutant(
        mutation="early-acks",
        schema="billing",
        with_="chat",
        exposed_by=scenario("billing/kill@claimed"),
        fault="lost",
    ),
    Mutant(
        mutation="no-confirms",
        schema="gateway",
        with_="chat",
        exposed_by=scenario("broker/half-open"),
        fault="lost",
    ),
    Mutant(
        mutation="outbox-apart",
        schema="gateway",
        with_="chat",
        exposed_by=scenario("gateway/kill@committed"),
        fault="lost",
    ),
    Mutant(
        mutation="no-fence",
        schema="jobs",
        with_="chat",
        exposed_by=scenario("jobs/stop@unheld"),
        fault="doubled",
    ),
    Mutant(
        mutation="no-lease-end",
        schema="jobs",
        with_="chat",
        exposed_by=scenario("jobs/kill@work-begun"),
        fault="lost",
        drain_s=8.0,
    ),
)
