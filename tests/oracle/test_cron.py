"""Proves the table of firing times, and benchkeep's zones, against oracles.

The table (tests/unit/jobs/cron_cases.tsv) is what the unit tests hold the
program to.  Its rows come from croniter, but for the days on which clocks
change: there croniter fires a fixed time twice when the hour is repeated, which
cron(8) of Debian does not, so those rows were worked out by hand.  A second
implementation of the documented rule, minute by minute, checks all of them.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter

from cli import Benchkeep

TABLE = Path(__file__).resolve().parent.parent / "unit" / "jobs" / "cron_cases.tsv"
MINUTE = timedelta(minutes=1)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def iso(time: datetime) -> str:
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def rows() -> list[tuple[str, str, datetime, list[str], str]]:
    found = []
    for line in TABLE.read_text().splitlines():
        if line.startswith("#"):
            continue
        schedule, zone, after, firings, origin = line.split("\t")
        found.append((schedule, zone, moment(after), firings.split(), origin))
    return found


def minute_by_minute(schedule: str, zone: ZoneInfo, after: datetime, until: datetime):
    """The rule of cron(8), by looking at every minute between two moments."""

    fields, _ = croniter.expand(schedule)

    def suits(wall: datetime) -> bool:
        weekday = wall.isoweekday() % 7
        values = (wall.minute, wall.hour, wall.day, wall.month, weekday)
        return all(
            field == ["*"] or value in field for field, value in zip(fields, values)
        )

    every_hour = schedule.split()[1] == "*"
    time = after.replace(second=0, microsecond=0) + MINUTE
    while time <= until:
        wall = time.astimezone(zone)
        before = (time - MINUTE).astimezone(zone)
        jump = wall.replace(tzinfo=None) - before.replace(tzinfo=None)
        if every_hour:
            due = suits(wall)
        else:
            # A repeated minute is only new the first time.
            due = wall.fold == 0 and suits(wall)
            skipped = before.replace(tzinfo=None) + MINUTE
            while jump > MINUTE and skipped < wall.replace(tzinfo=None) and not due:
                due = suits(skipped)
                skipped += MINUTE
        if due:
            yield iso(time)
        time += MINUTE


def test_the_table_is_large_and_has_the_odd_days():
    table = rows()
    assert len(table) >= 300
    assert sum(origin == "hand" for *_, origin in table) >= 40
    odd = {zone for _, zone, _, _, origin in table if origin == "hand"}
    assert {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"} <= odd


def test_croniter_agrees():
    checked = 0
    for schedule, zone, after, firings, origin in rows():
        if origin != "croniter":
            continue
        # As Vixie cron: a day field that begins with '*' does not widen the other.
        clock = croniter(
            schedule,
            after.astimezone(ZoneInfo(zone)),
            implement_cron_bug=True,
            max_years_between_matches=60,
        )
        expected = [iso(clock.get_next(datetime)) for _ in firings]
        assert firings == expected, (schedule, zone, after)
        checked += 1
    assert checked >= 250


def test_the_rule_agrees_on_the_odd_days():
    checked = 0
    for schedule, zone, after, firings, origin in rows():
        until = moment(firings[-1])
        if origin != "hand" or until - after > timedelta(days=30):
            continue
        found = list(minute_by_minute(schedule, ZoneInfo(zone), after, until))
        assert firings == found, (schedule, zone, after)
        checked += 1
    assert checked >= 40


@pytest.mark.parametrize(
    "zone",
    [
        "Africa/Casablanca",
        "America/Argentina/San_Luis",
        "America/Havana",
        "America/Nuuk",
        "America/Santiago",
        "America/St_Johns",
        "Antarctica/Troll",
        "Asia/Beirut",
        "Asia/Gaza",
        "Asia/Kathmandu",
        "Asia/Tehran",
        "Atlantic/Azores",
        "Australia/Adelaide",
        "Australia/Lord_Howe",
        "Europe/Dublin",
        "Europe/Lisbon",
        "Pacific/Apia",
        "Pacific/Chatham",
        "Pacific/Easter",
        "Pacific/Kiritimati",
    ],
)
def test_zones_are_those_of_python(benchkeep: Benchkeep, tmp_path: Path, zone: str):
    """Noon of every month over forty years, past the end of the zone's table."""
    outcome = benchkeep.must(
        tmp_path,
        *("schedule", "next", "0 12 15 * *", "--timezone", zone),
        *("--from", "2006-01-01T00:00:00Z", "--count", 480),
    )
    times = outcome.data["times"]
    assert len(times) == 480
    for number, entry in enumerate(times):
        wall = datetime(2006 + number // 12, 1 + number % 12, 15, 12)
        there = wall.replace(tzinfo=ZoneInfo(zone))
        assert entry["utc"] == iso(there), zone
        assert datetime.fromisoformat(entry["local"]) == there
