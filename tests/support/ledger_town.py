"""Processes that share a loop, and are killed and replaced; tests run it as a program.

It is given a ``Plan`` as JSON, and ends when its standard input is closed. All that happens is
written to a file, a line each; ``Line`` reads it. The processes are forks: to replace one takes a
few milliseconds, and not half a second of imports.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import random
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import defectio_tasks as tasks
from defectio_tasks._policy.policy import Delivery
from defectio_tasks.ledgers import PostgresLedger, RedisLedger, SqliteLedger

P = ParamSpec("P")
T = TypeVar("T")

# What a process does with its store is so often its end.
KILLS_IN: Final = {"open": 0.02, "claim": 0.01, "renew": 0.2, "settle": 0.02, "prune": 0.05}


@dataclass(frozen=True)
class Plan:
    """What a town does."""

    kind: str
    where: str
    """The store: its kind, and a path, a conninfo or a URL."""
    name: str
    """The loop's."""
    log: str
    """The file in which all that happens is written."""
    seed: int
    delivery: Delivery
    processes: int = 4
    step: float = 0.05
    """A slot comes every so many seconds."""
    body: float = 0.03
    """So long a body takes at most; one of fifty takes half a lease."""
    first_body: float = 0.0
    """So long a process' first body takes; 0 for as long as the others."""
    lease: float = 2.0
    keep: float = 3_600.0
    kills_in_bodies: float = 0.06
    kills_in_store: bool = True
    between_kills: float = 0.7
    """A process is killed at a random moment every so many seconds, in the mean; 0 for never."""

    @classmethod
    def read(cls, text: str) -> Plan:
        """Read what ``write`` has written."""
        return cls(**json.loads(text))

    def write(self) -> str:
        """Write it as JSON."""
        return json.dumps(dataclasses.asdict(self))

    @property
    def schedule(self) -> tasks.Every:
        """The loop's."""
        return tasks.Every(seconds=self.step)

    def ledger(self) -> SqliteLedger | PostgresLedger | RedisLedger:
        """Make a ledger."""
        if self.kind == "sqlite":
            return SqliteLedger(self.where, lease=self.lease, keep=self.keep)
        if self.kind == "postgres":
            return PostgresLedger(self.where, lease=self.lease, keep=self.keep)
        return RedisLedger(self.where, lease=self.lease, keep=self.keep)


@dataclass(frozen=True, slots=True)
class Line:
    """What happened to a process, in the order in which it did."""

    what: str
    """``"born"``, ``"begin"``, ``"end"``, ``"cancelled"``, ``"died"``."""
    pid: int
    slot: datetime | None
    fence: int
    more: str
    """Of a body that was cancelled, what its settle answered; of a process, how it ended."""


class Log:
    """The file in which all processes write."""

    def __init__(self, path: str) -> None:
        """Open it. Each line is one write at its end: none is torn, none gets lost with a kill."""
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(
        self, what: str, pid: int, slot: object = "-", fence: int = 0, more: str = ""
    ) -> None:
        """Write a line."""
        stamp = slot.isoformat() if isinstance(slot, datetime) else slot
        os.write(self._file, f"{what} {pid} {stamp} {fence} {more}\n".encode())


def read_log(path: str | Path) -> list[Line]:
    """Read all lines."""
    lines = list[Line]()
    for text in Path(path).read_text("utf-8").splitlines():
        what, pid, slot, fence, more = text.split(" ", 4)
        when = None if slot == "-" else datetime.fromisoformat(slot)
        lines.append(Line(what, int(pid), when, int(fence), more))
    return lines


def kill_soon(seconds: float) -> None:
    """Have this process end so soon, wherever it is then.

    The kernel does it on the spot, as with SIGKILL, and to the microsecond: nothing of Python's
    runs any more.
    """
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))


