"""``next``: the next slots, and the coming change of the clocks (issue 15)."""

from __future__ import annotations

import json
import time

import pytest
from support.command_line import Run, Write

FRIDAY = "2026-03-27T12:00"
LONDON = ("--tz", "Europe/London")


def test_slots_in_the_zone_in_utc_and_how_long(run: Run) -> None:
    status, out, err = run("next", "30 8 * * mon-fri", *LONDON, "--after", FRIDAY, "-n", "2")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "cron 30 8 * * mon-fri Europe/London"
    assert lines[2].split() == ["Europe/London", "UTC", "later", "by"]
    assert lines[3] == "  Mon 2026-03-30 08:30 BST  2026-03-30 07:30  2 days 19 hours"
    assert lines[4].startswith("  Tue 2026-03-31 08:30 BST  2026-03-31 07:30")


def test_from_now_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_767_614_400.5)
    _, out, _ = run("next", "12:30", "8:15", "-n", "2")
    lines = out.splitlines()
    assert lines[0] == "daily at 08:15 UTC and 12:30 UTC"
    assert lines[2:] == [
        "  UTC                       in",
        "  Mon 2026-01-05 12:30 UTC  29 minutes 59 seconds",
        "  Tue 2026-01-06 08:15 UTC  20 hours 14 minutes",
    ]


def test_a_gap_that_moves_a_slot_is_marked(run: Run) -> None:
    _, out, _ = run("next", "30 1 * * *", *LONDON, "--after", FRIDAY, "-n", "3")
    marked = [line for line in out.splitlines() if line.startswith("*")]
    assert marked[0].startswith("* Sun 2026-03-29 02:30 BST  2026-03-29 01:30")
    assert marked[1:] == ["* clocks go forward: 01:30 does not exist, runs at 02:30"]


@pytest.mark.parametrize(
    ("what", "after", "note"),
    [
        (
            ("01:30", "--on", "sun,mon"),
            "2026-10-24",
            "clocks go back: 01:30 comes twice, runs the first time (BST)",
        ),
        (
            ("bot:SECOND",),
            "2026-10-24",
            "clocks go back: 01:30 comes twice, runs the second time (GMT)",
        ),
        (
            ("bot:REMINDER",),
            "2026-03-28",
            "clocks go forward: 01:30:15 does not exist, runs at 02:20:15",
        ),
        (("bot:BOTH",), "2026-03-28", "clocks go forward: 01:30 does not exist, runs at 02:30"),
        (
            ("23:30", "--tz", "America/Nuuk"),
            "2024-03-30",
            "clocks go forward: 2024-03-30 23:30 does not exist, runs on 2024-03-31 at 00:30",
        ),
        (
            ("bot:BOTH", "--tz", "UTC"),
            "2026-03-28",
            "clocks in Europe/London go forward: 01:30 does not exist, runs at 02:30",
        ),
    ],
)
def test_each_way_in_which_a_change_touches_a_slot(
    what: tuple[str, ...],
    after: str,
    note: str,
    run: Run,
    write: Write,
) -> None:
    write(
        "bot.py",
        """\
        from datetime import datetime, time, timedelta
        from zoneinfo import ZoneInfo
        import defectio_tasks as tasks
        LONDON = ZoneInfo("Europe/London")
        half = time(1, 30, tzinfo=LONDON)
        SECOND = tasks.DailySchedule(half.replace(fold=1))
        REMINDER = tasks.shift(
            tasks.DailySchedule(half.replace(second=15)), timedelta(minutes=-10))
        BOTH = tasks.between(
            tasks.merge(tasks.DailySchedule(half), tasks.Cron("30 1 * * *", LONDON)),
            end=datetime(2026, 4, 1, tzinfo=LONDON))
        """,
    )
    zone = () if "--tz" in what else LONDON
    status, out, err = run("next", *what, *zone, "--after", after)
    assert (status, err) == (0, "")
    assert [line for line in out.splitlines() if line.startswith("* cl")] == [f"* {note}"]


def test_done_when_a_coming_change_is_told_before_it_bites(
    run: Run,
) -> None:
    """Issue 15: "`next` shows the coming clock change before it bites"."""
    _, out, _ = run("next", "02:30", "--tz", "America/New_York", "--after", "2026-11-29", "-n", "1")
    assert out.splitlines()[-1] == (
        "in 105 days, Sun 2027-03-14 03:30 EDT: "
        "clocks go forward: 02:30 does not exist, runs at 03:30"
    )


@pytest.mark.parametrize(
    ("after", "when"),
    [
        ("2026-03-27T12:00", "in 1 day, Sun 2026-03-29 02:00 BST"),
        ("2026-03-26T12:00", "in 2 days, Sun 2026-03-29 02:00 BST"),
        ("2026-03-28T12:00", "within a day, Sun 2026-03-29 02:00 BST"),
        ("2026-10-24T12:00", "within a day, Sun 2026-10-25 01:00 GMT"),
    ],
)
@pytest.mark.parametrize("what", ["08:30", "*/15 * * * *"])
def test_a_change_that_moves_no_slot(what: str, after: str, when: str, run: Run) -> None:
    _, out, _ = run("next", what, *LONDON, "--after", after, "-n", "1")
    way = "back" if "-10-" in after else "forward"
    told = f"{when}: clocks go {way}, which moves no slot within a year"
    assert out.splitlines()[-1] == told


