from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jobs_http_rig import HttpRig, http_rig
from jobs_samples import add, claimed, new_job, shown, worker_of
from opsctl_rig import Terminal

from jobs.domain.kind import KindPolicy
from jobs.domain.run import Fault, failed
from jobs.domain.schedule import TimeTable, begun

REASON = ("--reason", "a test")
POLICY = KindPolicy(kind="test.work", job_class="bulk")
FOR_GOOD = Fault(outcome="failed", slug="address-refused", detail="No such [bold]mailbox.", retryable=False)
LONG_ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[HttpRig]:
    async with http_rig(tmp_path) as made:
        yield made


@pytest.fixture
def opsctl(rig: HttpRig, tmp_path: Path) -> Terminal:
    return Terminal(folder=tmp_path, urls={"jobs": rig.url})


async def failed_job(rig: HttpRig, job_id: str) -> None:
    await add(rig.store, new_job(job_id))
    (run,) = await claimed(rig.store)
    at = rig.clock.now()
    await rig.store.queue.end([failed(run, FOR_GOOD, POLICY, at=at, random=lambda: 0.5)])


async def test_a_list_shows_each_job_with_the_one_thing_to_know_of_it(rig: HttpRig, opsctl: Terminal) -> None:
    await failed_job(rig, "broken")
    await add(rig.store, new_job(LONG_ID, kind="test.mail", job_class="critical"))
    await rig.post("/pauses", scope="class:critical", reason="slow")
    said = await opsctl("jobs", "list")
    assert (said.code, said.err) == (0, "")
    assert "address-refused: No such [bold]mailbox." in said.words
    assert "paused (class:critical)" in said.words
    assert "ago, 2026-03-10 12:00Z" in said.words
    assert (await opsctl("jobs", "list", "--state", "failed", "--json")).json["items"][0]["job_id"] == "broken"


async def test_an_id_stays_whole_on_a_narrow_screen(rig: HttpRig, opsctl: Terminal) -> None:
    await add(rig.store, new_job(LONG_ID))
    assert LONG_ID in (await opsctl("jobs", "list", width=80)).out


async def test_filters_of_the_list_are_understood(rig: HttpRig, opsctl: Terminal) -> None:
    now = datetime.now(UTC)
    for job_id, age_h in (("old", 30), ("young", 1)):
        await add(rig.store, new_job(job_id, submitted_at=now - timedelta(hours=age_h), tenant_id=f"of-{job_id}"))

    async def ids(*options: str) -> list[str]:
        said = await opsctl("jobs", "list", "--json", *options)
        return [item["job_id"] for item in said.json["items"]]

    assert await ids() == ["young", "old"]
    assert await ids("--older-than", "1d") == ["old"]
    assert await ids("--newer-than", "1h30m") == ["young"]
    assert await ids("--tenant", "of-old", "--kind", "test.work", "--kind", "other", "--class", "bulk") == ["old"]
    assert await ids("--error", "nothing") == []
    page = (await opsctl("jobs", "list", "--limit", "1", "--json")).json
    assert await ids("--cursor", page["next_cursor"]) == ["old"]
    assert "No job fits." in (await opsctl("jobs", "list", "--state", "failed")).out


async def test_a_job_is_shown_with_its_attempts(rig: HttpRig, opsctl: Terminal) -> None:
    await failed_job(rig, "a/b")
    said = await opsctl("jobs", "show", "a/b")
    assert said.code == 0
    for words in ("test.work failed", "a/b", "1 of 3", "w1", "address-refused: No such [bold]mailbox."):
        assert words in said.words
    assert (await opsctl("jobs", "show", "a/b", "--json")).json["attempts"][0]["outcome"] == "failed"


async def test_an_error_is_one_line_that_says_what_to_do(opsctl: Terminal) -> None:
    said = await opsctl("jobs", "show", "nope")
    assert (said.code, said.out) == (1, "")
    assert said.err.strip() == (
        "jobs: There is no such job. See opsctl jobs list; what is over is kept for a while only."
    )


async def test_a_service_that_is_down_is_an_error_and_not_an_empty_list(tmp_path: Path) -> None:
    said = await Terminal(folder=tmp_path, urls={})("jobs", "list")
    assert (said.code, said.out) == (1, "")
    assert "jobs at 127.0.0.1:1" in said.err


async def test_who_has_the_wrong_token_or_role_is_told(rig: HttpRig, opsctl: Terminal) -> None:
    said = await replace(opsctl, who="vera")("jobs", "pause", "bulk", *REASON)
    assert said.code == 1
    assert "This needs the role operator; vera is viewer." in said.err
    said = await replace(opsctl, who="")("jobs", "list")
    assert (said.code, "OPSCTL_TOKEN_FILE names no token" in said.err) == (1, True)


