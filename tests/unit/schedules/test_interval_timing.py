"""What a loop is set to."""

from __future__ import annotations

import pytest

from defectio_tasks._schedules.interval import Interval, make_interval


@pytest.mark.parametrize(
    ("interval", "total"),
    [
        (make_interval(0.0, 0.0, 0.0), 0.0),
        (make_interval(1.5, 0.0, 0.0), 1.5),
        (make_interval(1.0, 2.0, 3.0), 10_921.0),
        (make_interval(-30.0, 1.0, 0.0), 30.0),
        (make_interval(-0.54, 0.009, 0.0), 0.0),
        (make_interval(1e-9, 0.0, 0.0), 1e-9),
        (make_interval(0.0, 0.0, 1e6), 3.6e9),
    ],
)
def test_i4_the_sum_of_an_interval(interval: Interval, total: float) -> None:
    assert interval.total == total
