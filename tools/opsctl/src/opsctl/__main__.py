"""`python -m opsctl`: the command line."""

from __future__ import annotations

from opsctl.app import main

main()
