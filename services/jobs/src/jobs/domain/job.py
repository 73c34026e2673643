"""Work in the background, as it was submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NewType

JobId = NewType("JobId", str)
JobClass = Literal["critical", "bulk"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work. `unique_key` is unique within the tenant and kind: the second submission is the same job."""

    job_id: JobId
    tenant_id: str
    kind: str
    unique_key: str
    job_class: JobClass
    submitted_at: datetime
    not_before: datetime
    """Not to be started earlier; `submitted_at` when it may start at once."""
    payload: Mapping[str, str] = field(default_factory=dict)
