"""Four processes share a loop and are killed, in bodies and at random instants (D3, D8, D10).

By default it is a few dozen slots of each store. ``SOAK=long python -m pytest -rP`` with this file
has 400, with ten seeds, and tells figures; see ``support/ledger_town.py`` for what is done to whom.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path

import pytest
from soak.world import IS_LONG, SEED
from support import ledger_town, servers
from support.ledger_town import Line, Plan, read_log

import defectio_tasks as tasks
from defectio_tasks.ledgers import KnownSlot, Ledger

TOWN = Path(ledger_town.__file__)
SLOTS, SEEDS = (400, range(SEED, SEED + 10)) if IS_LONG else (36, range(SEED, SEED + 1))
PATIENCE = 600.0 if IS_LONG else 60.0
Rows = dict[datetime, KnownSlot]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes that fork")


@pytest.fixture(autouse=True)
def patience() -> None:
    if IS_LONG:
        faulthandler.cancel_dump_traceback_later()


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
def plan(request: pytest.FixtureRequest, tmp_path: Path) -> Plan:
    """Return what a town over one of the stores does."""
    where = str(tmp_path / "ledger.db")
    if request.param != "sqlite":
        where = request.getfixturevalue(request.param)
    if request.param == "postgres":
        where = servers.unique_database(where)
    log = tmp_path / "log"
    log.touch()
    return Plan(
        kind=request.param,
        where=where,
        name=f"digest {secrets.token_hex(6)}",
        log=str(log),
        seed=SEED,
        delivery="at_most_once",
    )


@asynccontextmanager
async def town(plan: Plan) -> AsyncGenerator[None]:
    """Have a town live for the length of a block; nobody in it says a word."""
    command = [sys.executable, str(TOWN), plan.write()]
    process = subprocess.Popen(  # noqa: ASYNC220, S603 -- our own
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield
        _, said = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
        assert (process.returncode, said) == (0, "")
    finally:
        process.kill()
        process.communicate()


async def watch(
    ledger: Ledger, plan: Plan, wanted: Sequence[datetime], is_over: Callable[[KnownSlot], bool]
) -> Rows:
    """Return the slots as they were last seen, also of those that were forgotten since."""
    rows = Rows()

    async def look() -> None:
        while True:
            rows.update({row.slot: row for row in await ledger.slots(plan.name)})
            await asyncio.sleep(0.2)

    looking = asyncio.create_task(look())
    async with town(plan):
        deadline = time.monotonic() + PATIENCE
        while missing := [slot for slot in wanted if slot not in rows or not is_over(rows[slot])]:
            assert time.monotonic() < deadline, [(slot, rows.get(slot)) for slot in missing]
            await asyncio.sleep(0.1)
    looking.cancel()
    await asyncio.wait([looking])
    rows.update({row.slot: row for row in await ledger.slots(plan.name)})
    return rows


async def slots_to_come(ledger: Ledger, plan: Plan) -> list[datetime]:
    """Open the loop, and return its first slots: as the loop does, by the schedule's text."""
    since = await ledger.open(plan.name, repr(plan.schedule))
    return list(islice(walk(plan.schedule, since), SLOTS))


def walk(schedule: tasks.Schedule, moment: datetime) -> Iterator[datetime]:
    while (following := schedule.next_after(moment)) is not None:
        yield (moment := following)


def fates(lines: Sequence[Line]) -> set[int]:
    """Return which processes were killed; all others have ended well."""
    ends = {line.pid: int(line.more) for line in lines if line.what == "died"}
    assert {line.pid for line in lines if line.what == "born"} == ends.keys()
    assert all(status <= 0 for status in ends.values())
    return {pid for pid, status in ends.items() if status < 0}


def begun(lines: Sequence[Line]) -> Mapping[datetime, list[Line]]:
    """Return each slot's begins, in order; no claim is that of two."""
    begins = dict[datetime, list[Line]]()
    for line in lines:
        if line.what == "begin":
            assert line.slot is not None
            begins.setdefault(line.slot, []).append(line)
    fences = Counter(line.fence for each in begins.values() for line in each)
    assert set(fences.values()) == {1}
    # Nobody lost a lease: it would be the machine's fault, and nothing of this be tested.
    assert not [line for line in lines if line.what == "cancelled"]
    return begins


def owner(row: KnownSlot) -> int:
    """Return the process that had claimed a slot last."""
    return int(row.owner.split(":")[-2])


