"""Whole programs: the examples, and a bot written for the host's own background tasks."""

import asyncio
import contextlib
import datetime as dt
import io
import logging
import os
import re
import signal
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rehearsal import in_its_zones
from stage import open_stage
from stand_in import CHANNEL_ID, StandIn
from typing_extensions import override

import defectio_tasks as tasks

BOT = Path(__file__).parents[2] / "examples" / "bot.py"

BACKGROUND_TASK = """
import os

import defectio
from defectio.ext import tasks


class MyClient(defectio.Client):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.counter = 0
        self.my_background_task.start()

    @tasks.loop(seconds=0.1)
    async def my_background_task(self):
        channel = self.get_channel(os.environ["CHANNEL"])
        self.counter += 1
        await channel.send(str(self.counter))

    @my_background_task.before_loop
    async def before_my_task(self):
        await self.wait_until_ready()


client = MyClient(api_url=os.environ["API_URL"])
client.run("token")
"""
"""An example as the host's users write it, for the host's own background tasks."""

if sys.version_info >= (3, 14):
    # The host makes its client with the event loop that is set, and there none is at first.
    BACKGROUND_TASK = (
        f"import asyncio; asyncio.set_event_loop(asyncio.new_event_loop())\n{BACKGROUND_TASK}"
    )


class Program:
    """A program that runs, and what it has written so far."""

    def __init__(self, process: Process, output: Path, complaints: Path) -> None:
        self.process = process
        self._output = output
        self._complaints = complaints

    async def end(self) -> tuple[str, str]:
        """Wait until it ends; tell what it has written to stdout and to stderr."""
        await self.process.wait()
        return self.written()

    def written(self) -> tuple[str, str]:
        """Tell what it has written so far."""
        return self._output.read_text(), self._complaints.read_text()


@contextlib.asynccontextmanager
async def running(*arguments: str, **variables: str) -> AsyncGenerator[Program]:
    """Run Python, with the package under test, for the length of a block."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("REVOLT_")
    }
    environment["PYTHONPATH"] = str(Path(tasks.__file__).parents[1])
    # Compiling the host warns about a docstring of its own.
    environment["PYTHONWARNINGS"] = "ignore::SyntaxWarning"
    environment["PYTHONUNBUFFERED"] = "1"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So it is in what a shell runs in the background, and programs inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        output, complaints = Path(folder, "stdout"), Path(folder, "stderr")
        with contextlib.ExitStack() as files:
            stdout, stderr = (files.enter_context(path.open("wb")) for path in (output, complaints))
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-X", "faulthandler"),
                *arguments,
                stdout=stdout,
                stderr=stderr,
                env=environment | variables,
            )
        program = Program(process, output, complaints)
        try:
            yield program
        finally:
            if process.returncode is None:
                # It should have ended: let it tell where it hangs.
                process.send_signal(signal.SIGABRT)
                await process.wait()
                sys.stdout.write("\n".join(program.written()))


def in_order(output: str, *parts: str) -> bool:
    """Tell whether the parts are found in the output, each after the one before."""
    position = 0
    for part in parts:
        start = output.find(part, position)
        if start < 0:
            return False
        position = start + len(part)
    return True


async def test_the_example_rehearses_and_ends() -> None:
    began = time.monotonic()
    async with running(str(BOT)) as program:
        text, complaints = await program.end()
    took = time.monotonic() - began
    assert program.process.returncode == 0, text
    assert complaints == ""
    assert took < 20
    assert in_order(text, "scene 1", "posting: heartbeat 1", "posting: heartbeat 2", "scene 2")
    assert in_order(text, "posting: tea in 3", "tea in 2", "tea in 1", "posting: now!")
    assert in_order(text, "scene 1", "posting: bulletin", "scene 2")
    assert in_order(
        text,
        "the server goes away",
        "posting: heartbeat",
        "retrying in",
        "ClientConnectorError",
        "the server is back",
        "posting: heartbeat",
        "scene 3",
        "posting: heartbeat",
        "retrying in",
        "TimeoutError(an attempt took longer than 0.5 s)",
        "the server answers again",
        "posting: heartbeat",
        "scene 4",
    )
    assert in_order(
        text, "the heartbeat failed: 403", "the heartbeat ended", "posting: heartbeat 1", "scene 5"
    )
    assert in_order(text, "Ctrl-C", "stopping", "the heartbeat ended after 2", "that is all")
    code = re.findall(r"(?m)^    (.*)", text)
    assert len(code) > 10
    assert set(map(str.strip, code)) <= {line.strip() for line in BOT.read_text().splitlines()}
    _, _, table = text.partition("LOOP  ")
    rows = [re.split("  +", line) for line in table.splitlines()[1:4]]
    assert rows[0][:-1] == ["Herald.bulletin", "waiting", "1", "0", "0"]
    assert rows[1] == ["Herald.countdown", "completed", "3", "0", "0", "-"]
    assert rows[2][0] == "Herald.heartbeat"
    # On a busy machine there may be more of them.
    runs, failures, retries = map(int, rows[2][2:5])
    assert runs >= 7
    assert failures == 1
    assert retries >= 2
    assert re.fullmatch(r"\w{3} 09:00 (Europe/Paris|America/New_York)", rows[0][-1])
    assert re.fullmatch(r"\w{3} \d\d:\d\d(:\d\d)? UTC", rows[2][-1])


class Screen(io.StringIO):
    """What can pass for a terminal."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    @override
    def isatty(self) -> bool:
        return self._is_terminal


