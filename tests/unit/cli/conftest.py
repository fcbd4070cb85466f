"""What the tests of the command line share."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest
from support.command_line import Answer, Run, Write

from defectio_tasks._cli.main import main
from defectio_tasks._policy.policy import Delivery
from defectio_tasks.ledgers import Claim, SqliteLedger
from defectio_tasks.testing import VirtualClock


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def run_command(*arguments: str) -> Answer:
        capsys.readouterr()
        status = main(arguments)
        return Answer(status, *capsys.readouterr())

    return run_command


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no width and no colours but those that a test sets."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a module into the current directory; what was imported is forgotten later."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write_module(path: str, source: str) -> None:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(source), encoding="utf-8")

    yield write_module
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file is not None and Path(file).is_relative_to(tmp_path):
            del sys.modules[name]


@pytest.fixture
def bot(write: Write) -> str:
    """Write a module with loops of many kinds, and return its name."""
    write(
        "bot.py",
        """\
        from datetime import datetime, time
        from zoneinfo import ZoneInfo

        import defectio_tasks as tasks

        LONDON = ZoneInfo("Europe/London")
        EVENINGS = tasks.DailySchedule(time(20, tzinfo=LONDON))
        print("not to be seen")


        class News:
            again = None

            @tasks.loop(time=time(1, 30, tzinfo=LONDON), on=tasks.Weekdays("sat-sun"))
            async def fetch(self) -> None: ...

            @fetch.before_loop
            async def ready(self) -> None: ...

            @fetch.error
            async def failed(self, error: Exception) -> None: ...

        class World(News):
            @tasks.loop(minutes=5, count=3, wait_first=True)
            async def poll(self) -> None: ...

        News.again = World


        MARCH = tasks.At(datetime(2026, 3, 1, tzinfo=LONDON))

        @tasks.loop(schedule=MARCH, policy=tasks.Policy(timeout=30))
        async def party() -> None: ...


        @tasks.loop(seconds=1, count=1)
        async def tick() -> None: ...

        tick.start()
        if __name__ == "__main__":
            raise AssertionError
        """,
    )
    return "bot"


@pytest.fixture
def ledger(write: Write, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a ledger of two loops, in which two processes have died, and return its path."""
    del write
    path, clock = "ledger.db", VirtualClock(datetime(2026, 3, 26, tzinfo=UTC))

    async def use(
        name: str, schedule: str, delivery: Delivery, took: Mapping[datetime, int]
    ) -> None:
        """Claim slots, and settle those that took some time."""
        async with SqliteLedger(path) as ledger:
            await ledger.open(name, schedule)
            for slot, seconds in took.items():
                await clock.advance_to(slot)
                claim = await ledger.claim(
                    name, slot, delivery=delivery, closes=True, lost=lambda: None
                )
                assert isinstance(claim, Claim)
                await clock.advance(seconds=seconds)
                if seconds:
                    assert await ledger.settle(claim)

    monkeypatch.setattr(socket, "gethostname", lambda: "shard-2")
    monkeypatch.setattr(os, "getpid", lambda: 1873)
    monkeypatch.setattr(secrets, "token_hex", lambda _: "c2b81f0de5a94736")
    nights = {datetime(2026, 3, day, 1, 30, tzinfo=UTC): 240 for day in range(26, 30)}
    backups = {**nights, datetime(2026, 3, 30, 0, 30, tzinfo=UTC): 0}
    cron = "Cron('30 {} * * *', zoneinfo.ZoneInfo(key='Europe/London'))"
    clock.run(use("backup", cron.format(1), "at_least_once", backups))
    monkeypatch.setattr(socket, "gethostname", lambda: "shard-1")
    monkeypatch.setattr(os, "getpid", lambda: 402)
    digests = {
        datetime(2026, 3, 30, 7, 30, tzinfo=UTC): 2,
        datetime(2026, 3, 31, 7, 30, tzinfo=UTC): 0,
    }
    clock.run(use("digest", cron.format(8), "at_most_once", digests))
    now = datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp()
    monkeypatch.setattr(time, "time", lambda: now)
    return path
