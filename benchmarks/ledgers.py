"""What a ledger costs: ``python -m benchmarks.ledgers``.

It needs ``pip install -e .[dev]``; ``tests/support/servers.py`` says where the servers come from.
First, what it takes to claim a slot and to settle it, as a ratio to two bare statements by the
store's driver, an insert and an update of one row, prepared, each in a thread as a ledger's are.
Both are asked in turns, and a twentieth of all is as fast as the figure: the others have waited for
what else the machine does. Then, how many slots processes claim and settle in a second on one
PostgreSQL, and the processor time that a claim with its settling takes.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from statistics import quantiles
from typing import IO, Any, Final, NamedTuple, Protocol, TypeAlias, cast

from defectio_tasks.ledgers import Claim, Ledger, PostgresLedger, RedisLedger, SqliteLedger

PAIRS: Final = 1_000
TABLE: Final = (
    "CREATE TABLE bare (name TEXT, slot BIGINT, owner TEXT, claimed BIGINT, settled BIGINT, "
    "PRIMARY KEY (name, slot))"
)
INSERT: Final = (
    "INSERT INTO bare VALUES ({0}, {0}, {0}, {0}, NULL) ON CONFLICT DO NOTHING RETURNING slot"
)
UPDATE: Final = "UPDATE bare SET settled = {0} WHERE name = {0} AND slot = {0} RETURNING slot"
LOOPS: Final = (
    "INSERT INTO defectio_tasks_loops SELECT 'p' || p || ' loop ' || l, 'daily', 0, 0 "
    "FROM generate_series(0, %s) p, generate_series(0, %s) l"
)
SLOTS: Final = (
    "INSERT INTO defectio_tasks_slots SELECT 'p' || n %% %s || ' loop ' || n / %s %% %s, n, n, "
    "'host:1234:0123456789abcdef', n, NULL, n FROM generate_series(1, %s) n"
)
BACKENDS: Final = (
    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
    "AND pid <> pg_backend_pid()"
)

SECONDS: Final = 4.0
# How many claims a process has under way at once.
AT_ONCE: Final = 8
MICROSECOND: Final = timedelta(microseconds=1)

Claims: TypeAlias = Callable[[str, int], Awaitable[bool]]
"""Claims the slot of a number of a loop, and settles it; returns whether it was granted."""


class Closes(Protocol):
    """A connection."""

    def close(self) -> object:
        """Close it."""
        ...


class Bare(NamedTuple):
    """A driver without a ledger."""

    connect: Callable[[], Closes]
    claim: Callable[[Any, int], object]
    settle: Callable[[Any, int], object]


class Scene(NamedTuple):
    """What a PostgreSQL is asked at the same time."""

    processes: int
    loops: int = 100
    """How many each process has."""
    kept: int = 0
    """How many slots the store has already."""
    shared: bool = False
    """Whether all processes have the same loops, and claim the same slots."""
    settles: bool = True
    """Whether what is granted is settled, which is another statement."""


SCENES: Final = (
    Scene(1),
    Scene(2),
    Scene(4),
    Scene(8),
    Scene(4, loops=1),
    Scene(4, loops=2_500),
    Scene(4, kept=100_000),
    Scene(4, shared=True),
    Scene(4, settles=False),
)


def bare_sqlite(path: str) -> Bare:
    """Return what does two statements in a file."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(TABLE)
        return connection

    insert, update = INSERT.format("?"), UPDATE.format("?")
    return Bare(
        connect,
        lambda it, slot: it.execute(insert, ("digest", slot, "owner", slot)).fetchall(),
        lambda it, slot: it.execute(update, (slot, "digest", slot)).fetchall(),
    )


def bare_postgres(conninfo: str) -> Bare:
    """Return what does two statements in PostgreSQL."""
    psycopg: Any = import_module("psycopg")

    def connect() -> Closes:
        connection = psycopg.connect(conninfo, autocommit=True)
        connection.execute(TABLE)
        return cast("Closes", connection)

    insert, update = INSERT.format("%s"), UPDATE.format("%s")
    return Bare(
        connect,
        lambda it, slot: it.execute(
            insert, ("digest", slot, "owner", slot), prepare=True
        ).fetchall(),
        lambda it, slot: it.execute(update, (slot, "digest", slot), prepare=True).fetchall(),
    )


def bare_redis(url: str) -> Bare:
    """Return what does two commands in Redis."""
    redis: Any = import_module("redis")
    return Bare(
        lambda: redis.Redis.from_url(url),
        lambda it, slot: it.set(f"digest:{slot}", "owner", nx=True),
        lambda it, slot: it.set(f"digest:{slot}", "settled", xx=True),
    )


def by_ledger(ledger: Ledger, first: datetime, *, settles: bool = True) -> Claims:
    """Return what claims and settles by a ledger.

    Args:
        ledger: The ledger.
        first: The slots are a microsecond apart from here on.
        settles: Whether it settles.
    """

    async def claim_and_settle(name: str, number: int) -> bool:
        slot = first + number * MICROSECOND
        claim = await ledger.claim(
            name, slot, delivery="at_most_once", closes=False, lost=lambda: None
        )
        return isinstance(claim, Claim) and (not settles or await ledger.settle(claim))

    return claim_and_settle