class Doomed:
    """A store whose process is killed within what it does, at a random instant."""

    def __init__(self, store: object, rng: random.Random) -> None:
        self._store, self._rng = store, rng
        self._took = dict.fromkeys(KILLS_IN, 0.002)

    def __getattr__(self, name: str) -> object:
        found = getattr(self._store, name)
        return self._risky(name, found) if name in KILLS_IN else found

    def __setattr__(self, name: str, value: object) -> None:
        if name == "clock":
            setattr(self._store, name, value)
        else:
            object.__setattr__(self, name, value)

    def _risky(self, name: str, do: Callable[P, T]) -> Callable[P, T]:
        def risk(*args: P.args, **kwargs: P.kwargs) -> T:
            if self._rng.random() < KILLS_IN[name]:
                # At times it is over by then, and the answer on its way.
                kill_soon(self._rng.uniform(0, 1.3) * self._took[name])
            begun = time.perf_counter()
            answer = do(*args, **kwargs)
            self._took[name] = time.perf_counter() - begun
            return answer

        return risk


async def live(plan: Plan, log: Log, life: int) -> None:
    """Be one of the processes."""
    rng, pid, ledger = random.Random(f"{plan.seed} {life}"), os.getpid(), plan.ledger()  # noqa: S311
    first = plan.first_body
    if plan.kills_in_store:
        ledger._store = Doomed(ledger._store, rng)  # type: ignore[assignment]

    @tasks.loop(
        schedule=plan.schedule,
        name=plan.name,
        ledger=ledger,
        # Long enough for a store that others keep busy.
        policy=tasks.Policy(missed="all", grace=86_400, delivery=plan.delivery),
    )
    async def digest() -> None:
        nonlocal first
        slot, claim = tasks.current_slot(), tasks.current_claim()
        assert claim is not None
        log.write("begin", pid, slot, claim.fence)
        takes = rng.uniform(0, plan.body) if rng.random() > 0.02 else plan.lease / 2
        takes, first = first or takes, 0.0
        is_last = rng.random() < plan.kills_in_bodies
        try:
            await asyncio.sleep(takes * rng.random() if is_last else takes)
        except asyncio.CancelledError:
            log.write("cancelled", pid, slot, claim.fence, str(await ledger.settle(claim)))
            raise
        if is_last:
            os.kill(pid, signal.SIGKILL)
        log.write("end", pid, slot, claim.fence)

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, digest.stop)
    async with ledger:
        await digest.start()


class Town:
    """The processes, and their fate."""

    def __init__(self, plan: Plan) -> None:
        """Begin without any."""
        self._plan, self._log = plan, Log(plan.log)
        # The driver is imported once for all.
        plan.ledger()
        # A machine that is busy may have a file be locked for longer than a ledger waits.
        logging.getLogger("defectio_tasks").setLevel(logging.ERROR)
        self._rng = random.Random(plan.seed)  # noqa: S311 -- it must come out the same again
        self._alive = list[int]()
        self._born = 0

    def run(self) -> None:
        """Kill and replace processes until nobody needs the town any more; then end them."""
        kill_at = self._next_kill()
        while not select.select([sys.stdin], [], [], 0.005)[0]:
            self._bury()
            while len(self._alive) < self._plan.processes:
                self._bear()
            if time.monotonic() > kill_at:
                os.kill(self._rng.choice(self._alive), signal.SIGKILL)
                kill_at = self._next_kill()
        for pid in self._alive:
            os.kill(pid, signal.SIGTERM)
        while self._alive:
            time.sleep(0.005)
            self._bury()

    def _next_kill(self) -> float:
        mean = self._plan.between_kills
        return time.monotonic() + (self._rng.expovariate(1 / mean) if mean else 1e9)

    def _bear(self) -> None:
        self._born += 1
        pid = os.fork()
        if pid:
            self._alive.append(pid)
            self._log.write("born", pid)
            return
        status = 1
        try:
            asyncio.run(live(self._plan, self._log, self._born))
            status = 0
        except BaseException:  # noqa: BLE001 -- whatever it is, it is told, and fails the test
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _bury(self) -> None:
        for pid in tuple(self._alive):
            with suppress(ChildProcessError):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    self._alive.remove(pid)
                    self._log.write("died", pid, more=str(os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    Town(Plan.read(sys.argv[1])).run()
