"""`python -m telephony_gateway` serves; `python -m telephony_gateway fallback-twiml` prints what Twilio says without us."""

from __future__ import annotations

import sys

from telephony_gateway.app import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
