"""Tell that a thread of texts is silent: nobody hangs up there."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from common.observability.logs import get_logger
from common.storage import StoreBusy, StoreUnavailable
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.draft import TurnDraft
from telephony_gateway.actions.report_end import report_end
from telephony_gateway.actions.store_turn import commit_turn
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.domain.ids import InboxKey
from telephony_gateway.domain.turn import Answer

_BATCH: Final = 100
_NOTHING: Final = Answer(body=b"")
_log = get_logger("telephony-gateway")


async def report_silent_threads(desk: Desk, *, silent_for_s: float, limit: int = _BATCH) -> int:
    """Tells `call.ended` of each stretch of texts that nobody went on with, once; returns how many there were.

    Nothing is said in the thread, and it isn't closed: what is texted later finds it as it stood, and is told after the next silence.
    """
    since = desk.clock.now() - timedelta(seconds=silent_for_s)
    threads = await desk.calls.silent_threads(since=since, limit=limit)
    told = 0
    for thread in threads:
        try:
            told += await _report(desk, thread)
        except (StoreUnavailable, StoreBusy, JournalUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - one thread that can't be told must not keep all others untold
            _log.error("thread_not_told", call_id=thread.call_id, exc_info=error)
    return told


async def _report(desk: Desk, thread: Call) -> bool:
    """False when somebody texted, or told it, just now."""
    key = InboxKey(f"silent:{thread.call_id}:{thread.version}")
    draft = TurnDraft(thread, key=key, token="", heard="", now=desk.clock.now())
    draft.close_silently()
    if not await report_end(desk, draft, desk.copies.tenant(thread.tenant_id)):
        return False
    return await commit_turn(desk, draft.writes(_NOTHING))
