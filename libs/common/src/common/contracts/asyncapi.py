"""The AsyncAPI 3.0 document of everything on the bus, made from the contracts and the topology (https://www.asyncapi.com/docs/reference/specification/v3.0.0).

`python -m common.contracts.asyncapi` prints it; `--check FILE` fails when the file says something else.
"""

from __future__ import annotations

import argparse
import difflib
import inspect
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from common.contracts.base import Contract, Kind
from common.contracts.codec import CONTENT_TYPE, CONTRACTS, Envelope
from common.contracts.topology import COMMANDS, EVENTS, QUEUES, RPC_QUEUES, exchange_of

_REPLIES: Final = "replies"
_SCHEMAS: Final = "#/components/schemas/{name}"
_EXCHANGES: Final = {
    EVENTS: {"name": EVENTS, "type": "topic", "durable": True},
    COMMANDS: {"name": COMMANDS, "type": "direct", "durable": True},
}
_HEAD: Final = "# Written by `make asyncapi`; not to be edited.\n"


def document() -> dict[str, Any]:
    """The document, as plain values in a stable order."""
    names = sorted(CONTRACTS)
    types = [Envelope, *(CONTRACTS[name] for name in names)]
    _, schemas = msgspec.json.schema_components(types, ref_template=_SCHEMAS)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "The receptionist's message bus",
            "version": "1.0.0",
            "description": (
                "CloudEvents 1.0 in structured JSON over RabbitMQ. Events go to a topic exchange, commands and queries to a direct "
                "one; the routing key is the message's type. Delivery is at least once: a consumer knows an event by its `id`. "
                "What can't be applied waits in `<queue>.parking`."
            ),
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {**_channels_of_types(names), **_channels_of_queues(), _REPLIES: _replies(names)},
        "operations": {**_sending(names), **_receiving()},
        "components": {
            "messages": {name: _message(CONTRACTS[name]) for name in names},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def rendered() -> str:
    """The document as YAML."""
    return _HEAD + yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the document, or checks a file against it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m common.contracts.asyncapi", description="The AsyncAPI document.")
    parser.add_argument("--check", metavar="FILE", type=Path, help="fail when FILE differs")
    options = parser.parse_args(arguments)
    wanted = rendered()
    if options.check is None:
        sys.stdout.write(wanted)
        return 0
    found = options.check.read_text(encoding="utf-8") if options.check.exists() else ""
    if found == wanted:
        return 0
    difference = difflib.unified_diff(
        found.splitlines(), wanted.splitlines(), str(options.check), "contracts", lineterm="", n=1
    )
    sys.stderr.write("\n".join([*list(difference)[:40], f"{options.check} is out of date: run 'make asyncapi'", ""]))
    return 1


def _message(contract: type[Contract]) -> dict[str, Any]:
    return {
        "name": contract.TYPE,
        "title": contract.__name__,
        "summary": (inspect.getdoc(contract) or "").splitlines()[0],
        "contentType": CONTENT_TYPE,
        "tags": [{"name": contract.KIND.value}],
        "payload": {
            "allOf": [
                {"$ref": _SCHEMAS.format(name="Envelope")},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": contract.TYPE},
                        "data": {"$ref": _SCHEMAS.format(name=contract.__name__)},
                    },
                },
            ]
        },
    }


def _channels_of_types(names: Sequence[str]) -> dict[str, Any]:
    return {
        name: {
            "address": name,
            "messages": _messages([CONTRACTS[name]]),
            "bindings": {"amqp": {"is": "routingKey", "exchange": dict(_EXCHANGES[exchange_of(CONTRACTS[name])])}},
        }
        for name in names
        if CONTRACTS[name].KIND is not Kind.REPLY
    }


def _channels_of_queues() -> dict[str, Any]:
    named = [(queue.name, queue.contracts) for queue in QUEUES] + [
        (queue.name, queue.contracts) for queue in RPC_QUEUES
    ]
    return {
        name: {
            "address": name,
            "messages": _messages(contracts),
            "bindings": {"amqp": {"is": "queue", "queue": {"name": name, "durable": True, "exclusive": False}}},
        }
        for name, contracts in named
    }


def _replies(names: Sequence[str]) -> dict[str, Any]:
    replies = [CONTRACTS[name] for name in names if CONTRACTS[name].KIND is Kind.REPLY]
    # RabbitMQ's direct reply-to: the address is the asker's own and comes with the question.
    return {"address": None, "messages": _messages(replies)}


def _sending(names: Sequence[str]) -> dict[str, Any]:
    return {
        f"{_service(CONTRACTS[name])}.publishes.{name}": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{name}"},
        }
        for name in names
        if CONTRACTS[name].KIND is Kind.EVENT
    }


def _receiving() -> dict[str, Any]:
    consuming = {
        f"{queue.consumer}.consumes.{queue.name}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{queue.name}"},
        }
        for queue in QUEUES
    }
    answering = {
        f"{queue.name.split('.', 1)[0]}.answers.{queue.name}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{queue.name}"},
            "reply": {"channel": {"$ref": f"#/channels/{_REPLIES}"}},
        }
        for queue in RPC_QUEUES
    }
    return {**consuming, **answering}


def _messages(contracts: Sequence[type[Contract]]) -> Mapping[str, Any]:
    return {contract.TYPE: {"$ref": f"#/components/messages/{contract.TYPE}"} for contract in contracts}


def _service(contract: type[Contract]) -> str:
    """Events stand in the module of whoever publishes them."""
    return contract.__module__.rsplit(".", 1)[-1]


if __name__ == "__main__":
    sys.exit(main())