def shown(monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool = True, color: str = "") -> str:
    """Return what a rehearsal on the stage that there is would look like."""
    screen = Screen(is_terminal=is_terminal)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", color)
    stage = open_stage()
    stage.heading("scene 1: a test")
    stage.code("@tasks.loop(seconds=[1][0])")
    for level in (logging.INFO, logging.WARNING, logging.ERROR):
        stage.emit(logging.makeLogRecord({"name": "bot", "levelno": level, "msg": "[red]posting"}))
    stage.table(["LOOP", "RUNS"], [["Herald.heartbeat", "[dim]7"]])
    return screen.getvalue()


def test_a_rehearsal_has_colours_in_a_terminal_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    coloured = shown(monkeypatch)
    plain = shown(monkeypatch, is_terminal=False)
    assert shown(monkeypatch, color="1").split() == plain.split()
    assert "\x1b[" in coloured
    assert "\x1b[" not in plain
    words = set(re.sub(r"\x1b\[[\d;]*m", "", coloured).split())
    assert {word for word in plain.split() if not word[0].isdigit()} - words == {"---"}


def test_a_rehearsal_shows_a_slot_in_the_zone_where_it_is_due() -> None:
    slot = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)
    zones = map(ZoneInfo, ("America/New_York", "Europe/Paris"))

    @tasks.loop(time=[dt.time(9, tzinfo=zone) for zone in zones])
    async def bulletin() -> None: ...

    @tasks.loop(minutes=10)
    async def heartbeat() -> None: ...

    assert in_its_zones(slot, bulletin) == ["Mon 09:00 Europe/Paris", "Mon 03:00 America/New_York"]
    assert in_its_zones(slot, heartbeat) == ["Mon 08:00 UTC"]


def test_a_rehearsal_needs_no_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "coloured_stage", raising=False)
    monkeypatch.setitem(sys.modules, "rich", None)
    assert "\x1b[" not in shown(monkeypatch)


async def test_the_example_serves_an_account_until_ctrl_c(server: StandIn) -> None:
    async with running(
        str(BOT),
        REVOLT_TOKEN="any",  # noqa: S106 -- not a secret
        REVOLT_CHANNEL=CHANNEL_ID,
        REVOLT_API_URL=server.url,
    ) as program:
        async with asyncio.timeout(10):
            await server.wait_for_message("heartbeat 1")
            await server.say("!countdown lunch")
            await server.wait_for_message("now!")
            program.process.send_signal(signal.SIGINT)
            output, complaints = await program.end()
    assert program.process.returncode == 0
    assert complaints == ""
    assert in_order(output, "stopping", "the heartbeat ended after 1 iteration", "RUNS")
    assert re.search(r"(?m)^Herald.heartbeat .* stopped +1 ", output)
    contents = [message.content for message in server.messages]
    assert contents == ["heartbeat 1", "lunch in 3", "lunch in 2", "lunch in 1", "now!"]


async def test_the_example_asks_for_a_channel() -> None:
    async with running(str(BOT), REVOLT_TOKEN="any") as program:  # noqa: S106 -- not a secret
        _, complaints = await program.end()
    assert program.process.returncode == 1
    assert complaints.strip() == ("REVOLT_TOKEN is set, so REVOLT_CHANNEL must be set too")


@pytest.mark.parametrize("name", ["restarts", "shared"])
async def test_d3_each_slot_is_posted_once_while_bots_are_killed(name: str) -> None:
    """At least once: that in which a bot was killed is begun twice."""
    async with running(str(BOT.with_stem(name))) as program, asyncio.timeout(60):
        text, complaints = await program.end()
    assert program.process.returncode == 0, text
    assert complaints == ""
    begun = re.findall(r"begins (\S+)", text)
    posted = re.findall(r"posted (\S+)\n", text)
    found = re.search(r"begins (\S+)\n.* is killed\n", text)
    assert found is not None, text
    killed_in = found[1]
    assert begun.count(killed_in) == 2, text
    assert killed_in in posted
    assert len(posted) == len(set(posted)) >= 4, text
    # As the last one is posted, the next may have begun.
    assert len(set(begun) - set(posted)) <= 1, text
    for slot in posted:
        assert f"the digest of {slot} was posted 1 x\n" in text


async def test_only_the_import_line_changes(server: StandIn) -> None:
    source = BACKGROUND_TASK.replace(
        "from defectio.ext import tasks", "import defectio_tasks as tasks"
    )
    assert source != BACKGROUND_TASK
    async with running("-c", source, API_URL=server.url, CHANNEL=CHANNEL_ID) as program:
        async with asyncio.timeout(10):
            await server.wait_until(lambda: len(server.messages) >= 3)
            program.process.send_signal(signal.SIGINT)
            await program.end()
    assert program.process.returncode == 0
    contents = [message.content for message in server.messages]
    assert contents == [str(number) for number in range(1, len(contents) + 1)]
