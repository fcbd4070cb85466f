"""Stores that are locked, full, gone or newer, and processes that are frozen or killed."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support import servers

from defectio_tasks.ledgers import (
    Claim,
    Ledger,
    PostgresLedger,
    RedisLedger,
    SchemaError,
    SqliteLedger,
    StoreUnavailableError,
)
from defectio_tasks.testing.ledgers import Client

HERE = Path(__file__).parent
MICROSECOND = timedelta(microseconds=1)
PATIENCE = 30.0
END_ALL_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
)


async def claim(ledger: Ledger, slot: datetime) -> object:
    return await ledger.claim(
        "digest", slot, delivery="at_least_once", closes=False, lost=lambda: None
    )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 -- what it waits for tells nobody
            await asyncio.sleep(0.05)


async def longest_stall(end: Callable[[], bool]) -> float:
    """Return for how long the event loop stood still at most, in seconds.

    How long another thread stood still meanwhile, because the machine is busy, doesn't count.
    """
    longest, longest_elsewhere, is_over = 0.0, 0.0, threading.Event()

    def stand_by() -> None:
        nonlocal longest_elsewhere
        while not is_over.is_set():
            before = time.monotonic()
            time.sleep(0.005)
            longest_elsewhere = max(longest_elsewhere, time.monotonic() - before - 0.005)

    elsewhere = threading.Thread(target=stand_by)
    elsewhere.start()
    while not end():
        before = time.monotonic()
        await asyncio.sleep(0.005)
        longest = max(longest, time.monotonic() - before - 0.005)
    is_over.set()
    elsewhere.join()
    return longest - longest_elsewhere


async def test_d2_a_locked_file_stalls_no_event_loop(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with SqliteLedger(path) as ledger:
        slot = await ledger.open("digest", "daily") + MICROSECOND
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        asking = asyncio.ensure_future(claim(ledger, slot))
        begun = time.monotonic()
        stall = await longest_stall(lambda: time.monotonic() > begun + 1.0)
        assert not asking.done()
        other.execute("COMMIT")
        other.close()
        assert isinstance(await asking, Claim)
        assert stall < 0.1


async def test_d4_a_file_that_stays_locked_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with SqliteLedger(path, lease=1.0) as ledger:
        slot = await ledger.open("digest", "daily") + MICROSECOND
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="database is locked"):
            await claim(ledger, slot)
        other.execute("COMMIT")
        other.close()
        assert isinstance(await claim(ledger, slot), Claim)


async def test_d4_a_full_disk(tmp_path: Path) -> None:
    """Nothing is granted, what is to be settled waits, and all goes on when there is room."""
    path = tmp_path / "ledger.db"
    async with SqliteLedger(path) as ledger:
        since = await ledger.open("digest", "daily")
        held = await claim(ledger, since + MICROSECOND)
        assert isinstance(held, Claim)
        database = ledger._store._connected()  # type: ignore[attr-defined]
        [[pages]] = await ledger._do(database.execute, "PRAGMA page_count", {})
        await ledger._do(database.execute, f"PRAGMA max_page_count = {pages}", {})
        granted = 1

        async def claim_many() -> None:
            nonlocal granted
            for number in range(2, 1000):
                assert isinstance(await claim(ledger, since + number * MICROSECOND), Claim)
                granted += 1

        with pytest.raises(StoreUnavailableError, match="full"):
            await claim_many()
        assert len(await ledger.slots("digest")) == granted
        await ledger._do(database.execute, "PRAGMA max_page_count = 100000", {})
        assert await ledger.settle(held) is True
        assert isinstance(await claim(ledger, since + (granted + 1) * MICROSECOND), Claim)


def a_port_where_nobody_is() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("kind", ["postgres", "redis"])
async def test_d4_a_server_that_refuses_connections(kind: str) -> None:
    port = a_port_where_nobody_is()
    ledger: Ledger
    if kind == "postgres":
        ledger = PostgresLedger(f"host=127.0.0.1 port={port} user=bot password=secret", lease=1)
    else:
        ledger = RedisLedger(f"redis://:secret@127.0.0.1:{port}", lease=1)
    before = threading.active_count()
    with pytest.raises(StoreUnavailableError, match=r"refused") as raised:
        await ledger.open("digest", "daily")
    assert "secret" not in str(raised.value)
    await ledger.close()
    await until(lambda: threading.active_count() <= before)


@pytest.mark.parametrize("kind", ["postgres", "redis"])
async def test_d4_a_server_that_does_not_answer(kind: str) -> None:
    """It takes connections, and that is all: a stopped one does so too."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        port = deaf.getsockname()[1]
        ledger: Ledger
        if kind == "postgres":
            ledger = PostgresLedger(f"host=127.0.0.1 port={port} user=bot dbname=bot", lease=1)
        else:
            ledger = RedisLedger(f"redis://127.0.0.1:{port}", lease=1)
        begun = time.monotonic()
        async with ledger:
            with pytest.raises(StoreUnavailableError):
                await ledger.open("digest", "daily")
        assert time.monotonic() - begun < 10


