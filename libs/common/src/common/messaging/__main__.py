"""`python -m common.messaging declare|permissions`: what an administrator does at the broker before the services start.

`declare` makes every exchange, queue and binding at ADMIN_AMQP_URL; `permissions` prints the rabbitmqctl lines that let each service
do its own work and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import Final

import aiormq

from common.contracts.topology import QUEUES, RPC_QUEUES
from common.messaging.permissions import commands
from common.messaging.rabbitmq_topology import declare_topology
from common.settings import ConfigurationError, Environment

_WITHIN_S: Final = 20.0


async def declare(url: str) -> None:
    """Declares the topology. Raises `OSError`, `TimeoutError` or an AMQP error."""
    async with asyncio.timeout(_WITHIN_S):
        connection = await aiormq.connect(url)
        try:
            channel = await connection.channel()
            await declare_topology(channel, queues=QUEUES, rpc_queues=RPC_QUEUES)
        finally:
            await connection.close()


def main() -> int:
    """The exit code: 0 done, 1 the broker refused or is away, 2 the configuration is wrong."""
    parser = argparse.ArgumentParser(prog="common.messaging", description=__doc__)
    parser.add_argument("verb", choices=("declare", "permissions"))
    parser.add_argument("--vhost", default="/")
    arguments = parser.parse_args()
    if arguments.verb == "permissions":
        print("\n".join(commands(arguments.vhost)))
        return 0
    env = Environment(os.environ)
    url = env.url("ADMIN_AMQP_URL", schemes=("amqp", "amqps"), required=True)
    try:
        env.finish()
        asyncio.run(declare(url))
    except ConfigurationError as error:
        print("\n".join(error.faults), file=sys.stderr)
        return 2
    except (OSError, TimeoutError, aiormq.exceptions.AMQPError) as error:
        print(f"the broker did not take it: {type(error).__name__}", file=sys.stderr)
        return 1
    print("declared")
    return 0


if __name__ == "__main__":
    sys.exit(main())
