from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jobs_http_rig import REASON, HttpRig, http_rig
from jobs_samples import NOW, add, claimed, later, new_job, shown
from structlog.testing import capture_logs

from jobs.domain.job import JobId
from jobs.domain.kind import KindPolicy
from jobs.domain.run import Fault, failed
from jobs.domain.selection import JobFilter

POLICY = KindPolicy(kind="test.work", job_class="bulk")
FOR_GOOD = Fault(outcome="failed", slug="address-refused", detail="No such mailbox.", retryable=False)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[HttpRig]:
    async with http_rig(tmp_path) as made:
        yield made


async def failed_job(rig: HttpRig, job_id: str, **changes: Any) -> None:
    """A job that has failed for good. Nothing else may be ready."""
    await add(rig.store, new_job(job_id, **changes))
    (run,) = await claimed(rig.store)
    await rig.store.queue.end([failed(run, FOR_GOOD, POLICY, at=NOW, random=lambda: 0.5)])


def ids(listed: Any) -> list[str]:
    return [item["job_id"] for item in listed["items"]]


async def test_pages_follow_each_other_without_gap_or_repetition_while_others_submit(rig: HttpRig) -> None:
    await add(rig.store, *(new_job(f"j{number}", submitted_at=later(number // 2)) for number in range(7)))
    seen: list[str] = []
    cursor = ""
    for _ in range(10):
        page = await rig.get(f"?limit=3{cursor}")
        seen += ids(page)
        await add(rig.store, new_job(f"later-{len(seen)}", submitted_at=later(100)))
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [f"j{number}" for number in reversed(range(7))]


async def test_filters_narrow_the_list(rig: HttpRig) -> None:
    await failed_job(rig, "broken", submitted_at=later(-3600))
    await add(rig.store, new_job("mail", kind="test.mail", job_class="critical", tenant_id="t2"), new_job("plain"))
    for query, expected in {
        "": ["plain", "mail", "broken"],
        "?state=failed": ["broken"],
        "?state=failed,waiting&class=bulk": ["plain", "broken"],
        "?kind=test.mail,nothing": ["mail"],
        "?class=critical": ["mail"],
        "?class=critical,bulk": ["plain", "mail", "broken"],
        "?tenant=t2": ["mail"],
        "?error=address-refused": ["broken"],
        "?id=plain": ["plain"],
        f"?submitted_until={later(-60).isoformat().replace('+00:00', 'Z')}": ["broken"],
        f"?submitted_from={later(-60).isoformat().replace('+00:00', 'Z')}": ["plain", "mail"],
        "?kind=x'%20OR%20'1'%3D'1": [],
        "?tenant=%25": [],
    }.items():
        assert ids(await rig.get(query)) == expected, query


@pytest.mark.parametrize(
    "query",
    [
        "stat=failed", "state=broken", "state=", "class=huge", "limit=0", "limit=201", "limit=ten", "kind=%00", "tenant=",
        "submitted_from=yesterday", "submitted_from=2026-03-10T12:00:00", "cursor=zzz", "cursor=", "id=" + "x" * 201,
        "submitted_from=2026-03-10T12:00:00Z&submitted_until=2026-03-10T12:00:00Z", "state=failed;DROP TABLE jobs",
    ],
)  # fmt: skip
async def test_a_filter_that_is_none_is_refused_with_a_word_on_what_would_do(rig: HttpRig, query: str) -> None:
    problem = await rig.get(f"?{query}", status=400)
    assert problem["type"] == "urn:suite:problem:bad-request"
    assert problem["detail"]


async def test_a_job_is_shown_whole_with_its_attempts(rig: HttpRig) -> None:
    await failed_job(rig, "a/b:c", payload={"n": "7"})
    whole = await rig.get("/a%2Fb:c")
    job = whole["job"]
    assert (job["job_id"], job["state"], job["error_slug"], job["error"]) == (
        "a/b:c", "failed", "address-refused", "No such mailbox.",
    )  # fmt: skip
    assert (job["waiting_for"], job["attempts"], job["max_attempts"]) == (None, 1, 3)
    assert whole["payload"] == {"n": "7"}
    (attempt,) = whole["attempts"]
    assert (attempt["number"], attempt["outcome"], attempt["worker"]) == (1, "failed", "w1")


async def test_an_unknown_job_is_told_so(rig: HttpRig) -> None:
    for path in ("/nope", "/%00", "/" + "x" * 300, "/..%2F..%2Fetc"):
        assert (await rig.get(path, status=404))["type"] == "urn:suite:problem:unknown-job"
        for deed in ("cancel", "rerun"):
            await rig.post(f"{path}/{deed}", reason=REASON, status=404)


async def test_submitted_work_waits_and_its_unique_key_makes_it_one_job(rig: HttpRig) -> None:
    with capture_logs() as logs:
        first = await rig.post(
            kind="test.work", payload={"n": "1"}, tenant_id="t1", unique_key="k", reason=REASON, status=201
        )
    assert (first["created"], first["job"]["state"], first["job"]["job_class"]) == (True, "waiting", "bulk")
    again = await rig.post(kind="test.work", payload={"n": "2"}, tenant_id="t1", unique_key="k", reason=REASON)
    assert (again["created"], again["job"]["job_id"]) == (False, first["job"]["job_id"])
    (line,) = [entry for entry in logs if entry["event"] == "operator_action"]
    assert (line["actor"], line["action"], line["job_id"]) == ("olaf", "jobs.submit", first["job"]["job_id"])
    assert (await shown(rig.store, first["job"]["job_id"])).payload == {"n": "1"}


async def test_without_a_key_each_submission_is_a_job_and_its_class_and_time_can_be_told(rig: HttpRig) -> None:
    due = later(3600).isoformat()
    for _ in range(2):
        answer = await rig.post(
            kind="test.work", payload={"n": "1"}, job_class="critical", priority="urgent", due_at=due, reason=REASON,
            status=201,
        )  # fmt: skip
    job = await shown(rig.store, answer["job"]["job_id"])
    assert (job.job_class, job.priority, job.not_before, job.tenant_id) == ("critical", "urgent", later(3600), "suite")
    assert len(ids(await rig.get())) == 2


@pytest.mark.parametrize(
    ("body", "slug", "words"),
    [
        ({"kind": "test.wrok", "payload": {"n": "1"}}, "unknown-job-kind", "test.wrok"),
        ({"kind": "test.work", "payload": {}}, "job-refused", "n is missing"),
        ({"kind": "test.work", "payload": {"n": "\x00"}}, "job-refused", "NUL"),
        ({"kind": "test.work", "payload": {"n": "x" * 2001}}, "unprocessable", "length <= 2000"),
        ({"kind": "test.work", "payload": {str(n): "x" for n in range(51)}}, "unprocessable", "length <= 50"),
        ({"kind": "test.work", "payload": {"n": 1}}, "unprocessable", "Expected `str`"),
        ({"kind": "test.work", "payload": {"n": "1"}, "unique_key": ""}, "unprocessable", "length >= 1"),
        ({"kind": "test.work", "payload": {"n": "1"}, "unique_key": "a\nb"}, "unprocessable", "regex"),
        ({"kind": "test.work", "payload": {"n": "1"}, "priority": "now"}, "unprocessable", "$.priority"),
        ({"kind": "test.work", "payload": {"n": "1"}, "due_at": "2026-03-10T12:00:00"}, "unprocessable", "$.due_at"),
        ({"kind": "test.work", "payload": {"n": "1"}, "not_before": "x"}, "unprocessable", "unknown field"),
        ({"payload": {"n": "1"}}, "unprocessable", "missing required field `kind`"),
    ],
)
async def test_work_that_can_not_be_done_is_refused_and_not_kept(
    rig: HttpRig, body: dict[str, Any], slug: str, words: str
) -> None:
    problem = await rig.post(**body, reason=REASON, status=422)
    assert problem["type"] == f"urn:suite:problem:{slug}"
    assert words in problem["detail"]
    assert ids(await rig.get()) == []


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b'"\\ud800"', 400), (b"[]", 422), (b"[" * 60_000, 422), (b" " * 70_000, 413)],
)  # fmt: skip
async def test_a_body_that_is_none_is_a_clear_error(rig: HttpRig, data: bytes, status: int) -> None:
    for path in ("", "/cancel", "/rerun", "/pauses", "/x/cancel"):
        problem = await rig.ask("POST", path, who="olaf", status=status, data=data)
        assert problem["type"].startswith("urn:suite:problem:")


async def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_is_asked_to_stop(rig: HttpRig) -> None:
    await add(rig.store, new_job("running"))
    await claimed(rig.store)
    await add(rig.store, new_job("waiting"))
    assert (await rig.post("/waiting/cancel", reason=REASON))["changed"] == 1
    assert (await rig.post("/running/cancel", reason=REASON))["asked"] == 1
    assert (await shown(rig.store, "waiting")).state == "cancelled"
    assert (await shown(rig.store, "running")).cancel_requested
    over = await rig.post("/waiting/cancel", reason=REASON, status=409)
    assert (over["type"], over["detail"]) == ("urn:suite:problem:job-over", "It is cancelled.")


async def test_a_failed_job_runs_again_with_all_its_attempts(rig: HttpRig) -> None:
    await failed_job(rig, "broken")
    assert (await rig.post("/broken/rerun", reason=REASON))["job_ids"] == ["broken"]
    job = await shown(rig.store, "broken")
    assert (job.state, job.attempts) == ("waiting", 0)
    refused = await rig.post("/broken/rerun", reason=REASON, status=409)
    assert (refused["type"], refused["detail"]) == ("urn:suite:problem:job-not-failed", "It is waiting.")


async def test_what_nobody_does_any_more_is_not_run_again(rig: HttpRig) -> None:
    await add(rig.store, new_job("old", kind="gone.kind"))
    async with rig.store.transaction() as tx:
        await tx.jobs.cancel(JobFilter(job_ids=(JobId("old"),)), now=NOW, limit=1)
    assert (await rig.post("/old/rerun", reason=REASON, status=422))["type"] == "urn:suite:problem:unknown-job-kind"
    named = await rig.post("/rerun", filter={"kinds": ["gone.kind"]}, reason=REASON, status=422)
    assert named["type"] == "urn:suite:problem:unknown-job-kind"
    everything = await rig.post("/rerun", filter={"states": ["cancelled"]}, reason=REASON, dry_run=False)
    assert everything["changed"] == 0


@pytest.mark.parametrize("deed", ["cancel", "rerun"])
async def test_a_deed_for_many_is_a_dry_run_unless_it_says_otherwise(rig: HttpRig, deed: str) -> None:
    for number in range(3):
        await failed_job(rig, f"broken-{number}", submitted_at=later(number))
    if deed == "cancel":
        async with rig.store.transaction() as tx:
            await tx.jobs.run_again(JobFilter(), now=NOW, limit=10)
    before = {job_id: (await shown(rig.store, job_id)).state for job_id in ("broken-0", "broken-1", "broken-2")}
    would = await rig.post(f"/{deed}", filter={"kinds": ["test.work"]}, limit=2, reason=REASON)
    assert (would["dry_run"], would["changed"], would["more"]) == (True, 2, True)
    assert len(would["job_ids"]) == 2
    assert before == {job_id: (await shown(rig.store, job_id)).state for job_id in before}
    with capture_logs() as logs:
        did = await rig.post(f"/{deed}", filter={"kinds": ["test.work"]}, limit=2, reason=REASON, dry_run=False)
    assert (did["dry_run"], did["changed"], did["more"]) == (False, 2, True)
    (line,) = [entry for entry in logs if entry["event"] == "operator_action"]
    assert (line["actor"], line["changed"], line["dry_run"]) == ("olaf", 2, False)
    assert line["filter"] == {"kinds": ("test.work",)}
    rest = await rig.post(f"/{deed}", filter={"kinds": ["test.work"]}, limit=2, reason=REASON, dry_run=False)
    assert (rest["changed"], rest["more"]) == (1, False)


async def test_a_dry_run_tells_who_would_be_asked_from_what_would_be_cancelled(rig: HttpRig) -> None:
    await add(rig.store, new_job("running"))
    await claimed(rig.store)
    await add(rig.store, new_job("waiting"))
    would = await rig.post("/cancel", filter={"tenant_id": "t1"}, reason=REASON)
    assert (would["changed"], would["asked"]) == (1, 1)
    did = await rig.post("/cancel", filter={"tenant_id": "t1"}, reason=REASON, dry_run=False)
    assert (did["changed"], did["asked"]) == (1, 1)


async def test_cancelled_jobs_run_again_only_where_they_are_named(rig: HttpRig) -> None:
    await failed_job(rig, "broken")
    await add(rig.store, new_job("unwanted"))
    await rig.post("/unwanted/cancel", reason=REASON)
    assert (await rig.post("/rerun", all=True, reason=REASON))["job_ids"] == ["broken"]
    named = await rig.post("/rerun", filter={"states": ["cancelled", "succeeded"]}, reason=REASON, dry_run=False)
    assert named["job_ids"] == ["unwanted"]


@pytest.mark.parametrize("deed", ["cancel", "rerun"])
async def test_nobody_changes_everything_by_leaving_out_the_filter(rig: HttpRig, deed: str) -> None:
    await failed_job(rig, "broken")
    for body in ({}, {"filter": {}}, {"filter": {"kinds": []}, "dry_run": False}):
        problem = await rig.post(f"/{deed}", **body, reason=REASON, status=422)
        assert problem["type"] == "urn:suite:problem:nothing-named"
    await rig.post(f"/{deed}", all=True, reason=REASON)


async def test_counts_tell_of_classes_and_of_kinds_by_state(rig: HttpRig) -> None:
    await failed_job(rig, "broken")
    rig.clock.advance(90)
    await add(rig.store, new_job("plain"), new_job("mail", kind="test.mail", job_class="critical"))
    await rig.post("/pauses", scope="kind:test.mail", reason=REASON)
    counts = await rig.get("/counts")
    assert counts["classes"]["bulk"] == {"waiting": 1, "oldest_waiting_s": 90.0, "running": 0, "failed": 1}
    by_kind = {line["kind"]: line for line in counts["kinds"]}
    assert (by_kind["test.work"]["waiting"], by_kind["test.work"]["failed"]) == (1, 1)
    assert by_kind["test.mail"]["paused_by"] == "kind:test.mail"
    since = (NOW + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert {line["kind"]: line["failed"] for line in (await rig.get(f"/counts?finished_since={since}"))["kinds"]} == {
        "test.work": 0,
        "test.mail": 0,
    }


async def test_a_list_says_which_pause_keeps_a_waiting_job(rig: HttpRig) -> None:
    await add(rig.store, new_job("plain"))
    await rig.post("/pauses", scope="class:bulk", reason=REASON)
    (item,) = (await rig.get())["items"]
    assert item["paused_by"] == "class:bulk"


async def test_the_kinds_are_told_with_their_rules(rig: HttpRig) -> None:
    kinds = (await rig.get("/kinds"))["items"]
    assert [(kind["kind"], kind["job_class"], kind["rate_per_s"]) for kind in kinds] == [
        ("test.mail", "critical", 5.0),
        ("test.work", "bulk", None),
    ]


async def test_without_its_records_it_says_so_instead_of_showing_nothing(tmp_path: Path) -> None:
    async with http_rig(tmp_path, records_on=False) as rig:
        for path in ("", "/counts", "/workers", "/schedules", "/x"):
            problem = await rig.get(path, status=503)
            assert (problem["type"], problem["retryable"]) == ("urn:suite:problem:records-off", True)
        await rig.post(kind="test.work", payload={"n": "1"}, reason=REASON, status=503)
        await rig.post("/pauses", scope="class:bulk", reason=REASON)
        assert (await rig.get("/kinds"))["items"]
