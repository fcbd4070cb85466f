"""Each piece of Python in the documents runs."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import sys
import unittest
from types import ModuleType

import defectio
import pytest
from support.documents import PIECES, ROOT

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock


@pytest.fixture(autouse=True)
def in_virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pieces call ``asyncio.run``, and bots run, without waiting and without a server."""

    def run_bot(client: defectio.Client, token: str) -> None:
        assert token
        for task in asyncio.all_tasks(client.loop):
            task.cancel()
        client.loop.run_until_complete(asyncio.sleep(0))

    monkeypatch.setattr(asyncio, "run", VirtualClock().run)
    monkeypatch.setattr(defectio.Client, "run", run_bot)


def test_section_1_the_readme_and_the_exports_agree() -> None:
    """All that is exported is shown, and nothing else is."""
    pieces = [text for piece, text in PIECES.items() if piece.startswith("readme_")]
    assert len(pieces) > 7
    shown = {name for piece in pieces for name in re.findall(r"\btasks\.([A-Za-z_]+)", piece)}
    assert shown == set(tasks.__all__)


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_runs(
    piece: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs; and if it has tests, they pass."""
    event_loop = VirtualClock().new_event_loop()
    monkeypatch.setattr(asyncio, "new_event_loop", lambda: event_loop)
    # So it is from Python 3.14 on: a bot has no event loop but the one that it sets.
    asyncio.set_event_loop(None)
    # Where it looks for the annotations of what it defines.
    module = ModuleType(piece)
    monkeypatch.setitem(sys.modules, piece, module)
    try:
        exec(compile(PIECES[piece], piece, "exec", dont_inherit=True), vars(module))  # noqa: S102
    finally:
        event_loop.close()
        asyncio.set_event_loop(None)
    for name, test in list(vars(module).items()):
        if name.startswith("test_"):
            clock = VirtualClock()
            wanted = inspect.signature(test).parameters
            offered = {"virtual_clock": clock, "monkeypatch": monkeypatch}
            clock.run(test(**{name: offered[name] for name in wanted}))
    assert (
        unittest.TextTestRunner()
        .run(unittest.TestLoader().loadTestsFromModule(module))
        .wasSuccessful()
    )
    assert "Traceback" not in capsys.readouterr().err


def test_the_table_of_costs_is_what_was_measured() -> None:
    """Each row that has a target, this library's ratio, and the least of those that are right."""
    written = {"discord_py": "discord.py", "py_cord": "py-cord", "apscheduler": "APScheduler"}
    rows = ["| | `defectio_tasks` | best of the others |", "|---|---:|---:|"]
    text = (ROOT / "docs/benchmarks/benchmarks.json").read_text(encoding="utf-8")
    for row in json.loads(text)["rows"]:
        if row["target"] is None or row["unit"] not in {"s", "B"}:
            continue
        ratios = {
            name: cell["ratio"]["median"]
            for name, cell in row["candidates"].items()
            if cell["ratio"] is not None and "wrong" not in (cell["remark"] or "")
        }
        ours = ratios.pop("ours")
        del ratios["floor"]
        best = min(ratios, key=lambda name: ratios[name])
        peer = f"{ratios[best]:.2f} ({written.get(best, best)})"
        rows.append(f"| {row['label']} | {ours:.2f} | {peer} |")
    assert "\n".join(rows) in (ROOT / "docs/performance.md").read_text(encoding="utf-8")
