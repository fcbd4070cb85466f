"""The delay before a retry: exponential, clamped, with full jitter (contract L8)."""

from __future__ import annotations

import sys

from hypothesis import example, given
from hypothesis import strategies as st

from defectio_tasks._policy.backoff import delay_before

CAP = 2.0**10

attempts = st.one_of(st.integers(1, 15), st.integers(1, 10**30))
jitters = st.floats(0, 1)


@given(attempts, jitters)
@example(1_024, 1.0)
@example(sys.maxsize, 1.0)
@example(10**400, 1.0)
def test_within_range(attempt: int, jitter: float) -> None:
    """A delay is at least 0 and at most 2**10 s, after ever so many attempts."""
    assert 0 <= delay_before(attempt, jitter) <= CAP


@given(st.integers(1, 10))
def test_bound_doubles(attempt: int) -> None:
    """Up to the tenth attempt the bound is 2**attempt."""
    assert delay_before(attempt, 1) == 2.0**attempt


@given(attempts)
def test_bound_stays_at_the_cap(more: int) -> None:
    """From the tenth attempt on the bound is 2**10."""
    assert delay_before(9 + more, 1) == CAP


@given(attempts, attempts, jitters)
def test_monotone_in_attempts(one: int, other: int, jitter: float) -> None:
    """A later attempt never waits less, with the same jitter."""
    assert delay_before(min(one, other), jitter) <= delay_before(max(one, other), jitter)


@given(attempts, jitters)
def test_linear_in_jitter(attempt: int, jitter: float) -> None:
    """Jitter is full: it spreads the delay evenly from nothing to the bound."""
    assert delay_before(attempt, jitter) == delay_before(attempt, 1) * jitter
    assert delay_before(attempt, 0) == 0


@given(attempts, jitters)
def test_is_a_float(attempt: int, jitter: float) -> None:
    """A delay is a float, as the event loop wants it."""
    assert type(delay_before(attempt, jitter)) is float
