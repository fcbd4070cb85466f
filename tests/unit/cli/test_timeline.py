"""``timeline``: a picture of when loops run (issue 15)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from support.command_line import Run, Write

from defectio_tasks import Cron, Every, Schedule
from defectio_tasks._cli.timeline import LEGEND, MANY, Frame, make_row

AFTER = ("--after", "2026-03-27T15:00")


def test_a_week(run: Run, bot: str) -> None:
    status, out, err = run("timeline", bot, *AFTER, "--tz", "Europe/London")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "7 days from Fri 2026-03-27, Europe/London, 3 hours a cell"
    assert lines[2].split() == [
        "Fri",
        "27",
        "Sat",
        "28",
        "Sun",
        "29",
        "Mon",
        "30",
        "Tue",
        "31",
        "Wed",
        "1",
        "Thu",
        "2",
    ]
    quiet, always = "........", "########"
    assert lines[3].split() == ["bot:News.fetch", quiet, "1.......", "!.......", *[quiet] * 4]
    assert lines[4].split() == ["bot:World.poll", *[always] * 7]
    assert lines[5].split() == ["bot:party", *[quiet] * 7]
    assert lines[-1] == LEGEND
    assert max(map(len, lines)) <= 80


def test_at_width_40(run: Run, bot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    _, out, _ = run("timeline", f"{bot}:News.fetch", *AFTER)
    lines = out.splitlines()
    assert lines[0].endswith("6 hours a cell")
    assert lines[2:5] == [
        "27   28   29   30   31   1    2",
        "bot:News.fetch",
        ".... 1... !... .... .... .... ....",
    ]
    assert max(map(len, lines[2:5])) <= 40


def test_more_days_than_characters(run: Run, bot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    _, out, _ = run("timeline", f"{bot}:News.fetch", *AFTER, "--days", "50")
    lines = out.splitlines()[2:-2]
    assert lines[0] == "7890112345678901234567890123456789012345"
    assert [len(line) for line in lines] == [40, 14, 40, 10, 14, 10]
    assert lines[2].startswith(".1!.....11.....11")


def test_one_day_has_many_cells(run: Run, bot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    _, out, _ = run("timeline", f"{bot}:News.fetch", "--after", "2026-03-28", "--days", "1")
    lines = out.splitlines()
    assert lines[0] == "1 day from Sat 2026-03-28, Europe/London, 15 minutes a cell"
    assert lines[3] == "bot:News.fetch  ......1" + "." * 89


def test_the_zone_is_the_loops_own_if_there_is_one(run: Run, write: Write) -> None:
    write(
        "mine.py",
        """\
        import zoneinfo
        import defectio_tasks as tasks
        @tasks.loop(schedule=tasks.Cron("@daily", zoneinfo.ZoneInfo("Asia/Tokyo")))
        async def a(): ...
        @tasks.loop(schedule=tasks.Cron("@daily", zoneinfo.ZoneInfo("Asia/Seoul")))
        async def b(): ...
        """,
    )
    assert ", Asia/Tokyo, " in run("timeline", "mine:a").out
    assert ", UTC, " in run("timeline", "mine").out


@pytest.mark.parametrize("cells", [1, 3, 24, 96])
@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/London", date(2026, 3, 28)),
        ("Europe/London", date(2026, 10, 24)),
        ("Australia/Lord_Howe", date(2026, 4, 4)),
        ("Australia/Lord_Howe", date(2026, 10, 3)),
        ("America/St_Johns", date(2010, 11, 7)),
        ("America/Nuuk", date(2024, 3, 30)),
        ("Africa/Cairo", date(2026, 4, 23)),
        ("Pacific/Apia", date(2011, 12, 29)),
    ],
)
@pytest.mark.parametrize(
    "schedule", [Every(minutes=7), Every(seconds=100), Every(hours=5), Cron("20 * * * *")]
)
def test_counts_are_those_of_all_slots(
    schedule: Schedule, zone: str, first: date, cells: int
) -> None:
    """What is skipped, since a cell has many already, changes no cell."""
    frame = Frame(ZoneInfo(zone), first, 3, cells)
    counts = [0] * 3 * cells
    moment = frame.start - timedelta(microseconds=1)
    while (slot := schedule.next_after(moment)) is not None and slot < frame.end:
        local = slot.astimezone(frame.zone).replace(tzinfo=None)
        since = local - datetime(first.year, first.month, first.day)  # noqa: DTZ001
        counts[max(int(since.total_seconds() * cells / 86_400), 0)] += 1
        moment = slot
    row = make_row("", "", schedule, frame)
    assert [min(count, MANY) for count in row.counts] == [min(count, MANY) for count in counts]


def test_an_interval_of_nothing_takes_no_time() -> None:
    frame = Frame(UTC, date(2026, 3, 28), 5, 96)
    row = make_row("", "", Every(seconds=1e-6), frame)
    assert set(row.counts) == {MANY}


def test_svg(run: Run, bot: str, tmp_path: Path) -> None:
    status, out, err = run("timeline", bot, *AFTER, "--svg", "week.svg")
    assert (status, out, err) == (0, "wrote week.svg\n", "")
    root = ET.fromstring((tmp_path / "week.svg").read_text(encoding="utf-8"))  # noqa: S314 -- ours
    name = "{http://www.w3.org/2000/svg}"
    texts = ["".join(text.itertext()) for text in root.iter(f"{name}text")]
    assert "7 days from Fri 2026-03-27, UTC" in texts
    assert "bot:tick every 1 second, 1 time" in texts
    assert "Fri 2026-03-27" in texts
    marks = [rect for rect in root.iter(f"{name}rect") if rect.get("class") == "mark"]
    assert [mark[0].text for mark in marks] == ["bot:News.fetch, Sun 2026-03-29 01:30"]
    # Alike cells are one bar: that of all the week.
    bars = [rect[0].text for rect in root.iter(f"{name}rect") if rect.get("class") == "run"]
    assert sum(bar is not None and bar.startswith("bot:tick") for bar in bars) == 1


@pytest.mark.parametrize(("days", "shown"), [("20", ["27", "28"]), ("100", [])])
def test_svg_of_many_days(days: str, shown: list[str], run: Run, bot: str, tmp_path: Path) -> None:
    run("timeline", f"{bot}:party", *AFTER, "--days", days, "--svg", "many.svg")
    text = (tmp_path / "many.svg").read_text(encoding="utf-8")
    assert [day for day in ("27", "28") if f">{day}</text>" in text] == shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--svg", "no/such/place.svg"), "can't write 'no/such/place.svg': No such file"),
        (("--days", "0"), "`--days` must be a number from 1 to 366, got '0'"),
    ],
)
def test_what_is_wrong(arguments: tuple[str, ...], told: str, run: Run, bot: str) -> None:
    status, out, err = run("timeline", bot, *arguments)
    assert (status, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1
