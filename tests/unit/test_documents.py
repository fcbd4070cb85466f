"""Each piece of Python in the documents runs."""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
import unittest
from collections.abc import Iterator
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

import defectio
import pytest
from support.documents import HOSTS, PIECES, ROOT, metrics_of_its_own
from typing_extensions import override

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock


class OfDocuments(InspectLoader):
    """Knows the source of the pieces: from Python 3.15 on, tracebacks want a loader."""

    @override
    def get_source(self, fullname: str) -> str:
        return PIECES[fullname]


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


@pytest.fixture(autouse=True)
def in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let pieces write files."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def with_hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let pieces import hosts that aren't installed, and each other where they name their file."""
    monkeypatch.syspath_prepend(HOSTS)
    before = set(sys.modules)
    yield
    own = {*PIECES, *(path.name for path in HOSTS.iterdir())}
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in own:
            del sys.modules[name]


def load(piece: str) -> ModuleType:
    """Run a piece as a module, where it looks for the annotations of what it defines."""
    for file in re.findall(r"(?m)^(?:import|from) (\w+)", PIECES[piece]):
        if file in PIECES and file not in sys.modules:
            load(file)
    module = sys.modules[piece] = module_from_spec(ModuleSpec(piece, OfDocuments()))
    exec(compile(PIECES[piece], piece, "exec", dont_inherit=True), vars(module))  # noqa: S102
    return module


def test_section_1_the_documents_and_the_exports_agree() -> None:
    """All that is exported is shown, and nothing else is."""
    pieces = [text for text in PIECES.values() if "import defectio_tasks as tasks" in text]
    assert len(pieces) > 50
    text = "\n".join(pieces)
    shown = set(re.findall(r"\btasks\.([A-Za-z_]+)", text))
    assert shown == set(tasks.__all__)


def test_issue_15_the_readme_can_be_read_at_once() -> None:
    """It is a page, and no manual."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 160


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_runs(
    piece: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """It runs; and if it has tests, they pass."""
    monkeypatch.chdir(tmp_path)
    event_loop = VirtualClock().new_event_loop()
    monkeypatch.setattr(asyncio, "new_event_loop", lambda: event_loop)
    # So it is from Python 3.14 on: a bot has no event loop but the one that it sets.
    asyncio.set_event_loop(None)
    try:
        with metrics_of_its_own():
            module = load(piece)
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
    """Each cost that has a target, this library's ratio, and the least of those that are right."""
    text = (ROOT / "docs/benchmarks/benchmarks.md").read_text(encoding="utf-8")
    wrong = set(re.findall(r"(?m)^(\[\d+\]) .*\bwrong\b", text))
    table = text.split("\n\n")[2].splitlines()
    (_, *names, _), _, *lines = ([cell.strip() for cell in row.split("|")[1:-1]] for row in table)
    rows = ["| | `defectio_tasks` | best of the others |", "|---|---:|---:|"]
    for label, *cells, target in lines:
        # Costs have a spread; what has none in the floor's column is no multiple of it.
        if not target or "±" not in cells[names.index("floor")]:
            continue
        ratios = {
            name: cell.partition(" ±")[0]
            for name, cell in zip(names, cells, strict=True)
            if "±" in cell and wrong.isdisjoint(cell.split())
        }
        ours = ratios.pop("defectio_tasks")
        del ratios["floor"]
        best = min(ratios, key=lambda name: float(ratios[name]))
        rows.append(f"| {label} | {ours} | {ratios[best]} ({best}) |")
    assert len(rows) > 10
    assert "\n".join(rows) in (ROOT / "docs/performance.md").read_text(encoding="utf-8")
