"""One file of customers on its way into the records: where it stands, and what may become of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal, NewType

from common.errors import SuiteError
from jobs.domain.imports.encodings import Encoding
from jobs.domain.imports.files import FileShape
from jobs.domain.imports.readings import Place, Plan, Tally

ImportId = NewType("ImportId", str)
State = Literal["uploading", "ready", "checking", "importing", "done", "cancelled", "failed"]
"""`checking` is a dry run of the whole file, behind which it is `ready` again. A failed one may go on, by an operator's deed."""
AT_WORK: Final[frozenset[State]] = frozenset({"checking", "importing"})
OVER: Final[frozenset[State]] = frozenset({"done", "cancelled", "failed"})

MAX_OPEN: Final = 20
"""Imports of one business that aren't over."""
MAX_KEPT_ISSUES: Final = 10_000
"""Rows of one import that the error file tells of; the others are counted."""
ABANDONED_AFTER: Final = timedelta(hours=1)
"""An upload that nobody has gone on with for so long is given up."""
_UNFIT_NAME: Final = re.compile(r"[^\w .,()\[\]+@&'-]+")
_MAX_NAME: Final = 120


class ImportNotReady(SuiteError):
    """This import can't do that in its present state."""

    slug: ClassVar[str] = "import-not-ready"
    status = 409


class TooManyImports(SuiteError):
    """There are too many imports that aren't over: start or cancel some first."""

    slug: ClassVar[str] = "too-many-imports"
    status = 429


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What became of batches in the customers' records."""

    batches: int = 0
    """That were sent."""
    answered: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def in_flight(self) -> int:
        """Sent and not answered yet."""
        return self.batches - self.answered


@dataclass(frozen=True, kw_only=True)
class ContactImport:
    """A file, and how far it has come."""

    import_id: ImportId
    tenant_id: str
    state: State
    filename: str
    created_at: datetime
    changed_at: datetime
    """Of the state."""
    size: int = 0
    sha256: str = ""
    encoding: Encoding | None = None
    """As the scout says, of the whole file."""
    shape: FileShape | None = None
    """As it was uploaded; corrections make another one."""
    plan: Plan | None = None
    """By which it is read, since it was started."""
    job_id: str = ""
    """Of the last job that was submitted for it."""
    dry: bool = False
    """The last start was to try it alone."""
    runs: int = 0
    """How often it was started, dry or not."""
    place: Place | None = None
    """Behind what was read and stored."""
    tally: Tally = field(default_factory=Tally)
    finished_reading: bool = False
    checked: Tally | None = None
    """What the last dry run found."""
    issues_kept: int = 0
    failure: str = ""
    """A slug."""
    forgotten_at: datetime | None = None
    """When the file and its faulty rows were deleted."""

    @property
    def bytes_read(self) -> int:
        """Of `size`."""
        return 0 if self.place is None else min(self.place.offset, self.size)


def uploaded(
    upload: ContactImport, shape: FileShape, *, size: int, sha256: str, encoding: Encoding, now: datetime
) -> ContactImport:
    """The file is here, and looks like this."""
    return replace(upload, state="ready", shape=shape, size=size, sha256=sha256, encoding=encoding, changed_at=now)


def started(contact_import: ContactImport, plan: Plan, *, dry: bool, job_id: str, now: datetime) -> ContactImport:
    """A job was submitted. Raises `ImportNotReady` unless nothing is done with it just now, and nothing was imported yet."""
    if contact_import.state != "ready" or contact_import.forgotten_at is not None:
        raise ImportNotReady(f"It is {contact_import.state}.")
    return replace(
        contact_import,
        state="checking" if dry else "importing",
        plan=plan,
        dry=dry,
        job_id=job_id,
        runs=contact_import.runs + 1,
        place=plan.begin,
        tally=Tally(),
        finished_reading=False,
        issues_kept=0,
        failure="",
        changed_at=now,
    )


def advanced(contact_import: ContactImport, tally: Tally, place: Place, *, issues: int, last: bool) -> ContactImport:
    """Some more of it was read and stored, with so many issues kept."""
    return replace(
        contact_import,
        tally=contact_import.tally + tally,
        place=place,
        issues_kept=contact_import.issues_kept + issues,
        finished_reading=last,
    )


def finished(contact_import: ContactImport, *, now: datetime) -> ContactImport:
    """Everything was read, and everything that was sent is answered."""
    if contact_import.state == "checking":
        return replace(contact_import, state="ready", checked=contact_import.tally, changed_at=now)
    return replace(contact_import, state="done", changed_at=now)


def cancelled(contact_import: ContactImport, *, now: datetime) -> ContactImport:
    """Nobody wants it any more; itself where it is over already. What was sent is applied all the same.

    Raises `ImportNotReady` while the file is still coming.
    """
    if contact_import.state in OVER:
        return contact_import
    if contact_import.state == "uploading":
        raise ImportNotReady("The file is still coming.")
    return replace(contact_import, state="cancelled", changed_at=now)


def failed(contact_import: ContactImport, slug: str, *, now: datetime) -> ContactImport:
    """Its job has failed."""
    return replace(contact_import, state="failed", failure=slug, changed_at=now)


def resumed(contact_import: ContactImport, *, now: datetime) -> ContactImport:
    """An operator lets its job run again: it goes on where it stood."""
    state: State = "checking" if contact_import.dry else "importing"
    return replace(contact_import, state=state, failure="", changed_at=now)


def cleaned_filename(name: str) -> str:
    """A file's name as it may be shown and given to a browser: its last part, without what could be read as anything else."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    fit = " ".join(_UNFIT_NAME.sub(" ", last).split()).lstrip(".- ")
    return fit[-_MAX_NAME:].lstrip(".- ") or "customers.csv"
