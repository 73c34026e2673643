"""What can go wrong with any store, whatever it is made of."""

from __future__ import annotations

from typing import ClassVar

from common.errors import SuiteError


class StoreError(SuiteError):
    """The store could not do it."""

    slug: ClassVar[str] = "store"


class StoreUnavailable(StoreError):
    """The store can't be reached."""

    slug = "store-unavailable"
    status = 503
    retryable = True


class StoreBusy(StoreError):
    """The store gave up: a lock, a conflict or its time limit."""

    slug = "store-busy"
    status = 503
    retryable = True


class DataRefused(StoreError):
    """The store can't hold a value."""

    slug = "data-refused"
    status = 422
