"""The schema of what is stored: made once, newer ones refused, holes told (D9)."""

from __future__ import annotations

import re
import sqlite3
import threading
from pathlib import Path

import pytest

from defectio_tasks.ledgers import SchemaError, StoreUnavailableError
from defectio_tasks.ledgers._sql import SqlStore
from defectio_tasks.ledgers._sqlite import DIALECT, SqliteDatabase


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def open_store(path: Path) -> SqlStore:
    return SqlStore(DIALECT, lambda: SqliteDatabase(str(path), 5.0, lambda: 1_000_000))


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def made(path: Path) -> Path:
    store = open_store(path)
    store.open("digest", "daily")
    store.close()
    store.close()
    return path


def refused(path: Path, message: str) -> None:
    store = open_store(path)
    with pytest.raises(SchemaError, match=message):
        store.open("digest", "daily")
    # It stays refused, and nothing is left open.
    with pytest.raises(SchemaError, match=message):
        store.leased("digest")


def test_d9_a_newer_schema_is_refused(path: Path) -> None:
    change(made(path), "UPDATE defectio_tasks_schema SET version = 7")
    refused(path, "has version 7 of its schema, .* knows none after 1: upgrade")


def test_d4_a_file_that_is_no_database_is_told_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is in use is tried again, as that passes."""
    monkeypatch.setattr("time.sleep", pytest.fail)
    path.write_text("no database" * 1_000)
    with pytest.raises(StoreUnavailableError, match="file is not a database"):
        open_store(path).open("digest", "daily")


def test_d4_a_file_that_is_in_use_is_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some locks are told of at once, whatever the patience is."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE others (name TEXT)")
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    monkeypatch.setattr("time.sleep", lambda _: other.execute("COMMIT"))
    store = SqlStore(DIALECT, lambda: SqliteDatabase(str(path), 0.01, lambda: 1_000_000))
    assert store.open("digest", "daily") == 1_000_000
    store.close()
    other.close()


def test_d9_what_is_dropped_while_it_is_in_use_is_told(path: Path) -> None:
    store = open_store(path)
    store.open("digest", "daily")
    change(path, "DROP TABLE defectio_tasks_slots")
    with pytest.raises(StoreUnavailableError, match="no such table"):
        store.leased("digest")
    with pytest.raises(SchemaError, match=r"has no .*defectio_tasks_slots.* any more: restore it"):
        store.leased("digest")


def test_d9_a_missing_index_is_told(path: Path) -> None:
    change(made(path), "DROP INDEX defectio_tasks_at_work")
    refused(path, "has no defectio_tasks_at_work any more: restore it")


def test_d9_a_missing_table_is_told(path: Path) -> None:
    change(made(path), "DROP TABLE defectio_tasks_loops")
    refused(path, "has no defectio_tasks_loops any more: restore it")


def test_d9_what_is_no_moment_is_told(path: Path) -> None:
    change(made(path), "UPDATE defectio_tasks_loops SET floor = 'yesterday'")
    refused_value = re.escape("holds 'yesterday' where an integer belongs")
    store = open_store(path)
    with pytest.raises(SchemaError, match=refused_value):
        store.open("digest", "daily")
    store.close()


def test_d9_a_schema_is_made_once_by_many(path: Path) -> None:
    """All begin at the same moment, and none is told that the file is locked."""
    barrier = threading.Barrier(6)
    errors: list[Exception] = []

    def begin() -> None:
        store = open_store(path)
        barrier.wait()
        try:
            store.open("digest", "daily")
        except Exception as error:  # noqa: BLE001 -- it is looked at below
            errors.append(error)
        store.close()

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    store = open_store(path)
    assert [name for name, _, _ in store.loops()] == ["digest"]
    store.close()


def test_d4_a_file_that_can_not_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="unable to open database file"):
        open_store(tmp_path / "missing" / "ledger.db").open("digest", "daily")


def test_d4_a_file_that_is_something_else(path: Path) -> None:
    path.write_text("not a database, but long enough to be taken for one" * 50)
    with pytest.raises(StoreUnavailableError, match="file is not a database"):
        open_store(path).open("digest", "daily")
