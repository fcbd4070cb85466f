"""Several processes at one store that crash whenever they like, against a small model (D3-D9)."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from defectio_tasks.ledgers._sql import SqlStore, Value
from defectio_tasks.ledgers._sqlite import DIALECT, SqliteDatabase
from defectio_tasks.ledgers._store import SECOND, Key

NAME = "digest"
LEASE = 10.0
KEEP = 60.0
START = 1_000 * SECOND
CLIENTS = st.integers(0, 2)
SCHEDULES = st.sampled_from(["daily", "hourly"])


class CrashError(Exception):
    """A process is killed."""


class Mortal:
    """A connection to a file whose process is killed before one of its statements."""

    is_lost = False

    def __init__(self, path: Path, world: World) -> None:
        self._world = world
        self._inner = SqliteDatabase(str(path), 5.0, lambda: world.now)
        # No power is cut here.
        self._inner.execute("PRAGMA synchronous = OFF", {})

    def execute(self, statement: str, values: Mapping[str, Value], /) -> Sequence[Sequence[Value]]:
        self._world.step()
        return self._inner.execute(statement, values)

    @contextmanager
    def transaction(self) -> Generator[None]:
        self._world.step()
        with self._inner.transaction():
            yield
            self._world.step()

    def close(self) -> None:
        self._inner.close()


class World:
    """What all processes share: the clock of their machine, and their fate."""

    def __init__(self) -> None:
        self.now = START
        self.statements_left: int | None = None

    def step(self) -> None:
        if self.statements_left is None:
            return
        if self.statements_left == 0:
            raise CrashError
        self.statements_left -= 1


@dataclass
class Known:
    """A slot in the model."""

    fence: int
    owner: str
    claimed: int
    lease: int | None
    settled: int | None = None

    def is_free(self, now: int) -> bool:
        return self.settled is None and self.lease is not None and self.lease <= now

    def last(self) -> int:
        if self.settled is not None:
            return self.settled
        return self.claimed if self.lease is None else self.lease


class Processes(RuleBasedStateMachine):
    """The store, and beside it the model: a floor, a counter, and what is known of each slot."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "ledger.db"
        self.world = World()
        self.born = 0
        self.stores: dict[int, tuple[SqlStore, str]] = {}
        self.schedule: str | None = None
        self.floor = self.fence = 0
        self.known: dict[int, Known] = {}
        self.begun: set[int] = set()

    def process(self, client: int) -> tuple[SqlStore, str]:
        if client not in self.stores:
            self.born += 1
            store = SqlStore(DIALECT, lambda: Mortal(self.path, self.world))
            self.stores[client] = (store, f"process {self.born}")
        return self.stores[client]

    @initialize(client=CLIENTS, is_new=st.booleans())
    def begin(self, client: int, *, is_new: bool) -> None:
        if not is_new:
            self.open(client, "daily")

    @rule(client=CLIENTS, schedule=SCHEDULES)
    def open(self, client: int, schedule: str) -> None:
        store, _ = self.process(client)
        if self.schedule is None:
            self.floor = self.world.now
        elif self.schedule != schedule:
            self.floor = max(self.floor, self.world.now)
        self.schedule = schedule
        assert store.open(NAME, schedule) == max([self.floor, *self.known])

    @rule(
        client=CLIENTS,
        ahead=st.sampled_from([-SECOND, 0, 1, SECOND - 1, SECOND, SECOND + 1]),
        again=st.booleans(),
        leased=st.booleans(),
        closes=st.booleans(),
        data=st.data(),
    )
    def claim(  # noqa: PLR0913 -- what a claim depends on
        self,
        client: int,
        ahead: int,
        *,
        again: bool,
        leased: bool,
        closes: bool,
        data: st.DataObject,
    ) -> None:
        slot = self.world.now + ahead
        if again and self.known:
            slot = data.draw(st.sampled_from(sorted(self.known)))
        store, owner = self.process(client)
        answer = store.claim(Key(NAME, slot), owner, LEASE if leased else None, closes=closes)
        known = self.known.get(slot)
        if self.schedule is None:
            assert answer is None
        elif known is not None and known.settled is not None:
            assert answer == "settled"
        elif slot <= self.floor:
            assert answer == "closed"
        elif slot > self.world.now + SECOND:
            assert answer == "early"
        elif known is not None and known.owner != owner and not known.is_free(self.world.now):
            assert answer == "claimed"
        else:
            self.fence += 1
            assert answer == self.fence
            lease = self.world.now + round(LEASE * SECOND) if leased else None
            self.known[slot] = Known(self.fence, owner, self.world.now, lease)
            if closes:
                self.floor = max(self.floor, slot - 1)

    @rule(client=CLIENTS, data=st.data())
    @precondition(lambda self: self.known)
    def settle(self, client: int, data: st.DataObject) -> None:
        store, owner = self.process(client)
        slot = data.draw(st.sampled_from(sorted(self.known)))
        known = self.known[slot]
        fence = data.draw(st.sampled_from([known.fence, known.fence - 1]))
        counts = known.owner == owner and known.fence == fence
        assert store.settle(Key(NAME, slot), fence, owner) is counts
        if counts and known.settled is None:
            known.settled = self.world.now

    @rule(client=CLIENTS, data=st.data())
    @precondition(lambda self: self.known)
    def give_back(self, client: int, data: st.DataObject) -> None:
        store, owner = self.process(client)
        slot = data.draw(st.sampled_from(sorted(self.known)))
        store.give_back(Key(NAME, slot), owner)
        known = self.known[slot]
        if known.owner == owner and known.settled is None:
            known.owner, known.lease = "", self.world.now

    @rule(client=CLIENTS, data=st.data())
    def renew(self, client: int, data: st.DataObject) -> None:
        store, owner = self.process(client)
        own = [
            slot
            for slot, known in self.known.items()
            if known.owner == owner and known.settled is None and known.lease is not None
        ]
        held = data.draw(st.sets(st.sampled_from(own))) if own else set()
        asked = {Key(NAME, slot) for slot in held | {0}}
        assert set(store.renew(asked, owner, LEASE)) == {Key(NAME, slot) for slot in held}
        for slot in own:
            known = self.known[slot]
            if slot in held:
                known.lease = self.world.now + round(LEASE * SECOND)
            else:
                # It was granted to a process that doesn't know.
                known.owner, known.lease = "", self.world.now

    @rule(client=CLIENTS, seconds=st.sampled_from([0.0, KEEP, KEEP + LEASE]))
    def prune(self, client: int, seconds: float) -> None:
        self.pass_time(seconds)
        store, _ = self.process(client)
        store.prune(NAME, KEEP)
        before = self.world.now - round(KEEP * SECOND)
        wanted = min((s for s, known in self.known.items() if known.last() > before), default=None)
        gone = [slot for slot in self.known if wanted is None or slot < wanted]
        if self.schedule is not None:
            self.floor = max([self.floor, *gone])
        self.known = {
            slot: known
            for slot, known in self.known.items()
            if slot > self.floor or known.last() > before
        }

    @rule(seconds=st.sampled_from([0.5, 1.0, LEASE]))
    def pass_time(self, seconds: float) -> None:
        self.world.now += round(seconds * SECOND)

    @rule(client=CLIENTS, statements=st.integers(0, 12), data=st.data())
    def crash(self, client: int, statements: int, data: st.DataObject) -> None:
        """Kill a process in the middle of something: it happens entirely, or not at all."""
        store, owner = self.process(client)
        slot = data.draw(st.sampled_from(sorted(self.known) or [self.world.now]))
        doing = data.draw(st.sampled_from(["claim", "prune", "settle", "open"]))
        self.pass_time(data.draw(st.sampled_from([0.0, KEEP + LEASE])))
        before = self.observe()
        self.world.statements_left = statements
        try:
            if doing == "claim":
                store.claim(Key(NAME, slot), owner, LEASE, closes=True)
            elif doing == "settle" and slot in self.known:
                store.settle(Key(NAME, slot), self.known[slot].fence, owner)
            elif doing == "open" and self.schedule is not None:
                store.open(NAME, self.schedule)
            else:
                store.prune(NAME, KEEP)
        except CrashError:
            pass
        self.world.statements_left = None
        store.close()
        del self.stores[client]
        after = self.observe()
        # Rows vanish only below the floor, and a floor and a fence only rise.
        assert after[0] >= before[0]
        assert after[1] >= before[1]
        self.floor, self.fence, self.known = after
        if self.schedule is not None:
            assert all(slot in self.known or slot <= self.floor for slot in before[2])

    def observe(self) -> tuple[int, int, dict[int, Known]]:
        """Read what the store holds."""
        store, _ = self.process(3)
        rows = {
            row.slot: Known(row.fence, row.owner, row.claimed, row.lease, row.settled)
            for row in store.slots(NAME)
        }
        [*found] = store._do("SELECT floor, fence FROM defectio_tasks_loops")
        floor, fence = found[0] if found else (0, 0)
        assert isinstance(floor, int)
        assert isinstance(fence, int)
        return floor, fence, rows

    @invariant()
    def the_store_and_the_model_agree(self) -> None:
        floor, fence, rows = self.observe()
        assert rows == self.known
        assert (floor, fence) == (self.floor, self.fence)

    @invariant()
    def those_that_have_lapsed_can_be_claimed(self) -> None:
        store, _ = self.process(3)
        leased = store.leased(NAME)
        assert [row.slot for row in leased if row.lease and row.lease <= row.now] == sorted(
            slot
            for slot, known in self.known.items()
            if slot > self.floor and known.is_free(self.world.now)
        )

    def teardown(self) -> None:
        for store, _ in self.stores.values():
            store.close()
        self.folder.cleanup()


TestProcesses = pytest.mark.filterwarnings("error")(Processes.TestCase)
TestProcesses.settings = settings(max_examples=60, stateful_step_count=40)
