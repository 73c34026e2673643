"""Plays one scenario: load, a fault in the middle of it, healing, a drain, and the audit."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from faults.audit import Audit, Finding, audit
from faults.clients import Clients
from faults.drain import Drained, drain, open_books
from faults.ledger import Outcome
from faults.scenarios import Scenario
from faults.stage import Stage

DRAIN_S: Final = 60.0
_BEFORE: Final = (25, 60)
"""Operations that are done before the fault, at least and at most."""
_AFTER_S: Final = 0.8
_END_S: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one scenario."""

    scenario: str
    seed: int
    happened: str
    outcomes: Mapping[Outcome, int]
    messages: int
    findings: tuple[Finding, ...]
    trouble: tuple[str, ...]
    """Why it can't be judged, or what no fault explains."""
    drained_s: float
    took_s: float

    @property
    def green(self) -> bool:
        """Nothing was lost, doubled or left over, and the fault did happen."""
        return not self.findings and not self.trouble

    def count(self, fault: str) -> int:
        """How many findings of one fault."""
        return sum(finding.fault == fault for finding in self.findings)


async def play(
    stage: Stage,
    scenario: Scenario,
    seed: int,
    *,
    drain_s: float = DRAIN_S,
    alternates: bool = False,
    impatient: bool = True,
) -> Result:
    """Never raises for what a service does wrong: that is in the result. `alternates` and `impatient`: see `Clients`."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    rng = random.Random(f"{scenario.name}/{seed}")
    business = next(stage.businesses)
    clients = Clients(
        stage=stage, business=business, seed=rng.randrange(2**32), alternates=alternates, impatient=impatient
    )
    trouble: list[str] = []
    happened = ""
    clients.begin()
    try:
        await clients.until_some(rng.randint(*_BEFORE))
        happened = await scenario.happens(stage, rng)
        await asyncio.sleep(_AFTER_S)
    except Exception as error:  # noqa: BLE001 - the edge: one scenario that can't be played is a red row
        trouble.append(f"{type(error).__name__}: {error}")
    finally:
        stage.heal()
    try:
        async with asyncio.timeout(_END_S):
            await clients.end()
    except Exception as error:  # noqa: BLE001 - as above
        trouble.append(f"clients: {type(error).__name__}: {error}")
    trouble += [f"refused: {refusal}" for refusal in clients.refusals]
    # What a mail server took from a process that died then is handed over again: a mail twice is better than none.
    mails_may_repeat = scenario.target in {"jobs", "postgres"}
    drained, found = await _look(stage, clients, trouble, within_s=drain_s, mails_may_repeat=mails_may_repeat)
    return Result(
        scenario=scenario.name,
        seed=seed,
        happened=happened,
        outcomes=clients.ledger.counts(),
        messages=found.messages,
        findings=found.findings,
        trouble=tuple(trouble),
        drained_s=drained.took_s,
        took_s=loop.time() - started,
    )


async def _look(
    stage: Stage, clients: Clients, trouble: list[str], *, within_s: float, mails_may_repeat: bool
) -> tuple[Drained, Audit]:
    drained = Drained(took_s=within_s)
    try:
        drained = await drain(stage, clients.ledger, within_s=within_s)
        if drained.left:
            trouble.append("left: " + ", ".join(f"{count} in {name}" for name, count in sorted(drained.left.items())))
        books = await open_books(stage)
        try:
            return drained, await audit(stage, clients.ledger, books, drained, mails_may_repeat=mails_may_repeat)
        finally:
            await books.close(timeout=5.0)
    except Exception as error:  # noqa: BLE001 - as above
        trouble.append(f"audit: {type(error).__name__}: {error}")
    return drained, Audit(findings=(), messages=0, applied=0)
