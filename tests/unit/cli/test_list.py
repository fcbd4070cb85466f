"""``list``: the loops of modules and packages (issue 15)."""

from __future__ import annotations

import json
import re

import pytest
from support.command_line import Run, Write

AFTER = ("--after", "2026-02-01")
ROWS = [
    [
        "bot:News.fetch",
        "daily at 01:30 Europe/London on sat, sun",
        "before_loop, error",
        "Sun 2026-02-01 01:30 GMT",
    ],
    ["bot:World.poll", "every 5 minutes, 3 times", "5 minutes after its start"],
    ["bot:party", "at 2026-03-01 00:00 UTC", "timeout=30.0", "Sun 2026-03-01 00:00 UTC"],
    ["bot:tick", "every 1 second, 1 time", "when it is started"],
]


def cells(line: str) -> list[str]:
    return re.split(r" {2,}", line)


def test_all_loops_with_when_policy_hooks_and_next(run: Run, bot: str) -> None:
    status, out, err = run("list", bot, *AFTER)
    assert (status, err) == (0, "")
    head, *rows = map(cells, out.splitlines())
    assert head == ["loop", "when", "policy", "hooks", "next"]
    assert rows == ROWS


def test_a_column_without_anything_is_left_out(run: Run, bot: str) -> None:
    _, out, _ = run("list", f"{bot}:tick")
    assert [cells(line) for line in out.splitlines()] == [["loop", "when", "next"], ROWS[3]]


def test_in_a_zone_and_at_its_end(run: Run, bot: str) -> None:
    _, out, _ = run("list", f"{bot}:party", "--tz", "Asia/Tokyo", *AFTER)
    assert out.splitlines()[-1].endswith("Sun 2026-03-01 09:00 JST")
    _, out, _ = run("list", f"{bot}:party", "--after", "2027-01-01")
    assert out.splitlines()[-1].endswith("never")


def test_narrower_than_the_table(run: Run, bot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run("list", bot, *AFTER)
    assert out.splitlines()[:5] == [
        "bot:News.fetch",
        "  when: daily at 01:30 Europe/London on sat, sun",
        "  hooks: before_loop, error",
        "  next: Sun 2026-02-01 01:30 GMT",
        "bot:World.poll",
    ]
    assert max(map(len, out.splitlines())) <= 80


def test_json(run: Run, bot: str) -> None:
    _, out, _ = run("list", bot, "--json", *AFTER)
    fetch, _, party, tick = json.loads(out)
    assert fetch == {
        "loop": "bot:News.fetch",
        "when": "daily at 01:30 Europe/London on sat, sun",
        "policy": None,
        "hooks": ["before_loop", "error"],
        "next": "2026-02-01T01:30:00+00:00",
    }
    assert party["policy"] == "timeout=30.0"
    assert (tick["hooks"], tick["next"]) == ([], None)


def test_a_package(run: Run, write: Write) -> None:
    """Each loop once, where it was written; what would run the package stays out."""
    loop = "import defectio_tasks as tasks\n@tasks.loop(seconds=1)\nasync def {}(): ...\n"
    write("pack/__init__.py", "from pack.a import first\nfrom pack.sub import *\n")
    write("pack/__main__.py", "raise AssertionError")
    write("pack/a.py", loop.format("first"))
    write("pack/sub/__init__.py", "")
    write("pack/sub/b.py", loop.format("second") + "class A:\n  third = second\nB = A\n")
    write("alone.py", "from pack.a import first\n")
    _, out, _ = run("list", "pack", "alone", "pack.a")
    paths = [cells(line)[0] for line in out.splitlines()[1:]]
    assert paths == ["pack.a:first", "pack.sub.b:second", "alone:first"]


def test_a_loop_whose_function_has_no_name(run: Run, write: Write) -> None:
    write(
        "mine.py",
        """\
        from functools import partial
        import defectio_tasks as tasks
        async def work(x): ...
        tick = tasks.loop(hours=24 * 365 * 5000, wait_first=True)(partial(work, 1))
        """,
    )
    status, out, err = run("list", "mine")
    assert (status, err) == (0, "")
    assert "mine:tick" in out
