"""What ``python tests`` runs, and what it shows of that."""

from __future__ import annotations

import io
import json
import os
import re
import runpy
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console
from support import stages
from support.stages import ROOT, Share, Stage, run_stages

# What a stage has started holds a pipe, and would write into it in the end.
HOLDS = "import time; pipe = open({!r}, 'w'); time.sleep(30); pipe.write('still here')"
ALL: Sequence[Stage] = runpy.run_path(str(ROOT / "tests/__main__.py"))["STAGES"]


@pytest.fixture(autouse=True)
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is remembered of these runs apart from that of real ones."""
    path = tmp_path / "build/seconds.json"
    monkeypatch.setattr(stages, "RECORD", path)
    return path


def show(*chosen: Stage, jobs: int = 1) -> tuple[bool, str]:
    """Run some stages; return whether they passed, and what was shown."""
    shown = io.StringIO()
    console = Console(file=shown, markup=False, highlight=False, soft_wrap=True, width=100)
    # It would be seen by the tests that come after this.
    before = signal.getsignal(signal.SIGTERM)
    try:
        return run_stages(chosen, jobs=jobs, console=console), shown.getvalue()
    finally:
        signal.signal(signal.SIGTERM, before)


def code(name: str, text: str, *after: str) -> Stage:
    """Make a stage of some code."""
    return Stage(name, 1, ("-c", text), frozenset(after))


def test_no_test_is_left_out() -> None:
    """Each file of tests is run by a stage, and in an event loop as anybody has it."""
    run = [
        ROOT / argument
        for stage in ALL
        if not any("--event-loop" in argument for argument in stage.arguments)
        for argument in stage.arguments
        if argument.startswith("tests/")
    ]
    files = list((ROOT / "tests").rglob("test_*.py"))
    assert len(files) > 80
    assert [file for file in files if {file, *file.parents}.isdisjoint(run)] == []


@pytest.mark.parametrize("mode", ["debug", "eager", "uvloop"])
def test_what_runs_in_an_event_loop_runs_in_those_of_each_kind(mode: str) -> None:
    [stage] = [each for each in ALL if f"--event-loop={mode}" in each.arguments]
    run = {ROOT / argument for argument in stage.arguments}
    files = [
        file
        for file in (ROOT / "tests/unit").rglob("test_*.py")
        if "async def test_" in file.read_text(encoding="utf-8")
    ]
    assert len(files) > 30
    left_out = [file.name for file in files if run.isdisjoint([file, *file.parents])]
    assert left_out == ["test_dates.py"]


def test_all_pass() -> None:
    passed, shown = show(code("one", "print('fine')"), code("two", "print('fine, too')"))
    assert passed
    assert "1/2 one ...\n1/2 one: passed in 0." in shown
    assert "2/2 two ...\n2/2 two: passed in 0." in shown
    assert "0.2  fine, too  \n" in re.sub(r"\d\.\d  fine", "0.2  fine", shown)
    assert shown.splitlines()[-1].startswith("all stages passed in ")


def test_one_fails() -> None:
    """It is shown at once and again at the end, and the others run."""
    passed, shown = show(
        code("bad", "print('[red] is no colour'); raise SystemExit(3)"), code("good", "")
    )
    assert not passed
    assert "1/2 bad: FAILED in 0." in shown
    assert "s, status 3\n[red] is no colour\n2/2 good ...\n" in shown
    assert "\n1/2 bad:\n[red] is no colour\n\n1 of 2 stages failed in " in shown


def test_of_a_long_line_only_the_begin_is_in_the_table() -> None:
    _, shown = show(code("a-long-name", f"print({'x' * 200!r}); raise SystemExit(1)"))
    assert re.search(r"(?m)^1/1 a-long-name  FAILED  +\d\.\d  x+… *$", shown)
    assert shown.count("\n" + "x" * 200 + "\n") == 2


def test_one_waits_for_another(tmp_path: Path) -> None:
    made = str(tmp_path / "made")
    first = code("first", f"import time; time.sleep(0.5); open({made!r}, 'x')")
    passed, _ = show(first, code("second", f"open({made!r})", "first"), jobs=2)
    assert passed
    # What isn't run isn't waited for.
    passed, _ = show(code("second", f"open({made!r})", "first"))
    assert passed


def test_as_many_at_once_as_is_said(tmp_path: Path) -> None:
    """Each of two stages waits for what the other makes."""
    text = (
        "import time\n"
        "from pathlib import Path\n"
        "Path({!r}).touch()\n"
        "while not Path({!r}).exists(): time.sleep(0.01)"
    )
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    passed, _ = show(code("one", text.format(one, two)), code("two", text.format(two, one)), jobs=2)
    assert passed


def test_tests_are_told_by_file(tmp_path: Path, record: Path) -> None:
    """Those that fail are shown at once, and the time of each file is remembered when all pass."""
    one, two = tmp_path / "test_one.py", tmp_path / "test_two.py"
    one.write_text("def test_it(): pass")
    two.write_text("import time\ndef test_it(): time.sleep(0.3)\ndef test_more(): assert 1 == 2")
    options = ("--rootdir", str(tmp_path), "-c", os.devnull, "-p", "no:cacheprovider")
    stage = Stage("tests", 1, ("-m", "pytest", "-v", *options, str(tmp_path)))
    passed, shown = show(stage)
    assert not passed
    assert re.search(r"\n1/1 tests: \S+/test_two.py::test_more FAILED ", shown)
    assert "def test_more(): assert 1 == 2\n" in shown
    assert re.search(r"\n1/1 tests:\nFAILED \S+/test_two.py::test_more", shown)
    assert "tests" not in json.loads(record.read_text())
    two.write_text("import time\ndef test_it(): time.sleep(0.3)")
    passed, shown = show(stage)
    assert passed
    assert "test_one.py" not in shown
    took = json.loads(record.read_text())["tests"]
    assert [Path(name).name for name in took] == ["test_one.py", "test_two.py"]
    assert min(took.values()) > 0


def test_what_was_not_tried_is_said() -> None:
    _, shown = show(code("one", "print('NOT RUN: no server'); print('2 passed')"))
    assert "1/1 one: NOT RUN: no server\n" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="signals are of POSIX")
@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, "CancelledError")]
)
def test_an_end_by_force_ends_all(tmp_path: Path, number: signal.Signals, error: str) -> None:
    """What the processes have started ends, too."""
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    holder = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLDS!r}])"
    program = (
        "import signal; from support import stages; from rich.console import Console\n"
        # A process in the background may have inherited that it ignores it.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"stage = stages.Stage('one', 1, ('-c', {holder.format(str(fifo))!r}))\n"
        "stages.run_stages([stage], jobs=1, console=Console())"
    )
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(  # noqa: S603 -- our own
        command, cwd=ROOT / "tests", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with fifo.open() as pipe:
        process.send_signal(number)
        assert pipe.read() == ""
    assert error in process.communicate(timeout=30)[1]


class TestShare:
    """How much of a stage is over."""

    def test_without_parts_it_is_that_of_the_time(self) -> None:
        moment = 100.0
        share = Share({"": 10.0}, lambda: moment)
        moment = 104.0
        assert share.done() == 4
        moment = 200.0
        assert share.done() == 9.9

    def test_with_parts_it_is_that_of_the_parts(self) -> None:
        """By what they took the last time, however many there are and however long it takes now."""
        moment = 0.0
        share = Share({"a": 2.0, "b": 6.0, "c": 2.0}, lambda: moment)
        moment = 50.0
        assert share.done() == 0
        share.end_step("a")
        assert share.done() == 2
        moment = 51.0
        share.end_step("b")
        assert share.done() == 3
        moment = 52.0
        assert share.done() == 4
        share.end_step("b")
        moment = 70.0
        assert share.done() == 8
        share.end_step("new")
        assert share.done() == 8
        share.end_step("c")
        moment = 90.0
        assert share.done() == 9.9
        assert share.took == {"a": 50, "b": 2, "new": 18, "c": 0}