@pytest.fixture
def postgres() -> Iterator[str]:
    if not servers.has_postgres():
        pytest.skip(servers.NO_POSTGRES)
    with servers.postgres() as conninfo:
        yield servers.unique_database(conninfo)


@pytest.fixture
def redis() -> Iterator[str]:
    if not servers.has_redis():
        pytest.skip(servers.NO_REDIS)
    with servers.redis() as url:
        yield url


async def test_postgres_and_its_faults(postgres: str) -> None:
    """One server for all: it takes its time to start."""
    import psycopg  # noqa: PLC0415 -- it isn't everywhere

    from defectio_tasks.ledgers._psycopg import LOCK  # noqa: PLC0415 -- it needs it

    def execute(statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(postgres, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    # A server that hangs in a statement, D2, D4: somebody keeps the table to himself.
    async with PostgresLedger(postgres, lease=3) as ledger:
        slot = await ledger.open("digest", "daily") + MICROSECOND
        with psycopg.connect(postgres) as other:
            other.execute("LOCK TABLE defectio_tasks_slots")
            asking = asyncio.ensure_future(claim(ledger, slot))
            assert await longest_stall(asking.done) < 0.1
            with pytest.raises(StoreUnavailableError, match="no answer within 1 s"):
                await asking
        held = await claim(ledger, slot)
        assert isinstance(held, Claim)

        # Connections that were lost meanwhile are made again without a word, D10.
        execute(END_ALL_OTHERS)
        assert await ledger.settle(held) is True
        execute(END_ALL_OTHERS)
        assert isinstance(await claim(ledger, slot + MICROSECOND), Claim)

        # Processes whose claims cross, D6: the floor is the highest.
        async with PostgresLedger(postgres) as second:
            await second.open("digest", "daily")
            await asyncio.gather(
                *(
                    one.claim(
                        "digest",
                        slot + number * MICROSECOND,
                        delivery="at_most_once",
                        closes=True,
                        lost=list,
                    )
                    for number in range(2, 40)
                    for one in (ledger, second)
                )
            )
            fences = [known.fence for known in await second.slots("digest")]
            assert len(set(fences)) == len(fences)

    # No connection is left, D10.
    others = (
        "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    await until(lambda: not execute(others))

    # Schemas, D9.
    for damage, repair, message in [
        (
            "UPDATE defectio_tasks_schema SET version = 2",
            "UPDATE defectio_tasks_schema SET version = 1",
            "has version 2 of its schema",
        ),
        (
            "ALTER TABLE defectio_tasks_slots DROP CONSTRAINT defectio_tasks_slots_pkey",
            "ALTER TABLE defectio_tasks_slots ADD PRIMARY KEY (name, slot)",
            "has no defectio_tasks_slots_pkey any more",
        ),
        ("DROP INDEX defectio_tasks_at_work", "SELECT 1", "has no defectio_tasks_at_work any more"),
    ]:
        execute(damage)
        async with PostgresLedger(postgres) as ledger:
            with pytest.raises(SchemaError, match=message):
                await ledger.open("digest", "daily")
        execute(repair)

    # Others who are about to make the schema, D9.
    execute("DROP TABLE defectio_tasks_schema, defectio_tasks_loops, defectio_tasks_slots")
    with psycopg.connect(postgres) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        async with PostgresLedger(postgres, lease=1) as ledger:
            with pytest.raises(StoreUnavailableError, match="no answer within 1 s"):
                await ledger.open("digest", "daily")

    with pytest.raises(StoreUnavailableError):
        async with PostgresLedger(postgres + " dbname=missing") as ledger:
            await ledger.open("digest", "daily")


async def test_redis_and_its_faults(redis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from redis import Redis  # noqa: PLC0415 -- it isn't everywhere

    from defectio_tasks.ledgers import _scripts  # noqa: PLC0415 -- it needs it

    client = Redis.from_url(redis)
    async with RedisLedger(redis, lease=1) as ledger:
        slot = await ledger.open("digest", "daily") + MICROSECOND
        before = await claim(ledger, slot)
        assert isinstance(before, Claim)

        # Connections that were lost meanwhile are made again without a word, D10.
        client.client_kill_filter(_type="normal", skipme=True)
        assert isinstance(await claim(ledger, slot + MICROSECOND), Claim)

        # It comes back without its memory, D4.
        client.flushall()
        after = await claim(ledger, slot + 2 * MICROSECOND)
        assert isinstance(after, Claim)
        assert after.fence > before.fence
        assert await ledger.settle(after) is True
        second = await claim(ledger, slot + 3 * MICROSECOND)
        assert isinstance(second, Claim)
        assert await ledger.settle(second) is True
        assert [loop.name for loop in await ledger.loops()] == ["digest"]

        # A name that was noted, and then its process was killed, D10.
        client.sadd("defectio_tasks:loops", "half")
        assert [loop.name for loop in await ledger.loops()] == ["digest"]

        # Many are forgotten in several turns, D8.
        monkeypatch.setattr(_scripts, "AT_ONCE", 1)
        await ledger._do(ledger._store.prune, "digest", 0.0)
        assert list(await ledger.slots("digest")) == []

    client.set("defectio_tasks:schema", 2)
    async with RedisLedger(redis) as ledger:
        with pytest.raises(SchemaError, match=r"have version 2, .* knows none after 1: upgrade"):
            await ledger.open("digest", "daily")
    client.close()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nothing to freeze a process with")
async def test_d3_a_process_frozen_for_longer_than_its_lease(tmp_path: Path) -> None:
    """Another begins its slot; it is told, and what it settles doesn't count."""
    path = tmp_path / "ledger.db"
    async with SqliteLedger(path, lease=0.5) as ledger:
        slot = await ledger.open("digest", "daily") + MICROSECOND
        arguments = [str(HERE / "ledger_process.py"), str(path), slot.isoformat(), "0.5"]
        process = subprocess.Popen(  # noqa: ASYNC220, S603 -- our own
            [sys.executable, *arguments], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            read = process.stdout.readline
            assert await asyncio.to_thread(read) == "claimed 1\n"
            # Alive, it keeps its lease.
            await asyncio.sleep(1.0)
            assert await claim(ledger, slot) == "claimed"
            os.kill(process.pid, signal.SIGSTOP)
            async with asyncio.timeout(PATIENCE):
                while not isinstance(claimed := await claim(ledger, slot), Claim):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            assert claimed.fence == 2
            os.kill(process.pid, signal.SIGCONT)
            assert await asyncio.to_thread(read) == "lost False\n"
            assert await asyncio.to_thread(process.wait, PATIENCE) == 0
            assert await ledger.settle(claimed) is True
        finally:
            process.kill()
            process.communicate()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing to kill a process with")
async def test_d3_a_process_that_is_killed(tmp_path: Path) -> None:
    """Its slot is found, and begun again."""
    path = tmp_path / "ledger.db"
    async with SqliteLedger(path, lease=0.5) as ledger:
        slot = await ledger.open("digest", "daily") + MICROSECOND
        arguments = [str(HERE / "ledger_process.py"), str(path), slot.isoformat(), "0.5"]
        process = subprocess.Popen(  # noqa: ASYNC220, S603 -- our own
            [sys.executable, *arguments], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == "claimed 1\n"
        process.kill()
        process.communicate()
        async with asyncio.timeout(PATIENCE):
            while await Client(ledger, "digest").lapsed() != [slot]:  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.05)
        claimed = await claim(ledger, slot)
        assert isinstance(claimed, Claim)
        assert await ledger.settle(claimed) is True
