"""`fallback-twiml`: static TwiML that answers callers when nothing of ours does."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from common.tenants_file import TenantsFileError, load_tenants
from telephony_gateway.domain.phrases import PHRASES, connecting
from telephony_gateway.ports.rendering import Renderer


def print_fallback(arguments: Sequence[str], renderer_at: Callable[[str], Renderer]) -> int:
    """Prints a document for each chosen tenant; the process's exit code. `renderer_at` gets the origin that recordings are told to
    (empty: nobody hears of them)."""
    parser = argparse.ArgumentParser(
        prog="python -m telephony_gateway fallback-twiml",
        description="TwiML for a TwiML Bin at Twilio, as the fallback URL of the number: apologise, dial the owner, record.",
    )
    parser.add_argument("--tenants-file", type=Path, required=True)
    parser.add_argument("--tenant", default="", help="its tenant_id; every tenant when left out")
    parser.add_argument(
        "--public-base-url", default=os.environ.get("PUBLIC_BASE_URL", ""), help="where recordings are told"
    )
    options = parser.parse_args(arguments)
    try:
        tenants = load_tenants(options.tenants_file)
    except TenantsFileError as error:
        print(error, file=sys.stderr)
        return 2
    chosen = [tenant for tenant in tenants if options.tenant in {"", tenant.tenant_id}]
    renderer = renderer_at(options.public_base_url.rstrip("/"))
    for tenant in chosen:
        lang = tenant.languages[0] if tenant.languages else "en"
        records = tenant.record_voicemail and bool(options.public_base_url)
        document = renderer.apology(
            connecting(lang, business=tenant.business_name, owner=tenant.contacts[0].name),
            lang=lang,
            dial=tenant.contacts[0].phone,
            ask=PHRASES[lang].leave_message if records else "",
            goodbye=PHRASES[lang].goodbye,
        )
        print(document.decode())
    if not chosen:
        print(f"no tenant {options.tenant!r} in {options.tenants_file}", file=sys.stderr)
    return 0 if chosen else 2
