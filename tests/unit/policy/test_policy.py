"""The values of a policy, and what is said of wrong ones (contract 8)."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from typing import Any

import pytest

import defectio_tasks as tasks
from defectio_tasks import Policy


def test_each_default_is_what_loops_did_before() -> None:
    policy = Policy()
    assert (policy.missed, policy.grace, policy.overlap) == ("one", None, False)
    assert (policy.timeout, policy.retries, policy.max_failures) == (None, None, 1)
    assert (policy.jitter, policy.delivery) == (0.0, "at_most_once")
    assert repr(policy) == "Policy()"


def test_durations_are_seconds_or_timedeltas_and_read_as_seconds() -> None:
    policy = Policy(grace=timedelta(minutes=1), timeout=2, jitter=timedelta(milliseconds=500))
    assert (policy.grace, policy.timeout, policy.jitter) == (60.0, 2.0, 0.5)
    assert policy == Policy(grace=60, timeout=timedelta(seconds=2), jitter=0.5)
    assert repr(Policy(jitter=-0.0)) == "Policy()"
    # Nor does a user meet the other zero.
    assert repr(Policy(grace=-0.0)) == "Policy(grace=0.0)"


def test_it_is_a_frozen_value() -> None:
    policy = Policy(retries=3, overlap=True)
    assert hash(policy) == hash(Policy(retries=3, overlap=True))
    assert replace(policy, overlap=2) == Policy(retries=3, overlap=2)
    assert repr(policy) == "Policy(overlap=True, retries=3)"
    assert eval(repr(policy)) == policy  # noqa: S307 -- a repr of ours
    with pytest.raises(FrozenInstanceError):
        policy.retries = 4  # type: ignore[misc]


def test_the_least_values_are_allowed() -> None:
    policy = Policy(grace=0, overlap=2, timeout=1e-9, retries=0, max_failures=1, jitter=0)
    assert repr(policy) == "Policy(grace=0.0, overlap=2, timeout=1e-09, retries=0)"


@pytest.mark.parametrize(
    ("wrong", "kind", "message"),
    [
        ({"missed": "none"}, ValueError, "`missed` must be 'one', 'all' or 'skip', got 'none'"),
        ({"missed": None}, TypeError, "`missed` must be 'one', 'all' or 'skip', got None"),
        (
            {"delivery": "twice"},
            ValueError,
            "`delivery` must be 'at_most_once' or 'at_least_once', got 'twice'",
        ),
        (
            {"delivery": None},
            TypeError,
            "`delivery` must be 'at_most_once' or 'at_least_once', got None",
        ),
        (
            {"grace": "5"},
            TypeError,
            "`grace` must be seconds or a datetime.timedelta, got '5'",
        ),
        (
            {"jitter": True},
            TypeError,
            "`jitter` must be seconds or a datetime.timedelta, got True",
        ),
        (
            {"jitter": None},
            TypeError,
            "`jitter` must be seconds or a datetime.timedelta, got None",
        ),
        ({"grace": -1}, ValueError, "`grace` must not be negative, got -1"),
        (
            {"grace": timedelta(seconds=-1)},
            ValueError,
            "`grace` must not be negative, got datetime.timedelta(days=-1, seconds=86399)",
        ),
        ({"timeout": float("nan")}, ValueError, "`timeout` must be finite, got nan"),
        ({"timeout": 10**400}, ValueError, "`timeout` must be finite, got inf"),
        (
            {"timeout": 0},
            ValueError,
            "`timeout` must be more than 0, got 0 (write `None` for no limit)",
        ),
        (
            {"overlap": 1},
            ValueError,
            "`overlap` must be False, True, or an int of at least 2, got 1",
        ),
        (
            {"overlap": 2.0},
            TypeError,
            "`overlap` must be False, True, or an int of at least 2, got 2.0",
        ),
        ({"retries": -1}, ValueError, "`retries` must be at least 0, got -1"),
        ({"retries": True}, TypeError, "`retries` must be an int or None, got True"),
        ({"retries": 1.0}, TypeError, "`retries` must be an int or None, got 1.0"),
        ({"max_failures": 0}, ValueError, "`max_failures` must be at least 1, got 0"),
        ({"max_failures": "1"}, TypeError, "`max_failures` must be an int or None, got '1'"),
    ],
)
def test_wrong_values_are_refused_at_once(
    wrong: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as raised:
        Policy(**wrong)
    assert str(raised.value) == message


class TestOfALoop:
    """`policy=` and `Loop.policy`."""

    def test_something_else_is_refused(self) -> None:
        with pytest.raises(TypeError, match="`policy` must be a Policy, got 'all'"):
            tasks.loop(policy="all")  # type: ignore[call-overload]

        @tasks.loop(seconds=1)
        async def tick() -> None: ...

        with pytest.raises(TypeError, match="`policy` must be a Policy, got 'all'"):
            tick.policy = "all"  # type: ignore[assignment]
        assert tick.policy is None

    def test_p5_retries_beside_reconnect_false(self) -> None:
        message = "`reconnect=False` and `retries` of the policy exclude one another, got 0"
        with pytest.raises(TypeError, match=message):
            tasks.loop(seconds=1, reconnect=False, policy=Policy(retries=0))

        @tasks.loop(seconds=1, policy=Policy(retries=0))
        async def tick() -> None: ...

        with pytest.raises(TypeError, match=message):
            tick.reconnect = False
        assert tick.reconnect

        @tasks.loop(seconds=1, reconnect=False)
        async def tock() -> None: ...

        with pytest.raises(TypeError, match=message):
            tock.policy = Policy(retries=0)
        assert tock.policy is None

    def test_p3_overlap_with_an_interval_of_0(self) -> None:
        @tasks.loop()
        async def tick() -> None: ...

        with pytest.raises(ValueError, match="`overlap` needs an interval of more than 0"):
            tick.policy = Policy(overlap=True)
        assert tick.policy is None

    def test_it_is_read_and_assigned(self) -> None:
        policy = Policy(retries=1)

        @tasks.loop(seconds=1, policy=policy)
        async def tick() -> None: ...

        assert tick.policy is policy
        tick.policy = None
        assert tick.policy is None
