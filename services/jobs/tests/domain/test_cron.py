from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.domain.cron import Cron, CronRefused, TimeZoneRefused, moment_of, zone_of

NEW_YORK = ZoneInfo("America/New_York")
LEAPS_AT = datetime(2026, 3, 8, 7, tzinfo=UTC)
"""2 o'clock becomes 3."""
FALLS_AT = datetime(2026, 11, 1, 6, tzinfo=UTC)
"""2 o'clock becomes 1."""
ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Havana",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Asia/Kathmandu",
    "UTC",
)


def local_times(expression: str, after: datetime, until: datetime, zone: ZoneInfo = NEW_YORK) -> list[str]:
    fires = Cron(expression).fires(zone, after=after, until=until)
    return [fire.at.astimezone(zone).strftime("%H:%M%z") for fire in fires]


def day_around(moment: datetime) -> tuple[datetime, datetime]:
    midnight = moment.astimezone(NEW_YORK).replace(hour=0, minute=0, fold=0).astimezone(UTC)
    return midnight - timedelta(minutes=1), midnight + timedelta(hours=24)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 2 * * *", ["03:00-0400"]),
        ("0 2 * * *", ["03:00-0400"]),
        ("0 1,2,3,4 * * *", ["01:00-0500", "03:00-0400", "03:00-0400", "04:00-0400"]),
        ("*/30 2 * * *", ["03:00-0400", "03:00-0400"]),
        ("0 */6 * * *", ["00:00-0500", "06:00-0400", "12:00-0400", "18:00-0400"]),
    ],
)
def test_a_time_that_the_clocks_leap_over_happens_once_when_they_have_leapt(
    expression: str, expected: list[str]
) -> None:
    after, _ = day_around(LEAPS_AT)
    assert local_times(expression, after, after + timedelta(hours=22)) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 1 * * *", ["01:30-0400"]),
        ("*/30 1 * * *", ["01:00-0400", "01:30-0400"]),
        ("0 0,1,2,3 * * *", ["00:00-0400", "01:00-0400", "02:00-0500", "03:00-0500"]),
        ("59 1 1 11 *", ["01:59-0400"]),
    ],
)
def test_a_time_that_the_clocks_show_twice_happens_once(expression: str, expected: list[str]) -> None:
    after, until = day_around(FALLS_AT)
    assert local_times(expression, after, until) == expected


def test_who_looks_in_the_hour_that_comes_twice_finds_nothing_of_it_again() -> None:
    second_ten_past_one = FALLS_AT + timedelta(minutes=10)
    fires = Cron("*/30 1,2 * * *").fires(NEW_YORK, after=second_ten_past_one)
    assert next(fires).key == "2026-11-01T02:00"


def test_what_goes_on_all_day_keeps_its_pace_when_the_clocks_change() -> None:
    for expression, pace_s in (("0 * * * *", 3_600), ("*/20 * * * *", 1_200), ("7 0-23 * * *", 3_600)):
        for moment in (LEAPS_AT, FALLS_AT):
            fires = list(
                Cron(expression).fires(NEW_YORK, after=moment - timedelta(hours=4), until=moment + timedelta(hours=4))
            )
            paces = {(later.at - sooner.at).total_seconds() for sooner, later in pairwise(fires)}
            assert paces == {pace_s}, (expression, moment)
            assert (
                len({fire.key for fire in fires})
                == len(fires)
                == 8 * 3_600 // pace_s
                + (pace_s == 1_200) * 0
                + (fires[0].at > moment - timedelta(hours=4)) * (len(fires) - 8 * 3_600 // pace_s)
            )


def test_a_fire_has_a_key_of_its_own_and_a_daily_one_is_the_date() -> None:
    after, until = day_around(LEAPS_AT)
    assert [fire.key for fire in Cron("0,30 2,3 * * *").fires(NEW_YORK, after=after, until=until)] == [
        "2026-03-08T02:00",
        "2026-03-08T02:30",
        "2026-03-08T03:00",
        "2026-03-08T03:30",
    ]
    daily = next(Cron("0 7 * * *").fires(NEW_YORK, after=after))
    assert (daily.key, daily.day.isoformat(), daily.at) == (
        "2026-03-08",
        "2026-03-08",
        datetime(2026, 3, 8, 11, tzinfo=UTC),
    )
    hourly = next(Cron("0 * * * *").fires(NEW_YORK, after=FALLS_AT - timedelta(minutes=1)))
    assert hourly.key == "2026-11-01T06:00Z"


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "   ",
        "garbage",
        "a b c d e",
        "* * * *",
        "0 * * * * *",
        "* * * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "5-1 * * * *",
        "-1 * * * *",
        "1,,2 * * * *",
        "@daily",
        "0 0 * * MON#6",
        "0 0 L-3 * *",
        "\x00 * * * *",
        "٣ * * * *",
        "1" * 201,
        "*," * 110 + "* * * * *",
        "0 0 30 2 *",
        "0 0 31 2,4,6,9,11 *",
        "0 0 */29 2 MON#5",
    ],
)
def test_what_can_not_be_read_and_what_never_fires_is_refused(expression: str) -> None:
    with pytest.raises(CronRefused):
        Cron(expression)


