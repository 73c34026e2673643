"""`python -m common.postgres provision`: roles and schemas for the services and the operator, from an administrator's URL.

Reads ADMIN_DATABASE_URL and, for each service and for CONTROL, <SERVICE>_DB_PASSWORD (or the file that <SERVICE>_DB_PASSWORD_FILE
names). The tables of the switches are their owner's to make: `python -m common.control migrate`, or opsctl.
Running it again sets the passwords and changes nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Final

from common.errors import SuiteError
from common.postgres.provision import SWITCHES_SCHEMA, provision
from common.settings import ConfigurationError, Environment

SERVICES: Final = ("gateway", "chat", "billing", "jobs")
ROLES: Final = (*SERVICES, SWITCHES_SCHEMA)


def read_passwords(variables: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The administrator's URL and the passwords by service. Raises `ConfigurationError` with every fault."""
    env = Environment(variables)
    url = env.url("ADMIN_DATABASE_URL", schemes=("postgresql", "postgres"), required=True)
    passwords = {service: env.secret(f"{service.upper()}_DB_PASSWORD", required=True) for service in ROLES}
    env.finish()
    return url, passwords


def main() -> int:
    """The exit code: 0 done, 1 the database refused, 2 the configuration is wrong."""
    parser = argparse.ArgumentParser(prog="common.postgres", description=__doc__)
    parser.add_argument("verb", choices=("provision",))
    parser.parse_args()
    try:
        url, passwords = read_passwords(os.environ)
        asyncio.run(provision(url, passwords))
    except ConfigurationError as error:
        print("\n".join(error.faults), file=sys.stderr)
        return 2
    except SuiteError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"provisioned: {', '.join(passwords)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
