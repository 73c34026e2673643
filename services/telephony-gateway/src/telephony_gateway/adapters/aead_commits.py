"""Commits that travel to other gateways: MessagePack, deflated, sealed. Names, numbers and words are in them."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import Final

import msgspec

from telephony_gateway.adapters.aead_keys import AeadKeys
from telephony_gateway.domain.ids import InboxKey
from telephony_gateway.domain.turn import TurnWrites

_PURPOSE: Final = b"telephony-gateway journal v1"
_MAX_INFLATED: Final = 4 * 1024 * 1024
_ENCODER: Final = msgspec.msgpack.Encoder()
_WRITES: Final = msgspec.msgpack.Decoder(TurnWrites)


class AeadCommits:
    """A `CommitSealer`. The webhook's key is authenticated with the commit."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = AeadKeys(keys, purpose=_PURPOSE)

    def seal(self, writes: TurnWrites) -> str:
        """See `CommitSealer`."""
        packed = zlib.compress(_ENCODER.encode(writes), level=1)
        return base64.b64encode(self._keys.seal(packed, writes.inbox.key)).decode()

    def open(self, sealed: str, key: InboxKey) -> TurnWrites | None:
        """See `CommitSealer`."""
        try:
            packed = self._keys.open(base64.b64decode(sealed.encode("ascii"), validate=True), key)
            if packed is None:
                return None
            writes = _WRITES.decode(zlib.decompressobj().decompress(packed, _MAX_INFLATED))
        except (binascii.Error, zlib.error, msgspec.DecodeError, ValueError):
            # Sealed by us, perhaps by another release: what this one can't read is for a person.
            return None
        return writes if writes.inbox.key == key else None