async def test_work_is_submitted_once_under_its_key(rig: HttpRig, opsctl: Terminal) -> None:
    first = await opsctl("jobs", "submit", "test.work", "--set", "n=a=b", "--key", "k", "--in", "2h", *REASON, "--json")
    job = first.json["job"]
    assert (first.code, first.json["created"], job["tenant_id"], job["job_class"]) == (0, True, "suite", "bulk")
    kept = await shown(rig.store, job["job_id"])
    assert dict(kept.payload) == {"n": "a=b"}
    assert timedelta(hours=1.9) < kept.due_at - datetime.now(UTC) <= timedelta(hours=2)
    again = await opsctl("jobs", "submit", "test.work", "--set", "n=c", "--key", "k", *REASON)
    assert f"It was submitted before: {job['job_id']} is waiting" in again.words


async def test_work_for_a_time_that_is_past_is_due_at_once_and_that_is_said(opsctl: Terminal) -> None:
    said = await opsctl("jobs", "submit", "test.work", "--set", "n=1", "--at", "2020-03-10T12:00Z", *REASON)
    assert (said.code, "due now: --at is past" in said.words) == (0, True)


async def test_who_names_several_jobs_hears_which_of_them_stay_as_they_are(rig: HttpRig, opsctl: Terminal) -> None:
    first = await opsctl("jobs", "submit", "test.work", "--set", "n=1", "--in", "2h", *REASON, "--json")
    job_id = first.json["job"]["job_id"]
    said = await opsctl("jobs", "cancel", job_id, "nobodys", *REASON, "--yes")
    assert (said.code, "1 cancelled" in said.words) == (1, True)
    assert "Not these, unknown or in another state: nobodys" in said.words
    assert (await shown(rig.store, job_id)).state == "cancelled"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("submit", "test.wrok", "--set", "n=1", *REASON), 2, "test.wrok See opsctl jobs kinds."),
        (("submit", "test.work", *REASON), 2, "n is missing"),
        (("submit", "test.work", "--set", "n", *REASON), 2, "NAME=VALUE"),
        (("submit", "test.work", "--at", "noon", *REASON), 2, "2026-03-10T12:00Z"),
        (("submit", "test.work", "--at", "2026-03-10T12:00Z", "--in", "1h", *REASON), 2, "use one of them"),
        (("submit", "test.work"), 2, "--reason"),
        (("submit", "test.work", "--set", "n=1", "--reason", " x "), 2, "say why, in a few words"),
        (("cancel", *REASON), 2, "which jobs?"),
        (("rerun", *REASON), 2, "which jobs?"),
        (("cancel", "--all", "--kind", "x", *REASON), 2, "no other choice"),
        (("list", "--older-than", "2 days"), 2, "1h30m"),
        (("list", "--older-than", "0s"), 2, "more than nothing"),
        (("list", "--state", "broken"), 2, "state must be of waiting"),
        (("list", "--limit", "0"), 2, "--limit"),
        (("pause", "emial.send", *REASON), 2, "scope must be one of class:critical, class:bulk"),
        (("pause", "bulk", "--for", "1h", "--until", "2036-01-01T00:00Z", *REASON), 2, "use one of them"),
        (("pause", "bulk", "--until", "2020-01-01T00:00Z", *REASON), 2, "that is over"),
        (("window", "set", "25:00-06:00", *REASON), 2, "22:00-06:00"),
        (("window", "set", "22:00-06:00", "--zone", "Mars/Base", *REASON), 2, "no time zone 'Mars/Base'"),
        (("drain", "nobody", *REASON), 1, "See opsctl jobs workers."),
        (("rerun", "nope", *REASON, "--yes"), 1, ""),
        (("show",), 2, "Missing argument"),
        (("nonsense",), 2, "nonsense"),
    ],
)
async def test_what_can_not_be_done_is_refused_with_a_word_on_what_would_do(
    opsctl: Terminal, arguments: tuple[str, ...], code: int, words: str
) -> None:
    said = await opsctl("jobs", *arguments)
    assert said.code == code, said
    assert words in " ".join(said.err.split())


async def test_nothing_is_cancelled_before_somebody_says_yes(rig: HttpRig, opsctl: Terminal) -> None:
    await add(rig.store, new_job("running"))
    await claimed(rig.store)
    await add(rig.store, new_job("waiting"))
    dry = await opsctl("jobs", "cancel", "--kind", "test.work", *REASON)
    assert (dry.code, "1 would be cancelled; 1 would be asked to stop" in dry.words) == (0, True)
    assert "Add --yes" in dry.err
    assert (await shown(rig.store, "waiting")).state == "waiting"
    done = await opsctl("jobs", "cancel", "--kind", "test.work", *REASON, "--yes")
    assert "1 cancelled; 1 are asked to stop" in done.words
    assert (await shown(rig.store, "waiting")).state == "cancelled"
    again = await opsctl("jobs", "cancel", "waiting", *REASON, "--yes")
    assert (again.code, "none of these jobs waits or runs" in again.words) == (1, True)


async def test_failed_jobs_run_again_and_cancelled_ones_that_are_named(rig: HttpRig, opsctl: Terminal) -> None:
    for number in range(3):
        await failed_job(rig, f"broken-{number}")
    dry = await opsctl("jobs", "rerun", "--error", "address-refused", "--limit", "2", *REASON)
    assert "2 would run again" in dry.words
    assert "There are more than --limit" in dry.words
    done = await opsctl("jobs", "rerun", "--all", *REASON, "--yes")
    assert "3 will run again" in done.words
    await rig.post("/broken-0/cancel", reason="a test")
    named = await opsctl("jobs", "rerun", "broken-0", *REASON, "--yes", "--json")
    assert named.json["job_ids"] == ["broken-0"]