def test_what_comes_of_a_user_schedule(run: Run, write: Write) -> None:
    """Of a class derived from ours nobody knows what the clocks do to it."""
    write(
        "mine.py",
        """\
        from datetime import UTC, datetime, time, timedelta
        from zoneinfo import ZoneInfo
        import defectio_tasks as tasks
        class Hours:
            def next_after(self, moment): return moment + timedelta(hours=1)
        class Later(tasks.DailySchedule):
            def next_after(self, moment): return super().next_after(moment) + timedelta(hours=2)
        class Wrong:
            def next_after(self, moment): raise LookupError("no\\x1b way")
        hours, wrong = Hours(), Wrong()
        later = Later(time(1, 30, tzinfo=ZoneInfo("Europe/London")))
        far = tasks.shift(tasks.Cron("30 1 * * *", ZoneInfo("Europe/London")),
            timedelta(days=1_000_000))
        @tasks.loop(schedule=wrong)
        async def tick(): ...
        """,
    )
    _, out, _ = run("next", "mine:hours", "--after", FRIDAY, "-n", "1")
    assert out.splitlines()[-1] == "  Fri 2026-03-27 13:00 UTC  1 hour"
    assert "exist" not in run("next", "mine:later", *LONDON, "--after", FRIDAY, "-n", "4").out
    assert run("next", "mine:far", "--after", FRIDAY)[0] == 0
    for command in (("next", "mine:wrong"), ("list", "mine"), ("timeline", "mine:tick")):
        status, out, err = run(*command)
        assert (status, out) == (2, "")
        assert err.endswith("it raised LookupError: no\\x1b way\n")
        assert err.count("\n") == 1


def test_a_schedule_that_ends(run: Run, bot: str) -> None:
    _, out, _ = run("next", f"{bot}:party", "--after", "2026-01-01")
    assert "\n  Sun 2026-03-01 00:00 UTC  59 days\n" in out
    _, out, _ = run("next", f"{bot}:party", "--after", "2027-01-01")
    assert out.splitlines()[-1] == "  there is no slot"


def test_a_loop_with_its_zone(run: Run, bot: str) -> None:
    _, out, _ = run("next", f"{bot}:News.fetch", "--after", "2026-03-27", "-n", "2")
    assert out.startswith("bot:News.fetch, daily at 01:30 Europe/London on sat, sun\n")
    assert "* Sun 2026-03-29 02:30 BST  2026-03-29 01:30" in out


@pytest.mark.parametrize(("after", "told"), [((), "now"), (("--after", FRIDAY), "then")])
def test_a_loop_with_an_interval(after: tuple[str, ...], told: str, run: Run, bot: str) -> None:
    _, out, _ = run("next", f"{bot}:World.poll", *after, "-n", "2")
    assert f"as if it were started {told}\n" in out
    assert [line.split("UTC")[1] for line in out.splitlines()[-2:]] == [
        "  5 minutes",
        "  10 minutes",
    ]


def test_json(run: Run) -> None:
    _, out, _ = run("next", "01:30", *LONDON, "--after", "2026-03-28T12:00Z", "-n", "1", "--json")
    (slot,) = (answer := json.loads(out))["slots"]
    assert answer == {
        "what": "daily at 01:30 Europe/London",
        "zone": "Europe/London",
        "after": "2026-03-28T12:00:00+00:00",
        "slots": [slot],
        "clock_change": slot,
    }
    assert slot == {
        "utc": "2026-03-29T01:30:00+00:00",
        "local": "2026-03-29T02:30:00+01:00",
        "in_seconds": 13.5 * 3600,
        "notes": ["clocks go forward: 01:30 does not exist, runs at 02:30"],
    }
    _, out, _ = run("next", "01:30", "--after", "2026-03-28", "-n", "1", "--json")
    assert json.loads(out)["clock_change"] is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("61 * * * *",), "from 0 to 59"),
        (("x y",), "five fields"),
        (("25:00",), "'25:00' is no time of the day: hour must be in 0..23"),
        (("30", "8", "*"), "one cron expression in quotes"),
        (("08:30", "--tz", "Europe/Londn"), "did you mean Europe/London?"),
        (("08:30", "--tz", "new york"), "did you mean America/New_York?"),
        (("08:30", "--tz", "Qwzx"), "must be the name of a zone, got 'Qwzx'\n"),
        (("08:30", "--on", "moonday"), "weekdays such as mon-fri or sat,sun, got 'moonday'"),
        (("bot:tick", "--on", "mon"), "`--on` goes with"),
        (("08:30", "--after", "soon"), "`--after` must be a moment such as"),
        (("08:30", "--after", "9999-12-31"), "in the years 1900 to 9000"),
        (("08:30", "-n", "0"), "`-n` must be a number from 1 to 10,000, got '0'"),
        (("08:30", "-n", "five"), "got 'five'"),
        (("bot:tock",), "no 'tock' in module 'bot' (did you mean tick?)"),
        (("bot:zzz",), "(it has News.fetch, World.poll, party, tick)"),
        (("bot:LONDON",), "no loop and no schedule: it is of type ZoneInfo"),
        ((), "arguments are required"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    arguments: tuple[str, ...], told: str, run: Run, bot: str
) -> None:
    assert bot
    status, out, err = run("next", *arguments)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert told in err


def test_no_zones_installed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    _, _, err = run("next", "08:30", "--tz", "Qwzx")
    assert err.endswith("got 'Qwzx' (no zones are installed: `pip install tzdata`)\n")
