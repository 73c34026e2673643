"""Play a caller in the terminal: `python -m suite.caller call|text`."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import time

import aiohttp

from common.errors import SuiteError
from suite.handoff import Handoff, find
from suite.terminal import Terminal
from suite.twilio_peer import Account, PhoneCall, Spoken, TextThread


def main() -> int:
    """The command line; 1 when the suite isn't there or fails."""
    parser = argparse.ArgumentParser(prog="suite.caller", description="Play a caller against the running suite.")
    parser.add_argument("how", choices=("call", "text"))
    parser.add_argument("--port", type=int, default=8080, help="the suite's port")
    parser.add_argument("--phone", default="", help="the caller's number (E.164); a new one by default")
    arguments = parser.parse_args()
    terminal = Terminal()
    try:
        handoff = find(arguments.port)
        play = _call if arguments.how == "call" else _text
        asyncio.run(play(handoff, arguments.phone or _new_number(), terminal))
    except (KeyboardInterrupt, EOFError):
        terminal.show("note", "(you hung up)")
    except (SuiteError, aiohttp.ClientError, TimeoutError) as error:
        terminal.show("bad", str(error) or type(error).__name__)
        return 1
    return 0


def _new_number() -> str:
    """From the range that is kept for fiction (555-0100 to 555-0199), but for those of the example business and its people."""
    return f"+1512555{110 + secrets.randbelow(70):04}"


def _account(handoff: Handoff) -> Account:
    return Account(public_base_url=handoff.public_base_url, auth_token=handoff.auth_token, connect_url=handoff.url)


async def _read_line(prompt: str) -> str:
    """A line from the keyboard, read in a thread so that the loop stays alive. Raises `EOFError` at the end."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    line = await asyncio.to_thread(sys.stdin.readline)
    if not line:
        raise EOFError
    return str(line).strip()


async def _call(handoff: Handoff, phone: str, terminal: Terminal) -> None:
    terminal.show("title", f"Calling {handoff.business_name} at {handoff.business_phone} from {phone}")
    terminal.show(
        "note", "Type what you say. Keys: a line of digits, * or #. An empty line is silence. Ctrl-D hangs up."
    )
    started = time.monotonic()
    async with aiohttp.ClientSession() as session:
        call = PhoneCall(account=_account(handoff), session=session, caller=phone, dialled=handoff.business_phone)
        try:
            spoken = await call.dial()
            _show(spoken, terminal)
            while not spoken.ended:
                words = await _read_line("       you say  ")
                keys = words.replace(" ", "")
                spoken = await (
                    call.press(keys) if keys and all(key in "0123456789*#" for key in keys) else call.say(words)
                )
                _show(spoken, terminal)
        finally:
            await call.hang_up(int(time.monotonic() - started))


def _show(spoken: Spoken, terminal: Terminal) -> None:
    for line in spoken.lines:
        terminal.show("receptionist", line)
    if spoken.ended:
        terminal.show("note", "(recording a voicemail, then the call ends)" if spoken.records else "(the call is over)")


async def _text(handoff: Handoff, phone: str, terminal: Terminal) -> None:
    terminal.show("title", f"Texting {handoff.business_name} at {handoff.business_phone} from {phone}")
    terminal.show("note", "Type a text and press Enter. Ctrl-D ends.")
    async with aiohttp.ClientSession() as session:
        thread = TextThread(account=_account(handoff), session=session, sender=phone, recipient=handoff.business_phone)
        while True:
            for reply in await thread.send(await _read_line("      you text  ")):
                terminal.show("receptionist", reply)


if __name__ == "__main__":
    sys.exit(main())