def test_a_refusal_says_what_is_wrong() -> None:
    for expression, words in (
        ("0 0 * 13 *", "Bad month."),
        ("0 0 30 2 *", "Bad day-of-month."),
        ("0 0 */29 2 MON#5", "It never fires."),
        ("0 0 0 * * *", "It has five fields"),
    ):
        with pytest.raises(CronRefused, match=words):
            Cron(expression)


def test_a_day_that_comes_every_twenty_eight_years_is_waited_for() -> None:
    fire = next(Cron("0 0 * 2 MON#5").fires(NEW_YORK, after=datetime(2026, 1, 1, tzinfo=UTC)))
    assert fire.day.isoformat() == "2044-02-29"


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "America", "a" * 500, "America/New_York\x00"])
def test_a_zone_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(TimeZoneRefused):
        zone_of(name)


_FIELD = st.sampled_from(["0", "15", "30", "59", "*/20", "0,30", "5-9"])
_HOUR = st.sampled_from(["0", "1", "2", "3", "23", "0-4", "1,2,3", "*/2", "*/6"])


@settings(max_examples=60, deadline=None)
@given(
    minute=_FIELD,
    hour=_HOUR,
    zone_name=st.sampled_from(ZONES),
    around=st.sampled_from([LEAPS_AT, FALLS_AT, datetime(2026, 10, 4, tzinfo=UTC), datetime(2026, 4, 5, tzinfo=UTC)]),
    cut_minutes=st.integers(0, 96 * 60),
)
def test_every_local_time_happens_once_wherever_one_begins_to_look(
    minute: str, hour: str, zone_name: str, around: datetime, cut_minutes: int
) -> None:
    zone, cron = ZoneInfo(zone_name), Cron(f"{minute} {hour} * * *")
    begin, end = around - timedelta(hours=48), around + timedelta(hours=48)
    fires = list(cron.fires(zone, after=begin, until=end))
    # The walls of those days, minute by minute, without any clock change between them.
    wall = begin.astimezone(zone).replace(tzinfo=None, second=0) + timedelta(minutes=1)
    expected = []
    utc_cron = cron.fires(ZoneInfo("UTC"), after=wall.replace(tzinfo=UTC) - timedelta(minutes=1))
    for fire in islice(utc_cron, 2_000):
        at = moment_of(fire.at.replace(tzinfo=None), zone)
        if at > end:
            break
        if at > begin:
            expected.append(at)
    assert [fire.at for fire in fires] == expected
    assert len({fire.key for fire in fires}) == len(fires)
    cut = begin + timedelta(minutes=cut_minutes)
    assert list(cron.fires(zone, after=cut, until=end)) == [fire for fire in fires if fire.at > cut]


def test_a_lost_day_is_leapt_over_as_a_lost_hour() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert moment_of(datetime.fromisoformat("2011-12-30T12:00"), apia) == datetime(2011, 12, 30, 10, tzinfo=UTC)
