"""`python -m common.control migrate`: the tables of the switches, as their owner (CONTROL_DATABASE_URL, or ..._FILE)."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from common.control.postgres_store import migrate_switches
from common.errors import SuiteError
from common.settings import ConfigurationError, Environment


def main() -> int:
    """The exit code: 0 done, 1 the database refused, 2 the configuration is wrong."""
    parser = argparse.ArgumentParser(prog="common.control", description=__doc__)
    parser.add_argument("verb", choices=("migrate",))
    parser.parse_args()
    env = Environment(os.environ)
    url = env.secret("CONTROL_DATABASE_URL", required=True, minimum_length=1)
    try:
        env.finish()
        applied = asyncio.run(migrate_switches(url))
    except ConfigurationError as error:
        print("\n".join(error.faults), file=sys.stderr)
        return 2
    except SuiteError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"migrated: {', '.join(applied) or 'nothing was missing'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
