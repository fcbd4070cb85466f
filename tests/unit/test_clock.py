"""The clock's room: the one seam that reads the wall clock (contract 7)."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.virtual_time import START, VirtualClock

import defectio_tasks
from defectio_tasks import _clock

# Kept before the fixture puts its own function in this place.
from defectio_tasks._clock import wall_time as real_wall_time


def test_section_7_wall_time_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract 7: the seam reads the system's clock."""
    monkeypatch.setattr(time, "time", lambda: 1234.5)
    assert real_wall_time() == 1234.5


def test_section_7_utc_now_is_aware_and_in_utc(clock: VirtualClock) -> None:
    """Contract 7: what the seam shows is a moment in UTC, also after the clock was set."""
    assert _clock.utc_now() == START
    assert _clock.utc_now().tzinfo is UTC
    clock.set_wall(datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC))
    assert _clock.utc_now() == datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC)


def test_section_7_no_other_room_reads_the_wall_clock() -> None:
    """Contract 7: one seam; what reads a clock elsewhere could not be tested without waiting."""
    reads_clock = re.compile(r"\b(?:time\.time(?:_ns)?|(?:datetime|date)\.(?:now|utcnow|today))\(")
    rooms = Path(defectio_tasks.__file__).parent.glob("*.py")
    assert {room.name for room in rooms if reads_clock.search(room.read_text("utf-8"))} == {
        "_clock.py"
    }
