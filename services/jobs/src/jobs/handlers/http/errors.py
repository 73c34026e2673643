"""What operators can't have."""

from __future__ import annotations

from typing import ClassVar

from common.errors import SuiteError


class UnknownJob(SuiteError):
    """There is no such job."""

    slug: ClassVar[str] = "unknown-job"
    status = 404


class UnknownWorker(SuiteError):
    """There is no such worker."""

    slug: ClassVar[str] = "unknown-worker"
    status = 404


class JobOver(SuiteError):
    """This job is over."""

    slug: ClassVar[str] = "job-over"
    status = 409


class NotOver(SuiteError):
    """Only what failed or was cancelled can be run again."""

    slug: ClassVar[str] = "job-not-failed"
    status = 409


class NothingNamed(SuiteError):
    """This would change every job."""

    slug: ClassVar[str] = "nothing-named"
    status = 422


class WindowRefused(SuiteError):
    """These hours can't be."""

    slug: ClassVar[str] = "window-refused"
    status = 422


class ExpiryRefused(SuiteError):
    """What expires must do so in the future."""

    slug: ClassVar[str] = "expiry-refused"
    status = 422


class RecordsOff(SuiteError):
    """The records of jobs are switched off for now."""

    slug: ClassVar[str] = "records-off"
    status = 503
    retryable: ClassVar[bool] = True
