"""What clients know of each of their operations: it was done, it was not, or nobody can say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

Outcome: TypeAlias = Literal["ok", "fail", "unknown"]
Kind: TypeAlias = Literal[
    "turn",
    "end",
    "text",
    "stop",
    "take-alert",
    "status",
    "cancel",
    "send-text",
    "send-mail",
    "submit-job",
    "post-job",
    "sign-up",
]
"""`turn`, `end`, `text`, `stop` (a text that says STOP), `take-alert` (a contact's text) and `status` are webhooks; `cancel` is an owner's request, `post-job` an
operator's; the others are messages that are committed to chat's outbox."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing that a client wanted; `key` is what its effects are known by."""

    kind: Kind
    key: str
    outcome: Outcome


@dataclass(kw_only=True)
class CallStory:
    """A phone call as the caller remembers it."""

    call_id: str
    phone: str
    turns: Counter[Outcome] = field(default_factory=Counter)
    end: Outcome | None = None
    heard: list[str] = field(default_factory=list)

    def was_told(self, sign: str) -> bool:
        """True when these words were heard."""
        return any(sign in words.lower() for words in self.heard)


@dataclass(kw_only=True)
class Ledger:
    """Everything that was tried in one scenario, at one business."""

    tenant_id: str
    operations: dict[tuple[Kind, str], Operation] = field(default_factory=dict)
    calls: list[CallStory] = field(default_factory=list)

    def note(self, kind: Kind, key: str, outcome: Outcome) -> None:
        """What came of one operation."""
        self.operations[kind, key] = Operation(kind=kind, key=key, outcome=outcome)

    def of(self, kind: Kind, *outcomes: Outcome) -> Iterator[str]:
        """The keys of the operations with one of these outcomes."""
        return (one.key for one in self.operations.values() if one.kind == kind and one.outcome in outcomes)

    def counts(self) -> Counter[Outcome]:
        """How many of each outcome."""
        return Counter(one.outcome for one in self.operations.values())
