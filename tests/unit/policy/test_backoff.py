"""The delay before a retry (contract L8)."""

from __future__ import annotations

import pytest

from defectio_tasks._policy.backoff import delay_before


@pytest.mark.parametrize(
    ("attempt", "delay"),
    [(1, 2), (2, 4), (3, 8), (9, 512), (10, 1024), (11, 1024), (1_024, 1024), (10**9, 1024)],
)
def test_l8_delay_grows_exponentially_up_to_1024_s(attempt: int, delay: float) -> None:
    """L8: exponential, at most 2**10 s, however many attempts there were."""
    assert delay_before(attempt, 1.0) == delay


@pytest.mark.parametrize("attempt", [1, 5, 10, 5_000])
@pytest.mark.parametrize("jitter", [0.0, 0.25, 0.999])
def test_l8_jitter_is_full(attempt: int, jitter: float) -> None:
    """L8: full jitter; the delay falls anywhere between none and the whole of the range."""
    assert delay_before(attempt, jitter) == delay_before(attempt, 1.0) * jitter


def test_l8_delay_is_a_float() -> None:
    """L8: seconds as a float, as the event loop's clock counts."""
    assert isinstance(delay_before(1, 0), float)
