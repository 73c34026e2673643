"""`python -m chat`: the service on its own."""

from __future__ import annotations

import sys

from chat.app import main

sys.exit(main())
