"""Sealing with keys that can be changed: ChaCha20-Poly1305, the first key seals, every key opens."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16


class AeadKeys:
    """Seals bytes about something: they open for the same thing and the same purpose only."""

    def __init__(self, keys: Sequence[str], *, purpose: bytes) -> None:
        """`purpose` parts what is sealed here from what the same keys seal elsewhere. Raises `ValueError` without a key."""
        if not keys:
            raise ValueError("a sealer needs a key")
        self._ciphers = [ChaCha20Poly1305(_derive(key, purpose)) for key in keys]

    def seal(self, data: bytes, about: str) -> bytes:
        """`about` is authenticated and not part of the result."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, data, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes | None:
        """None when no key opens it, or when it is about something else."""
        nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        if len(body) < _TAG_BYTES:
            return None
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, body, about.encode())
            except InvalidTag:
                continue
        return None


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
