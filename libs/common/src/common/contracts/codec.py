"""Contracts to bytes and back: CloudEvents 1.0 structured JSON (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final, Literal

import msgspec

from common.contracts import billing, chat, gateway, jobs
from common.contracts.base import Contract
from common.contracts.tenants import Instant
from common.errors import SuiteError

MAX_MESSAGE_BYTES: Final = 256 * 1024
CONTENT_TYPE: Final = "application/cloudevents+json"


class MessageError(SuiteError):
    """A message from the bus can't be read."""

    slug: ClassVar[str] = "malformed-message"
    status = 400


class UnknownContract(MessageError):
    """Nobody here knows this type and version of message."""

    slug = "unknown-contract"


class MessageTooLarge(MessageError):
    """A message is larger than the bus carries."""

    slug = "message-too-large"
    status = 413


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The CloudEvents attributes, our extensions (tenant, correlationid, traceparent) and the undecoded data."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    time: Instant
    subject: str
    tenant: str
    correlationid: str = ""
    traceparent: str = ""
    datacontenttype: Literal["application/json"] = "application/json"
    data: msgspec.Raw


def _contracts() -> Mapping[str, type[Contract]]:
    found: dict[str, type[Contract]] = {}
    for module in (gateway, chat, billing, jobs):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Contract) and value.__module__ == module.__name__:
                if value.TYPE in found:
                    raise ValueError(f"two contracts are called {value.TYPE}")
                found[value.TYPE] = value
    return MappingProxyType(found)


CONTRACTS: Final = _contracts()
"""Every contract by its `TYPE`."""

_ENCODER: Final = msgspec.json.Encoder()
_ENVELOPES: Final = msgspec.json.Decoder(Envelope)
_DECODERS: Final = {name: msgspec.json.Decoder(contract) for name, contract in CONTRACTS.items()}


def encode(
    contract: Contract,
    *,
    event_id: str,
    source: str,
    time: datetime,
    subject: str,
    tenant: str,
    correlation_id: str = "",
    traceparent: str = "",
) -> bytes:
    """The message's body. Raises `MessageTooLarge`."""
    body = _ENCODER.encode(
        Envelope(
            id=event_id,
            source=source,
            type=contract.TYPE,
            time=time,
            subject=subject,
            tenant=tenant,
            correlationid=correlation_id,
            traceparent=traceparent,
            data=msgspec.Raw(_ENCODER.encode(contract)),
        )
    )
    if len(body) > MAX_MESSAGE_BYTES:
        raise MessageTooLarge(f"{contract.TYPE}: {len(body)} bytes")
    return body


def decode(body: bytes) -> tuple[Envelope, Contract]:
    """The envelope and its typed data. Raises `MessageTooLarge`, `MessageError` or `UnknownContract`; never anything else."""
    if len(body) > MAX_MESSAGE_BYTES:
        raise MessageTooLarge(f"{len(body)} bytes")
    try:
        envelope = _ENVELOPES.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError(str(error)) from error
    decoder = _DECODERS.get(envelope.type)
    if decoder is None:
        raise UnknownContract(envelope.type[:100])
    try:
        return envelope, decoder.decode(envelope.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError(f"{envelope.type}: {error}") from error
