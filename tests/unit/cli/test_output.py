"""Plain text everywhere, colours on a terminal alone (issue 15)."""

from __future__ import annotations

import importlib.metadata
import io
import re
import runpy
import shlex
import sys
from typing import NoReturn

import pytest
from support.command_line import Run, Write
from support.documents import PIECES, ROOT

from defectio_tasks._cli.main import main

NEXT = ("next", "01:30", "--tz", "Europe/London", "--after", "2026-03-28", "-n", "2")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Have the output be a terminal."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("_pytest.capture.CaptureIO.isatty", lambda _: True, raising=False)
    return monkeypatch


def test_no_colours_in_a_file(run: Run) -> None:
    assert "\x1b" not in run(*NEXT).out


@pytest.mark.parametrize("width", ["80", "40"])
def test_rich_colours_the_same_text(run: Run, terminal: pytest.MonkeyPatch, width: str) -> None:
    terminal.setenv("COLUMNS", width)
    coloured = run(*NEXT).out
    assert "\x1b[33m" in coloured
    terminal.setenv("NO_COLOR", "1")
    without = run(*NEXT).out
    assert "\x1b[3" not in without
    terminal.setitem(sys.modules, "rich.console", None)
    plain = run(*NEXT).out
    assert "\x1b" not in plain
    assert "* clocks go forward: 01:30 does not exist, runs at 02:30\n" in plain
    # Nothing is folded, and nothing in it is taken for markup.
    for text in (coloured, without):
        assert re.sub(r"\x1b\[[\d;]*m", "", text) == plain


def test_what_the_output_can_not_encode(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    del run
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr("defectio_tasks._cli.commands._loops_of", lambda _: [])
    assert main(["list", "bücher"]) == 0
    out.seek(0)
    assert out.read() == "no loops in b\\xfccher\n"


def test_version(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> NoReturn:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", lambda name: f"of {name}")
    assert run("--version") == (0, "defectio-tasks of defectio-tasks\n", "")
    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert run("--version").out == "defectio-tasks (not installed)\n"


def test_help(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run()
    assert (status, err) == (0, "")
    assert out.startswith("usage: python -m defectio_tasks [-h] [--version] COMMAND ...\n")
    for word in ("next", "list", "timeline", "ledger", "examples:"):
        assert f"\n  {word}" in out or f"    {word}" in out or f"\n{word}" in out
    with pytest.raises(SystemExit, match="0"):
        run("next", "--help")
    assert "module:loop" in capsys.readouterr().out


def test_an_unknown_command(run: Run) -> None:
    status, out, err = run("frob")
    assert (status, out) == (2, "")
    assert "invalid choice: 'frob'" in err
    assert err.count("\n") == 1


def test_python_dash_m(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["x", *NEXT])
    # Others have looked at all rooms.
    monkeypatch.delitem(sys.modules, "defectio_tasks.__main__", raising=False)
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("defectio_tasks", run_name="__main__")
    assert capsys.readouterr().out.startswith("daily at 01:30 Europe/London\n")


def test_the_document_shows_what_is_shown(
    run: Run, write: Write, ledger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
    write("bot.py", PIECES["command_line_1"])
    monkeypatch.setenv("COLUMNS", "130")
    blocks = re.findall(r"(?ms)^```console\n\$ python -m defectio_tasks (.*?)\n(.*?)^```", text)
    assert len(blocks) == text.count("```console")
    assert any(ledger in command for command, _ in blocks)
    for command, shown in blocks:
        _, out, err = run(*shlex.split(command))
        assert out + err == shown
