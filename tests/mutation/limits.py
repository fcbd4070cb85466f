"""A pytest plugin for runs on mutants: order and limits. ``python tests/mutation`` loads it."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Final, NoReturn

import pytest

# What mutmut reads as "ended by a time limit".
TIMED_OUT: Final = 24
# Of CPU time, which says the same on a busy machine. The slowest test takes 0.7 s.
MOST_SECONDS_PER_TEST: Final = 4
# A mutant that gathers things without end must fail, and not take the machine along.
MOST_BYTES: Final = 4 * 2**30


def give_up(signal_number: int, frame: FrameType | None) -> NoReturn:
    """End at once: in virtual time a mutant that waits for ever spins, whatever is raised in it."""
    os._exit(TIMED_OUT)


def pytest_configure() -> None:
    signal.signal(signal.SIGPROF, give_up)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, resource.RLIM_INFINITY))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS_PER_TEST)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests of the mutated room, which fail first; keep each file together."""
    # Such as `defectio_tasks._zones.gap_and_fold.x_resolve__mutmut_3`.
    _, _, mutant = os.environ.get("MUTANT_UNDER_TEST", "").partition("._")
    wing, room, *_ = [*mutant.split("."), ""]
    items.sort(
        key=lambda item: (
            item.path.parent.name != wing,
            item.path.name != f"test_{room}.py",
            item.location,
        )
    )
