from __future__ import annotations

from pathlib import Path

from gateway_rig import Caller, gateway_running


async def test_the_apology_keeps_the_caller_s_language_also_where_nothing_can_be_stored(tmp_path: Path) -> None:
    # A file where the journal's folder should be: no disk to write to.
    (tmp_path / "journal").touch()
    async with gateway_running(tmp_path, connected=False) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        await caller.say("Hola, necesito un plomero por favor")
        gateway.calls.away = True
        answer = await caller.say("mañana por la mañana")
        assert "llame por favor al 911" in answer.text
        assert 'language="es-US"' in answer.text
        assert "Goodbye" not in answer.text