async def compare(ledger: Ledger, bare: Bare) -> dict[str, float]:
    """Return what a claim and its settling take, in microseconds, by a ledger and by a driver."""
    event_loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as thread:
        connection = await event_loop.run_in_executor(thread, bare.connect)

        async def by_driver(name: str, number: int) -> bool:
            del name
            claimed = await event_loop.run_in_executor(thread, bare.claim, connection, number)
            settled = await event_loop.run_in_executor(thread, bare.settle, connection, number)
            return bool(claimed and settled)

        async with ledger:
            by_ours = by_ledger(ledger, await ledger.open("digest", "daily"))
            taken: dict[str, list[float]] = {"bare": [], "ledger": []}
            for number in range(1, PAIRS + 1):
                for what, claim_and_settle in zip(taken, (by_driver, by_ours), strict=True):
                    begun = time.perf_counter()
                    if not await claim_and_settle("digest", number):
                        raise AssertionError(what)
                    taken[what].append((time.perf_counter() - begun) * 1e6)
        await event_loop.run_in_executor(thread, connection.close)
    return {what: quantiles(times, n=20)[0] for what, times in taken.items()}


def prepare(conninfo: str, scene: Scene) -> str:
    """Return the conninfo of a ledger that has the loops, and slots, of a scene."""
    servers: Any = import_module("tests.support.servers")
    psycopg: Any = import_module("psycopg")
    own: str = servers.unique_database(conninfo)

    async def make() -> None:
        async with PostgresLedger(own) as ledger:
            await ledger.loops()

    asyncio.run(make())
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute(LOOPS, [scene.processes - 1, scene.loops - 1])
        connection.execute(SLOTS, [scene.processes, scene.processes, scene.loops, scene.kept])
        connection.execute("VACUUM ANALYZE")
    return own


def work(conninfo: str, scene: Scene) -> dict[str, float]:
    """Return how many slots are claimed in a second, and what one takes in processor time."""
    psycopg: Any = import_module("psycopg")
    own = prepare(conninfo, scene)
    first = datetime.now(UTC) - timedelta(hours=1)
    with ExitStack() as stack:
        connection: Any = stack.enter_context(psycopg.connect(own, autocommit=True))
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "benchmarks.ledgers",
                        *map(str, (own, first, number, scene.loops, *["settle"] * scene.settles)),
                    ],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for number in ([0] * scene.processes if scene.shared else range(scene.processes))
        ]

        def exchange() -> Counter[str]:
            """Wait until each process has done a part, and have it go on."""
            counts: Counter[str] = Counter()
            for process in processes:
                counts.update(json.loads(cast("IO[str]", process.stdout).readline()))
            pids = connection.execute(BACKENDS).fetchall()
            counts["server"] = sum(_processor_time(pid) for (pid,) in pids)
            for process in processes:
                stdin = cast("IO[str]", process.stdin)
                stdin.write("\n")
                stdin.flush()
            return counts

        before, after = exchange(), exchange()
    asked = after["asked"]
    return {
        "asked": asked / SECONDS,
        "granted": after["granted"] / SECONDS,
        "client_us": (after["client"] - before["client"]) / asked / 1000,
        "server_us": (after["server"] - before["server"]) / asked / 1000,
    }


def _processor_time(pid: int) -> int:
    """Return the nanoseconds that a process of this machine has worked, where that is known."""
    path = Path(f"/proc/{pid}/schedstat")
    return int(path.read_text(encoding="ascii").split()[0]) if path.exists() else 0


async def claim(conninfo: str, first: str, process: str, loops: str, *settle: str) -> None:
    """Claim and settle slots of a process' loops for a while, and say how many they were."""
    counts = {"asked": 0, "granted": 0, "client": 0}

    def tell() -> None:
        sys.stdout.write(json.dumps({**counts, "client": time.process_time_ns()}) + "\n")
        sys.stdout.flush()
        sys.stdin.readline()

    async with PostgresLedger(conninfo) as ledger:
        by_ours = by_ledger(ledger, datetime.fromisoformat(first), settles=bool(settle))
        await ledger.loops()
        tell()
        until = time.monotonic() + SECONDS

        async def task(number: int) -> None:
            while time.monotonic() < until:
                counts["asked"] += 1
                granted = await by_ours(f"p{process} loop {number % int(loops)}", number)
                counts["granted"] += granted
                number += AT_ONCE

        await asyncio.gather(*map(task, range(AT_ONCE)))
        tell()


def main() -> None:
    """Measure, and print tables and, on the last line, the same as JSON."""
    servers: Any = import_module("tests.support.servers")
    results: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        conninfo: str = stack.enter_context(servers.postgres())
        url: str = stack.enter_context(servers.redis())
        own = servers.unique_database(conninfo)
        pairs: Mapping[str, tuple[Ledger, Bare]] = {
            "SQLite": (SqliteLedger(f"{folder}/ledger.db"), bare_sqlite(f"{folder}/bare.db")),
            "PostgreSQL": (PostgresLedger(own), bare_postgres(own)),
            "Redis": (RedisLedger(url), bare_redis(url)),
        }
        for store, (ledger, bare) in pairs.items():
            least = results[store] = asyncio.run(compare(ledger, bare))
            ours, floor = least["ledger"], least["bare"]
            sys.stdout.write(
                f"{store:12} {ours / floor:5.2f}  ({ours:.0f} us, {floor:.0f} us bare)\n"
            )
        for scene in SCENES:
            rates = results[str(scene)] = work(conninfo, scene)
            shown = ", ".join(f"{what} {rate:.0f}" for what, rate in rates.items())
            sys.stdout.write(f"{scene}: {shown}\n")
    sys.stdout.write(json.dumps({"python": sys.version.split()[0], "results": results}) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(claim(*sys.argv[1:]))
    else:
        main()
