"""What the tests of the command line share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from support.command_line import Answer, Run, Write

from defectio_tasks._cli.main import main


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
