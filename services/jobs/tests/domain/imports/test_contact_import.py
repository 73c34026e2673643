from __future__ import annotations

from dataclasses import replace

import pytest
from imports_samples import plan_of
from jobs_imports_contract import FILE, NOW, new_import, ready

from jobs.domain.imports.contact_import import (
    ImportNotReady,
    State,
    advanced,
    cancelled,
    cleaned_filename,
    failed,
    finished,
    resumed,
    started,
)
from jobs.domain.imports.readings import Place, Tally

PLAN = plan_of(FILE)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("customers.csv", "customers.csv"),
        ("C:\\Users\\Dana\\My list.csv", "My list.csv"),
        ("../../etc/passwd", "passwd"),
        ("..", "customers.csv"),
        ("", "customers.csv"),
        ('a"b\r\nSet-Cookie: x.csv', "a b Set-Cookie x.csv"),
        ("niños ñandú.csv", "niños ñandú.csv"),
        ("<script>.csv", "script .csv"),
        ("x" * 500 + ".csv", "x" * 116 + ".csv"),
        (".hidden", "hidden"),
    ],
)
def test_a_filename_is_fit_to_be_shown(name: str, shown: str) -> None:
    assert cleaned_filename(name) == shown


@pytest.mark.parametrize("state", ["uploading", "checking", "importing", "done", "cancelled", "failed"])
def test_only_what_is_ready_is_started(state: State) -> None:
    with pytest.raises(ImportNotReady):
        started(ready(state=state), PLAN, dry=False, job_id="j", now=NOW)


def test_what_was_forgotten_is_not_started() -> None:
    with pytest.raises(ImportNotReady):
        started(ready(forgotten_at=NOW), PLAN, dry=False, job_id="j", now=NOW)


def test_a_start_begins_at_the_first_customer_with_nothing_counted() -> None:
    tried = finished(
        advanced(
            started(ready(), PLAN, dry=True, job_id="j1", now=NOW),
            Tally(rows=2, accepted=2),
            Place(offset=51, line=4, batch=1),
            issues=3,
            last=True,
        ),
        now=NOW,
    )
    assert (tried.state, tried.checked, tried.runs) == ("ready", Tally(rows=2, accepted=2), 1)
    begun = started(tried, PLAN, dry=False, job_id="j2", now=NOW)
    assert (begun.state, begun.place, begun.tally, begun.issues_kept, begun.runs) == (
        "importing",
        PLAN.begin,
        Tally(),
        0,
        2,
    )
    assert begun.checked == tried.checked


def test_bytes_read_are_those_behind_the_place() -> None:
    begun = started(ready(), PLAN, dry=False, job_id="j", now=NOW)
    assert begun.bytes_read == PLAN.begin.offset
    assert ready().bytes_read == 0


def test_what_is_over_is_not_cancelled_again_and_what_is_coming_not_yet() -> None:
    done = ready(state="done")
    assert cancelled(done, now=NOW) is done
    assert cancelled(ready(), now=NOW).state == "cancelled"
    with pytest.raises(ImportNotReady):
        cancelled(new_import(), now=NOW)


@pytest.mark.parametrize(("dry", "state"), [(True, "checking"), (False, "importing")])
def test_a_failed_import_goes_on_as_what_it_was(state: str, *, dry: bool) -> None:
    begun = started(ready(), PLAN, dry=dry, job_id="j", now=NOW)
    lost = failed(begun, "file-gone", now=NOW)
    assert (lost.state, lost.failure) == ("failed", "file-gone")
    assert resumed(lost, now=NOW) == replace(begun, state=state)
