"""Conversations that ride in a URL: MessagePack, deflated against a dictionary of its usual words, sealed with ChaCha20-Poly1305.

The conversation's id is authenticated with it, so that a state can't be moved to another call.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import Final

import msgspec

from telephony_gateway.adapters.aead_keys import AeadKeys
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.ids import CallId

MAX_SEALED: Final = 1_500
"""Characters: a URL with it stays far under what proxies and Twilio carry."""
_MAX_INFLATED: Final = 16_384
_PURPOSE: Final = b"telephony-gateway state v1"
# What nearly every state contains. Changing it makes states of the release before unreadable: they fall back on the store.
_DICTIONARY: Final = (
    b"\xa7call_id\xa7version\xa4turn\xa9tenant_id\xa7channel\xaccaller_phone\xaddialled_phone\xb0provider_call_id"
    b"\xa7episode\xaastarted_at\xaclast_turn_at\xa5state\xa4tier\xa9open_turn\xa8ended_at\xa8ended_by\xa8billable"
    b"\xa8reported\xa7channel\xa5voice\xa4lang\xa2en\xa2es\xa4goal\xa4book\xa4none\xa8question\xa7waiting\xa4asks"
    b"\xa5turns\xa8silences\xa6misses\xaccaller_phone\xaaknown_name\xadknown_address\xa5facts\xa4name\xa7address\xa5phone"
    b"\xaaservice_id\xa7problem\xa7message\xa6wanted\xa9first_day\xa8last_day\xa9at_minute\xabfrom_minute\xa9to_minute"
    b"\xa9confirmed\xa7offered\xa5start\xa3end\xa6picked\xa6visits\xa8visit_id\xa6alerts\xa8bookings\xa7booking\xa7pending"
    b"\xa9requested\xa6booked\xa9callbacks\xa8promised\xa5ended\xc0\xc0\xa4full\xc3\xc2"
)
_ENCODER: Final = msgspec.msgpack.Encoder()
_CALLS: Final = msgspec.msgpack.Decoder(Call)


class AeadSealer:
    """A `Sealer`. The first key seals, every key opens, so that keys can be changed while calls go on."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = AeadKeys(keys, purpose=_PURPOSE)

    def seal(self, call: Call) -> str:
        """See `Sealer`."""
        # Small windows: a state is small, and clearing large ones would take longer than the work.
        deflate = zlib.compressobj(level=1, wbits=-12, memLevel=5, zdict=_DICTIONARY)
        packed = deflate.compress(_ENCODER.encode(call)) + deflate.flush()
        sealed = self._keys.seal(packed, call.call_id)
        text = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
        return text if len(text) <= MAX_SEALED else ""

    def open(self, sealed: str, call_id: CallId) -> Call | None:
        """See `Sealer`."""
        if not sealed or len(sealed) > MAX_SEALED:
            return None
        try:
            raw = base64.b64decode(sealed.encode("ascii") + b"=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        packed = self._keys.open(raw, call_id)
        return None if packed is None else _unpack(packed, call_id)


def _unpack(packed: bytes, call_id: CallId) -> Call | None:
    # It was sealed by us, perhaps by another release: what this one can't read is as good as absent.
    try:
        inflate = zlib.decompressobj(wbits=-12, zdict=_DICTIONARY)
        call = _CALLS.decode(inflate.decompress(packed, _MAX_INFLATED))
    except (zlib.error, msgspec.DecodeError, ValueError):
        return None
    return call if call.call_id == call_id else None
