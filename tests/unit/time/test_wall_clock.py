"""The clock's room: the one seam that reads the wall clock (contract 7)."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest
from support.virtual_time import START

import defectio_tasks
from defectio_tasks._time.wall_clock import wall_clock_of
from defectio_tasks.testing import VirtualClock


def test_section_7_an_event_loop_in_real_time_has_the_systems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event_loop = asyncio.new_event_loop()
    wall_time = wall_clock_of(event_loop)
    event_loop.close()
    monkeypatch.setattr(time, "time", lambda: 1234.5)
    assert wall_time() == 1234.5


def test_section_7_an_event_loop_in_virtual_time_has_its_own(clock: VirtualClock) -> None:
    event_loop = clock.new_event_loop()
    assert wall_clock_of(event_loop)() == START.timestamp()
    event_loop.close()


def test_section_7_no_other_room_reads_the_wall_clock() -> None:
    """Contract 7: one seam; what reads a clock elsewhere could not be tested without waiting."""
    reads_clock = re.compile(r"\b(?:time\.time(?:_ns)?|(?:datetime|date)\.(?:now|utcnow|today))\(")
    rooms = Path(defectio_tasks.__file__).parent.rglob("*.py")
    assert {room.name for room in rooms if reads_clock.search(room.read_text("utf-8"))} == {
        "wall_clock.py"
    }
