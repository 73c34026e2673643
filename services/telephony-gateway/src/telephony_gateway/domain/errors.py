"""The gateway's own errors."""

from __future__ import annotations

from typing import ClassVar

from common.errors import SuiteError


class GatewayError(SuiteError):
    """The gateway could not do it."""

    slug: ClassVar[str] = "gateway"


class StaleTurn(GatewayError):
    """Another instance took this turn of the conversation."""

    slug = "stale-turn"
    status = 409
    retryable = True


class JournalUnavailable(GatewayError):
    """The local journal can't be written."""

    slug = "journal-unavailable"
    status = 503
    retryable = True


class UnreadableCommit(GatewayError):
    """No key of ours opens what a gateway accepted."""

    slug = "unreadable-commit"


class UnknownTenant(GatewayError):
    """No copy of this business has come here yet."""

    slug = "unknown-tenant"
    status = 409
    retryable = True
