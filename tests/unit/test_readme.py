"""Each piece of Python in the README runs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine

import defectio
import pytest
from support.readme import PIECES, README
from support.virtual_time import VirtualEventLoop

import defectio_tasks as tasks


@pytest.fixture(autouse=True)
def in_virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pieces call ``asyncio.run``, and bots run, without waiting and without a server."""

    def run(main: Coroutine[object, object, None]) -> None:
        with asyncio.Runner(loop_factory=VirtualEventLoop) as runner:
            runner.run(main)

    def run_bot(client: defectio.Client, token: str) -> None:
        assert token
        for task in asyncio.all_tasks(client.loop):
            task.cancel()
        client.loop.run_until_complete(asyncio.sleep(0))

    monkeypatch.setattr(asyncio, "run", run)
    monkeypatch.setattr(defectio.Client, "run", run_bot)


def test_there_are_pieces() -> None:
    assert len(PIECES) > 7


def test_section_1_the_readme_and_the_exports_agree() -> None:
    """All that is exported is shown, and nothing else is."""
    shown = {name for piece in PIECES for name in re.findall(r"\btasks\.([A-Za-z_]+)", piece)}
    assert shown == set(tasks.__all__)


@pytest.mark.parametrize("piece", PIECES, ids=range(1, len(PIECES) + 1))
def test_a_piece_runs(piece: str, capsys: pytest.CaptureFixture[str]) -> None:
    event_loop = VirtualEventLoop()
    asyncio.set_event_loop(event_loop)
    try:
        exec(compile(piece, str(README), "exec"), {"__name__": "readme"})  # noqa: S102
    finally:
        event_loop.close()
        asyncio.set_event_loop(None)
    assert "Traceback" not in capsys.readouterr().err
