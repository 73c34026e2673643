from __future__ import annotations

from dataclasses import replace

from jobs_samples import NOW, W1, later, new_job

from common.backoff import Backoff
from jobs.domain.job import Job
from jobs.domain.kind import KindPolicy
from jobs.domain.run import Fault, cancelled, failed, given_back, lapsed, napping

POLICY = KindPolicy(kind="test.work", job_class="bulk", backoff=Backoff(base_s=4.0, maximum_s=10.0))
FAULT = Fault(outcome="failed", slug="oops", detail="x" * 3_000)


def running(**changes: object) -> Job:
    new = new_job("j1")
    fields = {name: getattr(new, name) for name in new.__dataclass_fields__}
    job = Job(**fields, not_before=NOW, state="running", fence=3, worker=W1, started_at=NOW)
    return replace(job, **changes)  # type: ignore[arg-type]


def test_pauses_grow_with_the_attempts_and_are_spread() -> None:
    endings = [
        failed(running(attempts=attempts), FAULT, POLICY, at=NOW, random=random)
        for attempts in (0, 1)
        for random in (lambda: 0.0, lambda: 0.5)
    ]
    assert [ending.not_before for ending in endings] == [NOW, later(2), NOW, later(4)]
    assert all(ending.waiting_for == "retry" for ending in endings)


def test_words_are_cut_to_what_is_kept() -> None:
    ending = failed(running(), FAULT, POLICY, at=NOW, random=lambda: 0.5)
    assert ending.attempt is not None
    assert len(ending.attempt.error_detail) == 2_000


def test_only_what_failed_timed_out_or_was_lost_uses_an_attempt() -> None:
    job = running()
    assert failed(job, FAULT, POLICY, at=NOW, random=lambda: 0.5).uses_attempt
    assert lapsed(job, POLICY, at=NOW, random=lambda: 0.5).uses_attempt
    assert not cancelled(job, at=NOW).uses_attempt
    assert not given_back(job).uses_attempt
    assert not napping(job, until=later(5), checkpoint={}, progress=None).uses_attempt


def test_the_last_attempt_and_what_can_not_be_mended_end_the_job() -> None:
    last = failed(running(attempts=2), FAULT, POLICY, at=NOW, random=lambda: 0.5)
    hopeless = failed(running(), replace(FAULT, retryable=False), POLICY, at=NOW, random=lambda: 0.5)
    assert (last.state, hopeless.state) == ("failed", "failed")
    assert (last.attempt and last.attempt.number, hopeless.attempt and hopeless.attempt.number) == (3, 1)
