"""`python -m billing`: the service on its own."""

from __future__ import annotations

import sys

from billing.app import main

sys.exit(main())
