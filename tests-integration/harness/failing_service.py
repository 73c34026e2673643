"""A real service that can be told to fail at a moment of `failpoints`, or that breaks one promise for good.

`python -m harness.failing_service SCHEMA`, with the service's own environment and:

* FAULTS_FOLDER: where orders come from and marks go to (`failpoints`), of this process alone;
* FAULTS_TEXTS, FAULTS_MAILS: the files of the texts and mails that people got;
* FAULTS_MUTATION: empty, or one of `mutations.MUTATIONS`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from common.messaging.bus import Bus
from common.service import serve_from_env
from harness.failing_ports import FailingBus, FailingStore, OwnCommits, watch_requests
from harness.failpoints import Failpoints
from harness.mutations import MUTATIONS, Mutation, mutated_bus, mutated_store
from harness.witness import WitnessedStore


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How this process is to fail."""

    failpoints: Failpoints
    mutation: Mutation | None
    texts: Path
    mails: Path

    def bus(self, bus: Bus) -> Bus:
        """The bus, wrapped."""
        return mutated_bus(cast("Bus", FailingBus(bus, self.failpoints)), self.mutation)

    def store(self, store: Any, *, own_commits: OwnCommits = "none") -> Any:
        """A store, wrapped. What is witnessed is what the mutation lets through."""
        failing = FailingStore(store, self.failpoints, own_commits=own_commits)
        return WitnessedStore(mutated_store(failing, self.mutation))


# Each service is imported where it is served: the others' imports would cost a second at each start.


def _gateway(ways: Ways) -> int:
    from harness.failing_gateway import JournallingProvider, failing_stores, mutated_stores
    from telephony_gateway.app import Overrides, Stores, running
    from telephony_gateway.config import from_env

    def wrap(stores: Stores) -> Stores:
        mutated = mutated_stores(failing_stores(stores, ways.failpoints), ways.mutation)
        return replace(mutated, base=WitnessedStore(mutated.base))

    overrides = Overrides(
        wrap_bus=ways.bus,
        wrap_stores=wrap,
        middlewares=(watch_requests(ways.failpoints),),
        provider=JournallingProvider(ways.texts, ways.failpoints),
    )
    return serve_from_env(from_env, lambda config: running(config, overrides))


def _chat(ways: Ways) -> int:
    from chat.app import Overrides, running
    from chat.config import from_env

    overrides = Overrides(
        wrap_bus=ways.bus,
        wrap_store=lambda store: ways.store(store, own_commits="all"),
        middlewares=(watch_requests(ways.failpoints),),
    )
    return serve_from_env(from_env, lambda config: running(config, overrides))


def _billing(ways: Ways) -> int:
    from billing.app import Overrides, running
    from billing.config import from_env

    overrides = Overrides(wrap_bus=ways.bus, wrap_store=ways.store)
    return serve_from_env(from_env, lambda config: running(config, overrides))


def _jobs(ways: Ways) -> int:
    from harness.failing_jobs import LIMITS, FailingJobsStore, JournallingMailer, effect_kinds, mutated_jobs_store
    from jobs.app import Overrides, running
    from jobs.config import from_env
    from jobs.ports.store import Store

    def wrap(store: Store) -> Any:
        return WitnessedStore(mutated_jobs_store(FailingJobsStore(store, ways.failpoints), ways.mutation))

    overrides = Overrides(
        wrap_bus=ways.bus,
        wrap_store=wrap,
        middlewares=(watch_requests(ways.failpoints),),
        mailer=JournallingMailer(ways.mails, ways.failpoints),
        kinds=effect_kinds(ways.failpoints),
        worker_limits=LIMITS,
    )
    return serve_from_env(from_env, lambda config: running(config, overrides))


_SERVE: Final[Mapping[str, Callable[[Ways], int]]] = {
    "gateway": _gateway,
    "chat": _chat,
    "billing": _billing,
    "jobs": _jobs,
}


def main(schema: str) -> int:
    """Serves until SIGTERM, or until it is to fail; the process's exit code."""
    mutation = os.environ.get("FAULTS_MUTATION", "")
    if mutation and mutation not in MUTATIONS:
        raise SystemExit(f"FAULTS_MUTATION: {mutation} is none of {', '.join(MUTATIONS)}")
    ways = Ways(
        failpoints=Failpoints(schema, Path(os.environ["FAULTS_FOLDER"])),
        mutation=mutation or None,
        texts=Path(os.environ["FAULTS_TEXTS"]),
        mails=Path(os.environ["FAULTS_MAILS"]),
    )
    return _SERVE[schema](ways)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
