"""``ledger``: what is in a ledger, and nothing is made where there is none (issue 16, D9, D11)."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import pytest
from support.command_line import Run

SECRET = "swordfish"  # noqa: S105 -- the one that must not be shown
RULE = "a ledger is a file's path, or begins with sqlite:///, postgresql://, redis://"


def change(path: str, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def test_loops_slots_and_states_the_newest_last(run: Run, ledger: str) -> None:
    status, out, err = run("ledger", ledger, "-n", "2", "--tz", "Europe/London")
    assert (status, err) == (0, "")
    backup, digest = out.split("\n\n")
    head, earlier, columns, *rows = backup.splitlines()
    assert head == "backup: Cron('30 1 * * *', zoneinfo.ZoneInfo(key='Europe/London'))"
    assert earlier == "  3 earlier"
    assert columns.split() == ["slot", "state", "late", "took", "lease", "until", "fence", "owner"]
    assert [row.split() for row in rows] == [
        [
            *("Sun", "2026-03-29", "02:30", "BST", "settled", "0", "seconds", "4", "minutes"),
            *("4", "shard-2:1873:c2b81f0de5a94736"),
        ],
        [
            *("Mon", "2026-03-30", "01:30", "BST", "lapsed", "0", "seconds"),
            *("Mon", "2026-03-30", "01:30:30", "BST", "5", "shard-2:1873:c2b81f0de5a94736"),
        ],
    ]
    assert "earlier" not in digest
    assert "lease until" not in digest


@pytest.mark.parametrize("names", [["digest"], ["dig*", "digest"], ["*g*"]])
def test_loops_by_name(run: Run, ledger: str, names: list[str]) -> None:
    chosen = [word for name in names for word in ("--loop", name)]
    _, out, _ = run("ledger", f"sqlite:///{ledger}", *chosen)
    assert out.startswith("digest: ")
    assert "backup" not in out


def test_json(run: Run, ledger: str) -> None:
    _, out, _ = run("ledger", ledger, "--json", "-n", "1")
    backup, digest = json.loads(out)
    assert backup == {
        "loop": "backup",
        "schedule": "Cron('30 1 * * *', zoneinfo.ZoneInfo(key='Europe/London'))",
        "since": "2026-03-30T00:30:00+00:00",
        "earlier": 4,
        "slots": [
            {
                "slot": "2026-03-30T00:30:00+00:00",
                "state": "lapsed",
                "claimed": "2026-03-30T00:30:00+00:00",
                "settled": None,
                "lease": "2026-03-30T00:30:30+00:00",
                "fence": 5,
                "owner": "shard-2:1873:c2b81f0de5a94736",
            }
        ],
    }
    assert (digest["earlier"], digest["slots"][0]["lease"]) == (1, None)


def test_a_loop_without_slots_and_a_ledger_without_loops(run: Run, ledger: str) -> None:
    change(ledger, "DELETE FROM defectio_tasks_slots")
    change(ledger, "UPDATE defectio_tasks_loops SET name = 'a' || char(27) WHERE name = 'backup'")
    _, out, _ = run("ledger", ledger)
    assert out.splitlines()[:2] == [
        "a\\x1b: Cron('30 1 * * *', zoneinfo.ZoneInfo(key='Europe/London'))",
        "  no slot since Mon 2026-03-30 00:29:59 UTC",
    ]
    change(ledger, "DELETE FROM defectio_tasks_loops")
    assert run("ledger", ledger) == (0, "no loops in the ledger\n", "")
    assert run("ledger", ledger, "--json").out == "[]\n"
    assert "(it has no loops at all)" in run("ledger", ledger, "--loop", "digest").err


def test_a_clock_that_was_set_back(run: Run, ledger: str) -> None:
    change(ledger, "UPDATE defectio_tasks_slots SET settled = claimed - 1, claimed = slot - 5")
    _, out, _ = run("ledger", ledger, "--loop", "digest", "-n", "1")
    assert "settled  0 seconds  0 seconds" in out


@pytest.mark.parametrize(
    ("name", "hint"),
    [("digset", "did you mean digest?"), ("x*", "it has backup, digest"), ("", "it has backup, ")],
)
def test_a_name_that_no_loop_has(run: Run, ledger: str, name: str, hint: str) -> None:
    status, out, err = run("ledger", ledger, "--loop", name)
    assert (status, out) == (2, "")
    assert f"there is no loop {name!r} in the ledger ({hint}" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("none.db", "there is no file 'none.db'"),
        ("sqlite:///none.db", "there is no file 'none.db'"),
        (".", "there is no file '.'"),
        ("x" * 5000, "there is no file 'xxxx"),
        ("sqlite://none.db", f"{RULE}, rediss:// or unix://, got sqlite://"),
        (f"mysql://bot:{SECRET}@db/bot", f"{RULE}, rediss:// or unix://, got mysql://"),
        (f"bot:{SECRET}@db/bot", f"there is no such file; {RULE}"),
        (
            f"postgresql://bot:1/{SECRET}@db/bot",
            "in a ledger's URL, user and password have /?#@ as",
        ),
        (f"redis://:a@{SECRET}@db", "in a ledger's URL, user and password have /?#@ as"),
        (f"postgresql://bot:100%{SECRET}@db", "the ledger's URL can't be understood"),
        (f"postgresql://bot:{SECRET}", "the ledger's URL can't be understood"),
        ("postgresql://bot:123456", "the ledger's URL can't be understood"),
        (f"dbname=bot password=a {SECRET}", "the ledger's URL can't be understood"),
        (f"redis://bot:{SECRET}", "the ledger's URL can't be understood"),
        (f"redis://:{SECRET}@127.0.0.1?frob=1", "the ledger's URL can't be understood"),
        (
            f"postgres://bot:{SECRET}@127.0.0.1:1/bot",
            "the ledger in PostgreSQL: connection failed:",
        ),
        (
            f"host=127.0.0.1 port=1 password={SECRET}",
            "the ledger in PostgreSQL: connection failed:",
        ),
        (f"redis://bot:{SECRET}@127.0.0.1:1", "the ledger in Redis: Error "),
    ],
)
def test_what_can_not_be_read_is_told_in_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run("ledger", where)
    assert (status, out) == (2, "")
    assert err.startswith(f"python -m defectio_tasks: {told}")
    assert err.count("\n") == 1
    assert SECRET not in err
    assert "123456" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("ledger", "ledger.db", f"postgresql://bot:{SECRET}@db"),
        ("ledger", "-n", f"redis://:{SECRET}@db", "ledger.db"),
        ("list", f"dbname=bot password={SECRET}"),
        ("list", f"dbname=bot password='{SECRET} {SECRET}'"),
        ("list", f"postgresql://db?password={SECRET}&user=bot"),
    ],
)
def test_no_password_that_is_at_a_wrong_place(run: Run, arguments: tuple[str, ...]) -> None:
    status, _, err = run(*arguments)
    assert status == 2
    assert err.count("\n") == 1
    assert SECRET not in err


@pytest.mark.parametrize(
    ("driver", "room", "where", "told"),
    [
        ("psycopg", "_psycopg", "postgresql://db", "install `defectio-tasks[postgres]`"),
        ("redis", "_scripts", "redis://db", "install `defectio-tasks[redis]`"),
    ],
)
def test_a_missing_driver(  # noqa: PLR0913, PLR0917 -- what is passed, and what comes of it
    run: Run, monkeypatch: pytest.MonkeyPatch, driver: str, room: str, where: str, told: str
) -> None:
    monkeypatch.delitem(sys.modules, f"defectio_tasks.ledgers.{room}", raising=False)
    monkeypatch.setitem(sys.modules, driver, None)
    status, out, err = run("ledger", where)
    assert (status, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_d9_a_newer_schema(run: Run, ledger: str) -> None:
    change(ledger, "UPDATE defectio_tasks_schema SET version = 7")
    status, _, err = run("ledger", ledger)
    assert status == 2
    assert "has version 7 of its schema, and this defectio_tasks knows none after 1" in err


def test_a_file_that_is_something_else(run: Run, tmp_path: Path) -> None:
    """Another program's database stays as it is: no tables, no other journal."""
    path = tmp_path / "of the bot?#.db"
    change(str(path), "CREATE TABLE users (name TEXT)")
    before = path.read_bytes()
    status, _, err = run("ledger", str(path))
    assert (status, path.read_bytes()) == (2, before)
    assert "there is no ledger there yet: the first loop that uses it makes it" in err
    path.write_text("no database" * 1000)
    status, _, err = run("ledger", str(path))
    assert (status, path.read_text()) == (2, "no database" * 1000)
    assert "file is not a database" in err
    assert list(tmp_path.iterdir()) == [path]
