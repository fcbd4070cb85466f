"""Importing a user's module starts nothing (issue 15)."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import warnings

import pytest
from support.command_line import Run, Write

ADVICE = 'put what starts something under `if __name__ == "__main__":`'
CLIENT = """\
import defectio
import defectio_tasks as tasks

client = defectio.Client(api_url="http://127.0.0.1:1")

@tasks.loop(seconds=1)
async def tick() -> None: ...

tick.start()
client.run("token")
"""


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (CLIENT, f"would run an event loop (mine.py, line 10): {ADVICE}"),
        (
            "import asyncio\nasync def main(): ...\nasyncio.run(main())",
            f"would run an event loop (mine.py, line 3): {ADVICE}",
        ),
        (
            "import asyncio\nx=asyncio.new_event_loop()\ntry: x.run_forever()\nfinally: x.close()",
            f"would run an event loop (mine.py, line 3): {ADVICE}",
        ),
        ("import sys\nsys.exit('bye')", f"ends the program (mine.py, line 2): {ADVICE}"),
        ("\n\ninput('token? ')", f"asks for input (mine.py, line 3): {ADVICE}"),
        ("raise KeyboardInterrupt", f"was interrupted (mine.py, line 1): {ADVICE}"),
        ("raise RuntimeError('no')", "raised RuntimeError: no (mine.py, line 1)"),
        ("raise ValueError('a\\x1b\\nb')", "raised ValueError: a\\x1b (mine.py, line 1)"),
        ("class E(BaseException): ...\nraise E", "raised E (mine.py, line 2)"),
        ("import nowhere.at_all", "raised ModuleNotFoundError: No module named 'nowhere'"),
        ("x = (", "raised SyntaxError: '(' was never closed (mine.py, line 1)\n"),
        ("import json\njson.loads('')", "(mine.py, line 2)\n"),
    ],
)
def test_what_an_import_starts_is_told_in_one_line(
    source: str, told: str, run: Run, write: Write
) -> None:
    write("mine.py", source)
    with warnings.catch_warnings(record=True) as warned:
        status, out, err = run("list", "mine")
    assert (status, out, warned) == (2, "", [])
    assert err.startswith("python -m defectio_tasks: importing 'mine' ")
    assert told in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nope", "there is no module 'nope' in this directory"),
        ("bot.sub", "there is no module 'bot.sub'"),
        ("nope.sub", "there is no module 'nope'"),
        ("bot.py", "named as in `import`, got 'bot.py' (write bot)"),
        ("./src/bot.py", "(write src.bot)"),
        ("a-b", "named as in `import`, got 'a-b'\n"),
        ("", "named as in `import`, got ''\n"),
        ("bot:News", "'bot:News' is no loop: it is of type type"),
    ],
)
def test_a_wrong_name(name: str, told: str, run: Run, bot: str) -> None:
    assert bot
    status, out, err = run("list", name)
    assert (status, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_a_module_without_loops_has_none_to_offer(run: Run, write: Write) -> None:
    write("empty.py", "")
    assert "(it has no loops at all)" in run("next", "empty:tick").err
    for command in ("list", "timeline"):
        assert run(command, "empty") == (0, "no loops in empty\n", "")


def test_a_loop_that_its_module_starts_is_told_by_nobody(
    run: Run, bot: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither on stdout, nor in the log, nor as a task that was destroyed."""
    caplog.set_level(logging.INFO)
    status, out, err = run("list", bot)
    assert (status, err, caplog.records) == (0, "", [])
    assert "not to be seen" not in out
    assert not logging.root.manager.disable


async def test_within_an_event_loop_that_runs(run: Run, bot: str) -> None:
    assert run("list", bot).status == 0
    assert asyncio.get_running_loop().is_running()


def test_nothing_of_a_process_is_changed(run: Run, bot: str) -> None:
    stdin = sys.stdin
    run("list", bot)
    assert sys.stdin is stdin


def test_the_program(bot: str) -> None:
    """The current directory is on the path, and the command itself imports no host."""
    script = (
        "import runpy, sys; sys.argv = ['x', 'list', 'bot', '--json']\n"
        "try: runpy.run_module('defectio_tasks', run_name='__main__')\n"
        "except SystemExit as error: assert error.code == 0\n"
        "assert not {'defectio', 'aiohttp', 'rich'} & set(sys.modules)"
    )
    done = subprocess.run(  # noqa: S603 -- our own
        [sys.executable, "-c", script], check=True, timeout=60, capture_output=True, text=True
    )
    assert f"{bot}:News.fetch" in done.stdout
    assert done.stderr == ""
