"""Dramatiq on RabbitMQ. It runs on the interpreter of `.bench-venv`.

    jobs_dramatiq.py enqueue KIND COUNT    prints when it began and ended, on the machine's monotonic clock
    dramatiq jobs_dramatiq                 a worker; each thread notes in the folder BENCH_DONE how many it has done

The broker's URL is in BENCH_AMQP_URL.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import threading
import time
from pathlib import Path

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

broker = RabbitmqBroker(url=os.environ["BENCH_AMQP_URL"])
dramatiq.set_broker(broker)


class Tally(threading.local):
    """A count of this thread's own, which others may read."""

    def __init__(self) -> None:
        path = Path(os.environ["BENCH_DONE"]) / f"{os.getpid()}-{threading.get_ident()}"
        path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)
        self._count = 0

    def add(self) -> None:
        """One more."""
        self._count += 1
        struct.pack_into("<q", self._map, 0, self._count)


tally = Tally() if "enqueue" not in sys.argv else None


@dramatiq.actor(queue_name="bench")
def noop(n: str) -> None:
    """Nothing."""
    if tally is not None:
        tally.add()


@dramatiq.actor(queue_name="bench")
def sleep(n: str) -> None:
    """10 ms."""
    time.sleep(0.010)
    if tally is not None:
        tally.add()


def main() -> None:
    """Enqueues."""
    actor = {"noop": noop, "sleep": sleep}[sys.argv[2]]
    # A connection costs what a batch may not: it is made before the clock starts.
    broker.declare_queue("bench", ensure=True)
    started = time.monotonic()
    for number in range(int(sys.argv[3])):
        broker.enqueue(actor.message(str(number)))
    # Without it the last ones may never leave this process.
    broker.close()
    print(started, time.monotonic())


if __name__ == "__main__":
    main()