def tell(capsys: pytest.CaptureFixture[str], plan: Plan, lines: Sequence[Line], more: str) -> None:
    if IS_LONG:
        ends = Counter(line.more for line in lines if line.what == "died")
        with capsys.disabled():
            print(  # noqa: T201 -- as the soaks' figures
                f"\n{plan.kind}, {plan.delivery}, seed {plan.seed}: {ends['-9']} killed in bodies"
                f" or at random, {ends['-14']} in the midst of the store's work; {more}"
            )


@pytest.mark.parametrize("seed", SEEDS)
async def test_d3_at_most_once_nothing_is_begun_twice(
    plan: Plan, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is lost was lost with a process that was killed in it, and nothing else is."""
    plan = replace(plan, seed=seed, keep=4.0 if seed % 2 else 3_600.0)
    async with plan.ledger() as ledger:
        wanted = await slots_to_come(ledger, plan)
        rows = await watch(ledger, plan, wanted, lambda row: True)
    lines = read_log(plan.log)
    killed, begins = fates(lines), begun(lines)
    assert {slot: len(each) for slot, each in begins.items() if len(each) > 1} == {}
    assert all(rows[slot].fence == line.fence for slot, [line] in begins.items())
    # Each process is at one slot at a time, and loses that at most.
    lost = Counter(owner(row) for row in rows.values() if row.settled is None)
    assert lost.keys() <= killed
    assert set(lost.values()) <= {1}
    unended = begins.keys() - {line.slot for line in lines if line.what == "end"}
    assert all(rows[slot].settled is None for slot in unended)
    assert killed
    tell(
        capsys,
        plan,
        lines,
        f"{len(rows)} slots, {lost.total()} lost: {len(unended)} of them in bodies",
    )


@pytest.mark.parametrize("seed", SEEDS)
async def test_d3_at_least_once_each_slot_is_settled_once(
    plan: Plan, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is begun again was begun by a process that was killed in it."""
    plan = replace(plan, seed=seed, delivery="at_least_once", keep=4.0 if seed % 2 else 3_600.0)

    async with plan.ledger() as ledger:
        wanted = await slots_to_come(ledger, plan)
        rows = await watch(ledger, plan, wanted, lambda row: row.settled is not None)
    lines = read_log(plan.log)
    killed, begins = fates(lines), begun(lines)
    ends = Counter((line.slot, line.fence) for line in lines if line.what == "end")
    # Who was killed after it, and before it was settled, has done it all the same.
    assert set(ends.values()) == {1}
    for slot in wanted:
        last = begins[slot][-1]
        assert rows[slot].fence == last.fence
        assert owner(rows[slot]) == last.pid
        assert ends[slot, last.fence] == 1
    places = {line: place for place, line in enumerate(lines)}
    deaths = {line.pid: place for place, line in enumerate(lines) if line.what == "died"}
    for each in begins.values():
        for former, later in pairwise(each):
            assert former.pid in killed
            assert deaths[former.pid] < places[later]
            assert former.fence < later.fence
    assert killed
    again = sum(len(each) - 1 for each in begins.values())
    tell(capsys, plan, lines, f"{len(begins)} slots, {again} times begun again")


async def test_d3_a_process_frozen_for_longer_than_its_lease(plan: Plan) -> None:
    """Another begins its slot; once it wakes, its body is cancelled, and its settle says no."""
    plan = replace(
        plan,
        delivery="at_least_once",
        processes=1,
        step=0.5,
        kills_in_bodies=0.0,
        kills_in_store=False,
        between_kills=0.0,
    )

    async def read(what: str) -> Line:
        async with asyncio.timeout(PATIENCE):
            while True:
                for line in read_log(plan.log):
                    if (line.what, line.slot) == (what, slot):
                        return line
                await asyncio.sleep(0.05)

    async with plan.ledger() as ledger:
        slot, *_ = await slots_to_come(ledger, plan)
        async with town(replace(plan, first_body=PATIENCE)):
            frozen = await read("begin")
            async with town(plan):
                os.kill(frozen.pid, signal.SIGSTOP)
                try:
                    done = await read("end")
                finally:
                    os.kill(frozen.pid, signal.SIGCONT)
                cancelled = await read("cancelled")
        [row] = [row for row in await ledger.slots(plan.name) if row.slot == slot]
    assert (cancelled.pid, cancelled.fence, cancelled.more) == (frozen.pid, frozen.fence, "False")
    assert done.pid != frozen.pid
    assert done.fence > frozen.fence
    assert (row.fence, owner(row), row.state) == (done.fence, done.pid, "settled")
    begins = [
        line.fence for line in read_log(plan.log) if (line.what, line.slot) == ("begin", slot)
    ]
    assert begins == [frozen.fence, done.fence]