async def test_a_pause_says_until_when_and_that_nobody_ends_one_without_an_end(rig: HttpRig, opsctl: Terminal) -> None:
    paused = await opsctl("jobs", "pause", "bulk", "--for", "2h", "--reason", "slow database")
    assert (paused.code, paused.err) == (0, "")
    assert "class:bulk is paused until in " in paused.words
    endless = await opsctl("jobs", "pause", "test.mail", *REASON)
    assert "opsctl jobs resume test.mail" in endless.err
    listed = await opsctl("jobs", "pauses")
    for words in ("class:bulk", "slow database", "olaf", "somebody resumes it"):
        assert words in listed.words
    assert "class:bulk goes on" in (await opsctl("jobs", "resume", "bulk", *REASON)).out
    assert "class:bulk was not paused" in (await opsctl("jobs", "resume", "class:bulk", *REASON)).out
    assert [pause.scope for pause in rig.switchboard.pauses()] == ["kind:test.mail"]


async def test_the_window_is_shown_set_and_cleared(rig: HttpRig, opsctl: Terminal) -> None:
    assert "at any time" in (await opsctl("jobs", "window")).out
    done = await opsctl(
        "jobs", "window", "set", "22:00-6:00", "12:00-13:00", "--zone", "America/Chicago", "--of-tenants", "--at-a-time", "4",
        "--for", "7d", "--reason", "imports slow the calls down",
    )  # fmt: skip
    assert done.code == 0
    for words in ("22:00-06:00, 12:00-13:00", "4 at a time", "each tenant's clock", "olaf", "imports slow the calls"):
        assert words in done.words
    assert (await opsctl("jobs", "window", "--json")).json["at_a_time"] == 4
    assert "at any time again" in (await opsctl("jobs", "window", "clear", *REASON)).words
    assert rig.switchboard.window() is None


async def test_a_bulk_job_that_the_hours_hold_back_says_when_they_open(rig: HttpRig, opsctl: Terminal) -> None:
    await add(rig.store, new_job("held"))
    await add(rig.store, new_job("free", job_class="critical"))
    closed = rig.clock.now() + timedelta(hours=2)
    await opsctl("jobs", "window", "set", f"{closed:%H:%M}-{closed + timedelta(hours=1):%H:%M}", *REASON)
    said = await opsctl("jobs", "list")
    assert "held test.work waiting" in said.words
    assert said.words.count("hours open ") == 1
    assert "ready since" in said.words
    assert "hours open " in (await opsctl("jobs", "show", "held")).words


async def test_workers_are_shown_and_drained(rig: HttpRig, opsctl: Terminal) -> None:
    assert "nothing is done just now" in (await opsctl("jobs", "workers")).words
    await rig.store.queue.beat(worker_of(at=datetime.now(UTC), running=3), {}, lease_s=30.0)
    assert "works" in (await opsctl("jobs", "workers")).words
    assert "w1 starts nothing more; 3 are in work" in (await opsctl("jobs", "drain", "w1", *REASON)).words
    assert "drains" in (await opsctl("jobs", "workers")).words
    assert "w1 goes on" in (await opsctl("jobs", "drain", "w1", "--undo", *REASON)).words


async def test_a_worker_that_is_silent_is_told_from_one_that_works(rig: HttpRig, opsctl: Terminal) -> None:
    await rig.store.queue.beat(worker_of(at=datetime.now(UTC) - timedelta(minutes=5)), {}, lease_s=30.0)
    assert "SILENT" in (await opsctl("jobs", "workers")).words


async def test_counts_kinds_and_schedules_are_shown(rig: HttpRig, opsctl: Terminal) -> None:
    await failed_job(rig, "broken")
    table = TimeTable(
        tenant_id="corner", kind="owner.summary", cron="30 6 * * *", time_zone="America/Chicago", grace=timedelta(hours=2)
    )  # fmt: skip
    async with rig.store.transaction() as tx:
        await tx.schedules.save([begun(table, now=rig.clock.now())])
    counts = await opsctl("jobs", "counts")
    assert (counts.code, "test.work bulk 0 0 0 1 0" in counts.words) == (0, True)
    assert "test.mail critical 60 s 8 5/s -" in (await opsctl("jobs", "kinds")).words
    assert "corner owner.summary 30 6 * * * (America/Chicago)" in (await opsctl("jobs", "schedules")).words
    assert (await opsctl("jobs", "schedules", "--tenant", "other", "--json")).json["items"] == []


async def test_what_a_job_says_does_not_move_the_cursor(rig: HttpRig, opsctl: Terminal) -> None:
    await add(rig.store, new_job("evil", payload={"n": "\x1b[2J\x1b]0;title\x07"}))
    said = await opsctl("jobs", "show", "evil")
    assert "\x1b" not in said.out
    assert "\x07" not in said.out
