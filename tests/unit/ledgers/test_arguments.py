"""What ledgers are made with, what is exported, and what is imported when (D2)."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import traceback
from datetime import timedelta
from pathlib import Path

import pytest

from defectio_tasks import ledgers
from defectio_tasks.ledgers import Ledger, LedgerError, PostgresLedger, RedisLedger, SqliteLedger

URL = "redis://nowhere.invalid"


@pytest.mark.parametrize("parameter", ["lease", "keep"])
@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, ValueError, "must be more than 0, got 0"),
        (timedelta(), ValueError, r"must be more than 0, got datetime.timedelta\(0\)"),
        (-1, ValueError, "must not be negative, got -1"),
        (float("nan"), ValueError, "must be finite, got nan"),
        ("30", TypeError, "must be seconds or a datetime.timedelta, got '30'"),
        (True, TypeError, "must be seconds or a datetime.timedelta, got True"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "where"), [(SqliteLedger, "x.db"), (PostgresLedger, "dbname=x"), (RedisLedger, URL)]
)
def test_d2_lease_and_keep(  # noqa: PLR0913, PLR0917 -- what is passed, and what comes of it
    kind: type, where: str, parameter: str, value: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^`{parameter}` {message}"):
        kind(where, **{parameter: value})


@pytest.mark.parametrize("kind", [SqliteLedger, PostgresLedger, RedisLedger])
def test_d2_lease_and_keep_are_keywords(kind: type) -> None:
    with pytest.raises(TypeError, match="positional"):
        kind(URL, 30.0)


@pytest.mark.parametrize("path", [3, None, b"x.db"])
def test_d2_a_path_is_text(path: object) -> None:
    with pytest.raises(TypeError, match=r"^`path` must be a str or an os.PathLike of one, got "):
        SqliteLedger(path)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["", ":memory:"])
def test_d2_a_path_is_that_of_a_file(path: str) -> None:
    with pytest.raises(ValueError, match="must be that of a file"):
        SqliteLedger(path)


def test_d2_an_old_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.34.1")
    with pytest.raises(LedgerError, match=r"needs SQLite 3\.35, and Python has 3\.34\.1"):
        SqliteLedger(tmp_path / "x.db")


@pytest.mark.parametrize(
    ("kind", "parameter"), [(PostgresLedger, "conninfo"), (RedisLedger, "url")]
)
def test_d2_where_a_server_is(kind: type, parameter: str) -> None:
    with pytest.raises(TypeError, match=f"^`{parameter}` must be a str, got int"):
        kind(3)
    with pytest.raises(ValueError, match=f"^`{parameter}` must not be empty"):
        kind("")


@pytest.mark.parametrize(
    "conninfo",
    [
        "postgresql://bot:100%swordfish@db",
        "password=a swordfish",
        "postgresql://bot:swordfish",
        "host=a,b port=1,swordfish",
        "host=db port=123456",
    ],
)
def test_d2_a_conninfo_that_can_not_be_understood(conninfo: str) -> None:
    """What is wrong with it may be a part of a password: it isn't told."""
    with pytest.raises(ValueError, match=r"^`conninfo` must be key=value pairs or a ") as caught:
        PostgresLedger(conninfo)
    assert "swordfish" not in "".join(traceback.format_exception(caught.value, limit=0))


@pytest.mark.parametrize(
    "conninfo", ["user=bot", "host=a,b,c port=1,,3", "postgresql://[::1]:65535/bot"]
)
def test_d2_what_is_a_conninfo(conninfo: str) -> None:
    assert isinstance(PostgresLedger(conninfo), Ledger)


@pytest.mark.parametrize(
    ("kind", "driver", "room", "message"),
    [
        (PostgresLedger, "psycopg", "_psycopg", r"psycopg: install `defectio-tasks\[postgres\]`"),
        (RedisLedger, "redis", "_scripts", r"redis-py: install `defectio-tasks\[redis\]`"),
    ],
)
def test_d2_a_missing_driver_says_what_to_install(
    kind: type, driver: str, room: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, f"defectio_tasks.ledgers.{room}", raising=False)
    monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(ImportError, match=message):
        kind(URL)


def test_section_1_exports_and_all_agree() -> None:
    assert dir(ledgers) == sorted(ledgers.__all__)
    assert all(getattr(ledgers, name).__doc__ for name in ledgers.__all__ if name != "Refusal")
    with pytest.raises(AttributeError, match="has no attribute 'FileLedger'"):
        _ = ledgers.FileLedger  # type: ignore[attr-defined]


def test_d2_nobody_imports_a_driver_but_who_uses_it() -> None:
    """Whose loops have no ledger runs them without: it costs no import."""
    script = """if True:
        import sys
        from datetime import UTC, datetime, timedelta
        import defectio_tasks, defectio_tasks.ledgers
        from defectio_tasks.testing import VirtualClock
        drivers = {"sqlite3", "psycopg", "redis"}
        done = []
        async def body():
            done.append(None)
        at = defectio_tasks.At(datetime.now(UTC) + timedelta(seconds=1))
        loop = defectio_tasks.loop(schedule=at, name="daily", count=1)(body)
        async def main():
            await loop.start()
        VirtualClock(datetime.now(UTC)).run(main())
        assert done == [None]
        assert not drivers & set(sys.modules)
        rooms = {name for name in sys.modules if name.startswith("defectio_tasks.ledgers.")}
        assert rooms == {"defectio_tasks.ledgers._ledger"}
        from defectio_tasks.ledgers import Ledger, PostgresLedger, RedisLedger
        assert not drivers & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)  # noqa: S603 -- our own
