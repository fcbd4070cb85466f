"""What a loop is set to."""

from __future__ import annotations

import pytest

from defectio_tasks._settings import Interval


@pytest.mark.parametrize(
    ("interval", "total"),
    [
        (Interval(0.0, 0.0, 0.0), 0.0),
        (Interval(1.5, 0.0, 0.0), 1.5),
        (Interval(1.0, 2.0, 3.0), 10_921.0),
        (Interval(-30.0, 1.0, 0.0), 30.0),
        (Interval(-0.54, 0.009, 0.0), 0.0),
        (Interval(1e-9, 0.0, 0.0), 1e-9),
        (Interval(0.0, 0.0, 1e6), 3.6e9),
    ],
)
def test_i4_the_sum_of_an_interval(interval: Interval, total: float) -> None:
    assert interval.total == total
