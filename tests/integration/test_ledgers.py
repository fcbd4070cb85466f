"""Every ledger does what the suite says, over real stores (D2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import servers

from defectio_tasks._cli.main import main
from defectio_tasks.ledgers import Ledger, PostgresLedger, RedisLedger, SqliteLedger
from defectio_tasks.testing.ledgers import LedgerSuite

Make = Callable[[float, float], Ledger]


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    if not servers.has_postgres():
        pytest.skip(servers.NO_POSTGRES)
    with servers.postgres() as conninfo:
        yield conninfo


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    if not servers.has_redis():
        pytest.skip(servers.NO_REDIS)
    with servers.redis() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Return what makes ledgers over one store."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.db"
        return lambda lease, keep: SqliteLedger(path, lease=lease, keep=keep)
    where = request.getfixturevalue(request.param)
    if request.param == "redis":
        return lambda lease, keep: RedisLedger(where, lease=lease, keep=keep)
    conninfo = servers.unique_database(where)
    return lambda lease, keep: PostgresLedger(conninfo, lease=lease, keep=keep)


class TestLedgers(LedgerSuite):
    @pytest.fixture(autouse=True)
    def _store(self, make: Make) -> None:
        self._make = make

    def make(self, *, lease: float, keep: float) -> Ledger:
        return self._make(lease, keep)


@pytest.mark.parametrize("kind", [SqliteLedger, PostgresLedger, RedisLedger])
def test_the_command_line_shows_a_ledger_and_makes_none(
    kind: Callable[[str], Ledger],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if kind is SqliteLedger:
        where = str(tmp_path / "ledger.db")
    elif kind is PostgresLedger:
        where = servers.unique_database(request.getfixturevalue("postgres"))
    else:
        where = f"{request.getfixturevalue('redis')}?db=9"

    async def use() -> None:
        async with kind(where) as ledger:
            await ledger.open("digest", "daily")

    # The second time, it would be there if the first one had made it.
    assert [main(["ledger", where]) for _ in range(2)] == [2, 2]
    asyncio.run(use())
    capsys.readouterr()
    assert main(["ledger", where]) == 0
    assert capsys.readouterr().out.startswith("digest: daily\n  no slot since ")
