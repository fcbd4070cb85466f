"""Whole programs: the example bot, and a bot written for the host's own background tasks."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from pathlib import Path

from stand_in import CHANNEL_ID, StandIn

import defectio_tasks

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
    environment["PYTHONPATH"] = str(Path(defectio_tasks.__file__).parents[1])
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
        "posting: heartbeat",
        "retrying in",
        "the server is back",
        "posting: heartbeat",
        "scene 3",
    )
    assert in_order(
        text, "the heartbeat failed: 403", "the heartbeat ended", "posting: heartbeat 1", "scene 4"
    )
    assert in_order(text, "Ctrl-C", "stopping", "the heartbeat ended after 2", "that is all")


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
    assert in_order(output, "stopping", "the heartbeat ended after 1 iteration")
    contents = [message.content for message in server.messages]
    assert contents == ["heartbeat 1", "lunch in 3", "lunch in 2", "lunch in 1", "now!"]


async def test_the_example_asks_for_a_channel() -> None:
    async with running(str(BOT), REVOLT_TOKEN="any") as program:  # noqa: S106 -- not a secret
        _, complaints = await program.end()
    assert program.process.returncode == 1
    assert complaints.strip() == ("REVOLT_TOKEN is set, so REVOLT_CHANNEL must be set too")


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
