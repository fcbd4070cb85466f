"""Fixtures and settings of all tests."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support import event_loops, servers
from support import installed as installation

pytest_plugins = ["defectio_tasks.testing.pytest_plugin"]

# `HYPOTHESIS_PROFILE=thorough` looks longer; the default is what CI runs.
# That a machine is busy with other stages is no failure: neither has limits of time.
settings.register_profile(
    "ci",
    deadline=None,
    print_blob=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("ci"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that chooses the event loops, see ``support/event_loops.py``."""
    parser.addoption(
        "--event-loop",
        default="asyncio",
        help="; ".join(f"{mode}: {what}" for mode, what in event_loops.MODES.items())
        + "; or several, with commas between",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make all event loops as the option says."""
    modes = event_loops.parse_modes(config.getoption("--event-loop"))
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    event_loops.install(modes, config, patch)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested, because a server is missing."""
    skipped = [str(report.longrepr) for report in terminalreporter.getreports("skipped")]
    for reason in (servers.NO_POSTGRES, servers.NO_REDIS):
        count = sum(reason in text for text in skipped)
        if count:
            terminalreporter.section(f"{count} tests of ledgers", red=True, bold=True)
            terminalreporter.line(reason)


@pytest.fixture(scope="module", autouse=True)
def only_its_own_garbage() -> Iterator[None]:
    """Keep what other modules have left in memory out of each ``gc.collect()`` of this one's tests.

    There are many, and the caches of a language server's types take each a quarter of a second.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tell an interpreter whose environment has the package installed, from a wheel."""
    if installation.is_installed():
        return Path(sys.executable)
    wheel = installation.build(tmp_path_factory.mktemp("built"))
    return installation.install(wheel, tmp_path_factory.mktemp("environment"))
