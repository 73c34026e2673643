"""`python -m jobs`: the service on its own."""

from __future__ import annotations

import sys

from jobs.app import main

sys.exit(main())
