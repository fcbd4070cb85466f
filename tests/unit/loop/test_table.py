"""Text in columns (contract V5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from defectio_tasks._loop.table import Column, lay_out, show_briefly, show_near

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 ms"),
        (0.0004, "0.4 ms"),
        (0.0094, "9.4 ms"),
        (0.25, "250 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (1.2, "1.2 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (10.4, "10 s"),
        (12.4, "12 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (90, "1.5 min"),
        (180, "3 min"),
        (3_569, "59 min"),
        (3_571, "1 h"),
        (9_000, "2.5 h"),
        (47 * 3_600, "47 h"),
        (47.51 * 3_600, "2 days"),
        (48 * 3_600, "2 days"),
        (10_000 * 86_400, "10000 days"),
        (10_000_000 * 86_400, "10000000 days"),
    ],
)
def test_v5_lengths_are_short(seconds: float, shown: str) -> None:
    assert show_briefly(timedelta(seconds=seconds)) == shown


@pytest.mark.parametrize(
    ("slot", "shown"),
    [
        (NOW, "22:30 GMT"),
        # On the next day in London's time, which is also that of the change of the clocks.
        (NOW + timedelta(hours=1, minutes=30, seconds=5), "Sun 00:00:05 GMT"),
        (NOW + timedelta(hours=10), "Sun 09:30 BST"),
        (NOW - timedelta(days=6), "Sun 22:30 GMT"),
        (NOW + timedelta(days=6), "Fri 23:30 BST"),
        (NOW - timedelta(days=7), "2026-03-21 22:30 GMT"),
        (NOW + timedelta(days=7), "2026-04-04 23:30 BST"),
    ],
)
def test_v5_slots_are_as_near_as_they_are(slot: datetime, shown: str) -> None:
    assert show_near(slot, NOW, LONDON) == shown


@pytest.mark.parametrize("hours", [-1, 0, 2])
def test_v5_the_day_is_that_of_the_zone(hours: int) -> None:
    """In London it's the evening before, and for the last one past midnight."""
    shown = f"{7 + hours:02}:30 JST"
    assert show_near(NOW + timedelta(hours=hours), NOW, ZoneInfo("Asia/Tokyo")) == shown


def test_v5_columns_are_as_wide_as_what_is_in_them() -> None:
    columns = [Column("NAME", 10), Column("RUNS", 8, is_number=True), Column("X", 5)]
    rows = [
        ["fetch", "7", "a"],
        ["e\u0301t\u00e9", "12345", ""],
        ["早上好", "1", "b"],
        ["🎉", "", "c"],
    ]
    assert lay_out(columns, rows).split("\n") == [
        "NAME     RUNS  X",
        "fetch       7  a",
        "e\u0301t\u00e9     12345",
        "早上好      1  b",
        "🎉             c",
    ]


@pytest.mark.parametrize("row", [["a"], ["a", "b", "c"]])
def test_v5_no_cell_gets_lost_without_a_word(row: list[str]) -> None:
    with pytest.raises(ValueError, match=r"zip\(\)"):
        lay_out([Column("A", 5), Column("B", 5)], [row])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("123456", "123456"),
        ("1234567", "12345…"),
        ("早上好", "早上好"),
        ("早上好了", "早上…"),
        ("x早上好", "x早上…"),
        ("\uff21\uff22\uff23\uff24", "\uff21\uff22…"),
        # Marks take no room; but not more of them than letters.
        ("abcde\u20dd\u20dd", "abcde\u20dd\u20dd"),
        ("e\u0301" * 6, "e\u0301" * 6),
        ("e\u0301" * 7, "e\u0301" * 5 + "…"),
        ("e" + "\u0301" * 12, "e" + "\u0301" * 11 + "…"),
        ("a" * 1_000_000, "aaaaa…"),
        ("a\nb", "a\\nb"),
        ("\x1b[1m", "\\x1b[…"),
        ("\u202e", "\\u202e"),
        ("\ud800", "\\ud800"),
        ("```", "'''"),
    ],
)
def test_v5_cells_are_cut_and_escaped(text: str, shown: str) -> None:
    assert lay_out([Column("N", 6)], [[text]]) == f"N\n{shown}"
