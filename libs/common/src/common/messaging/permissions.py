"""What each service may do at the broker: declare the topology, publish its own messages, read its own queues.

RabbitMQ's permissions are regular expressions over names of exchanges and queues, and over routing keys of topic exchanges
(https://www.rabbitmq.com/docs/access-control). Whoever declares a queue that has a dead-letter exchange must be allowed to read
it, but only where it doesn't exist yet: the administrator declares the topology first (`python -m common.messaging declare`).

Signals carry their sender in their topic: a service broadcasts `<service>.*` and `control.switches.<service>`, an operator
`control.switches`, so nobody turns another's switches. A process's queue of signals is exclusive to its connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from common.contracts import billing, chat, gateway, jobs
from common.contracts.base import Contract, Event
from common.contracts.topology import COMMANDS, EVENTS, PARKING, QUEUES, RPC_QUEUES, SIGNALS

_PUBLISHES: Final[Mapping[str, object]] = MappingProxyType(
    {"gateway": gateway, "chat": chat, "billing": billing, "jobs": jobs}
)
SERVICES: Final = tuple(_PUBLISHES)
"""The users' names: as the schemas and roles in Postgres."""
OPERATOR: Final = "control"
"""The user of opsctl: it broadcasts settings of switches and does nothing else."""
SWITCHES_TOPIC: Final = "control.switches"
_SIGNAL_QUEUES: Final = re.escape(SIGNALS) + r"\..+"
_NOTHING: Final = "^$"


@dataclass(frozen=True, kw_only=True)
class BrokerPermissions:
    """Regular expressions, as `rabbitmqctl set_permissions` and `set_topic_permissions` take them."""

    configure: str
    write: str
    read: str
    topic_write: str
    """Routing keys that may be published to the exchange of events."""
    signals_write: str
    """Topics that may be broadcast."""


def switches_topic_of(user: str) -> str:
    """Where `user` of the broker tells what it switched."""
    return SWITCHES_TOPIC if user == OPERATOR else f"{SWITCHES_TOPIC}.{user}"


def permissions_of(service: str) -> BrokerPermissions:
    """What `service` needs and nothing more. Raises `KeyError` for a service that the bus doesn't know."""
    if service == OPERATOR:
        return BrokerPermissions(
            configure=_NOTHING,
            write=_any_of([SIGNALS]),
            read=_NOTHING,
            topic_write=_NOTHING,
            signals_write=_any_of([SWITCHES_TOPIC]),
        )
    module = _PUBLISHES[service]
    exchanges = [EVENTS, COMMANDS, PARKING, SIGNALS]
    queues = [name for queue in QUEUES for name in (queue.name, queue.parking)] + [rpc.name for rpc in RPC_QUEUES]
    own = [name for name in queues if name.split(".", 1)[0] == service]
    # Who answers queries replies through the default exchange.
    answers = ["amq.default"] if any(rpc.name.split(".", 1)[0] == service for rpc in RPC_QUEUES) else []
    events = [
        value.TYPE
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Contract) and issubclass(value, Event) and value is not Event
    ]
    return BrokerPermissions(
        configure=_any_of(exchanges + queues, _SIGNAL_QUEUES),
        # Binding a queue is writing to it and reading from the exchange.
        write=_any_of(exchanges + queues + answers, _SIGNAL_QUEUES),
        read=_any_of(exchanges + own, _SIGNAL_QUEUES),
        topic_write=_any_of(events) if events else _NOTHING,
        signals_write=_any_of([switches_topic_of(service)], re.escape(service) + r"\..+"),
    )


def commands(vhost: str = "/") -> list[str]:
    """The lines for `rabbitmqctl`, for users that exist."""
    lines = []
    for service in (*SERVICES, OPERATOR):
        may = permissions_of(service)
        lines.append(f"rabbitmqctl set_permissions -p {vhost} {service} '{may.configure}' '{may.write}' '{may.read}'")
        lines.append(f"rabbitmqctl set_topic_permissions -p {vhost} {service} {EVENTS} '{may.topic_write}' '.*'")
        lines.append(f"rabbitmqctl set_topic_permissions -p {vhost} {service} {SIGNALS} '{may.signals_write}' '.*'")
    return lines


def _any_of(names: list[str], *patterns: str) -> str:
    return "^(" + "|".join([*(re.escape(name) for name in sorted(set(names))), *patterns]) + ")$"
