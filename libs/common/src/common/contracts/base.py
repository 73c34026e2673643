"""What every contract has: a versioned type name and a kind."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

import msgspec


class Kind(Enum):
    """How a message travels: events fan out by topic, commands go to one owner, queries are answered by one."""

    EVENT = "event"
    COMMAND = "command"
    QUERY = "query"
    REPLY = "reply"


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """The data of one message.

    `TYPE` is `<noun>.<verb>.v<N>`: events in the past tense, commands and queries imperative. A field may be added with a
    default; anything else is a new version beside this one. Unknown fields are ignored, so that a newer publisher can't stop us.
    """

    TYPE: ClassVar[str]
    KIND: ClassVar[Kind]


class Event(Contract, frozen=True, kw_only=True):
    """Something that happened; anyone may listen."""

    KIND: ClassVar[Kind] = Kind.EVENT


class Command(Contract, frozen=True, kw_only=True):
    """Something that one owner must do."""

    KIND: ClassVar[Kind] = Kind.COMMAND


class Query(Contract, frozen=True, kw_only=True):
    """A question, or a deed whose result is awaited, answered within a deadline or not at all."""

    KIND: ClassVar[Kind] = Kind.QUERY


class Reply(Contract, frozen=True, kw_only=True):
    """The answer to a query."""

    KIND: ClassVar[Kind] = Kind.REPLY
