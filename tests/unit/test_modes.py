"""The option ``--event-loop``: the tests run in what it says."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine

import pytest
from support.event_loops import parse_modes

from defectio_tasks.testing import VirtualClock


async def modes_here() -> set[str]:
    """Tell the modes of the event loop that runs."""

    async def step() -> None: ...

    event_loop = asyncio.get_running_loop()
    task = asyncio.create_task(step())
    told = {
        "debug": event_loop.get_debug(),
        "eager": task.done(),
        "uvloop": any(base.__module__ == "uvloop" for base in type(event_loop).__mro__),
    }
    await task
    return {mode for mode, is_on in told.items() if is_on}


@pytest.fixture
def chosen(pytestconfig: pytest.Config) -> frozenset[str]:
    return parse_modes(pytestconfig.getoption("--event-loop")) - {"asyncio"}


async def test_a_tests_own_event_loop(chosen: frozenset[str]) -> None:
    assert await modes_here() == chosen


@pytest.mark.parametrize("run", [VirtualClock().run, asyncio.run])
def test_one_that_a_test_makes(
    run: Callable[[Coroutine[object, object, set[str]]], set[str]], chosen: frozenset[str]
) -> None:
    assert run(modes_here()) == chosen


def test_several_modes_at_once() -> None:
    assert parse_modes("debug,uvloop") == {"debug", "uvloop"}


def test_one_that_does_not_exist() -> None:
    with pytest.raises(pytest.UsageError, match=r"must be of asyncio, debug, .*, got trio"):
        parse_modes("debug,trio")


def test_eager_tasks_before_python_3_12(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 9))
    with pytest.raises(pytest.UsageError, match=r"--event-loop=eager needs Python 3\.12, got"):
        parse_modes("eager")
