"""A real gateway whose provider writes down what it takes: `python -m harness.recording_gateway`, with the gateway's own
environment and RECORDED_TEXTS, the file of the texts that people got.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from common.service import serve_from_env
from harness.failing_gateway import JournallingProvider
from harness.failpoints import Failpoints
from telephony_gateway.app import Overrides, running
from telephony_gateway.config import from_env


def main() -> int:
    """Serves until SIGTERM; the process's exit code."""
    texts = Path(os.environ["RECORDED_TEXTS"])
    # Nobody orders anything there: this one never fails by itself.
    provider = JournallingProvider(texts, Failpoints("gateway", texts.parent))
    return serve_from_env(from_env, lambda config: running(config, Overrides(provider=provider)))


if __name__ == "__main__":
    sys.exit(main())
