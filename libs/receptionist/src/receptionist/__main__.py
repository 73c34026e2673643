"""`python -m receptionist`: `understand` reads utterances from stdin, `train` makes the weights of the learned heads."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from receptionist.understand_lines import understand_lines

_USAGE = """usage: python -m receptionist understand < lines.jsonl
       python -m receptionist train [--check] [names ...]
"""


def main(arguments: Sequence[str]) -> int:
    """Runs the command; returns the exit code, 2 for a command that there is not."""
    match list(arguments):
        case ["understand"]:
            return _understand()
        case ["train", *rest]:
            # Only here: nobody who understands needs what trains.
            from receptionist.training.command import main as train

            return train(rest)
        case ["-h" | "--help"]:
            sys.stdout.write(_USAGE)
            return 0
        case _:
            sys.stderr.write(_USAGE)
            return 2


def _understand() -> int:
    try:
        return understand_lines(sys.stdin.buffer, _write)
    except BrokenPipeError:
        # Whoever read this has gone; what is left in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
