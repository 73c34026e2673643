"""Conversations as bytes: JSON in the database, MessagePack where they ride."""

from __future__ import annotations

from typing import Final

import msgspec

from receptionist.dialogue.state import DialogueState
from telephony_gateway.domain.call import OpenTurn

_JSON: Final = msgspec.json.Encoder()
_STATES: Final = msgspec.json.Decoder(DialogueState)
_OPEN_TURNS: Final = msgspec.json.Decoder(OpenTurn)


def encode_state(state: DialogueState) -> bytes:
    """The dialogue's state for a column."""
    return _JSON.encode(state)


def decode_state(data: bytes) -> DialogueState:
    """Raises `msgspec.DecodeError`, also for the state of a release that this one doesn't understand."""
    return _STATES.decode(data)


def encode_open_turn(turn: OpenTurn | None) -> bytes | None:
    """An unanswered turn for a column."""
    return None if turn is None else _JSON.encode(turn)


def decode_open_turn(data: bytes | None) -> OpenTurn | None:
    """Raises `msgspec.DecodeError`."""
    return None if data is None else _OPEN_TURNS.decode(data)
