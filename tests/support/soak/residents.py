"""The loops that live in the soak: what each is made of, and what its body and hooks do.

A ``Resident`` has a real loop and the ledger for it. Whatever is done to the loop, and whatever its
functions do, the resident tells the ledger; what that makes of it is no business of this room.
"""

from __future__ import annotations

import asyncio
import random
import weakref
from collections.abc import Callable, Sequence
from typing import Literal, NoReturn, TypeAlias

from defectio_tasks.testing import VirtualClock
from support.soak import loops
from support.soak.ledger import Ledger, Outcome
from support.soak.moments import DAY
from support.soak.options import Hook, Options
from support.soak.timings import Every, Timing

Deed: TypeAlias = Literal["start", "start twice", "stop", "cancel", "restart", "change", "replace"]
"""What can be done to a loop; to replace it is to let go of its instance for another."""


class Resident:
    """One loop, and all that happens to it."""

    def __init__(
        self,
        options: Options,
        pool: Sequence[Timing],
        rng: random.Random,
        clock: VirtualClock,
        complain: Callable[[str], None],
    ) -> None:
        """Make the loop.

        Args:
            options: What it is made of.
            pool: What it is changed to; at first it is set to the first.
            rng: Decides what its functions do.
            clock: The clock that it lives by.
            complain: Is told what goes wrong.
        """
        self._options, self._pool, self._rng = options, pool, rng
        self.ledger = Ledger(options, pool[0], clock, complain)
        # If it is set to an interval of 0 at times, no body may end without a wait.
        self._restless = Every(0) in pool
        # About how many seconds lie between two slots.
        self._spacing = (pool[0].seconds or 120) if isinstance(pool[0], Every) else DAY / 6
        # How many attempts are still to fail in a row.
        self._failures = 0
        self._number = 0
        self._watched: asyncio.Task[None] | None = None
        self._instance: object = None
        self.instances: list[weakref.ref[object]] = []
        """All instances that it ever had."""
        self._move_in()

    @property
    def name(self) -> str:
        """The name of the loop."""
        return self._options.name

    @property
    def is_bound(self) -> bool:
        """Whether the loop is an instance's."""
        return self._options.bound

    def let_go(self) -> None:
        """Keep neither the instance nor the last task."""
        self._instance = self._watched = None

    def do(self, deed: Deed) -> None:
        """Do something to the loop, and tell the ledger."""
        self._number += 1
        match deed:
            case "start":
                self.ledger.start(self._number)
                self._watch(self.loop.start(self._number))
            case "start twice":
                self._start_twice()
            case "stop":
                self.ledger.stop()
                self.loop.stop()
            case "cancel":
                self.ledger.cancel()
                self.loop.cancel()
            case "restart":
                self._restart()
            case "change":
                timing = self._rng.choice(self._pool)
                if self.ledger.is_changeable(timing):
                    self.ledger.change(timing)
                    loops.change(self.loop, timing)
            case "replace":
                self.ledger.replace(self._pool[0])
                self._move_in()

    def _start_twice(self) -> None:
        try:
            self.loop.start(self._number)
        except RuntimeError:
            return
        message = f"{self._options.name} was started twice"
        raise AssertionError(message)

    def _restart(self) -> None:
        was_running = self.ledger.running
        self.ledger.restart(self._number)
        self.loop.restart(self._number)
        # Of a run that follows another there is no task yet.
        if not was_running:
            self._watch(self.loop.get_task())

    def _move_in(self) -> None:
        self.loop, self._instance = loops.make(self._options, self._pool[0], self)
        if self._instance is not None:
            self.instances.append(weakref.ref(self._instance))

    def _watch(self, task: asyncio.Task[None] | None) -> None:
        """Have the ledger told of the end of a task."""
        if task is None or task is self._watched:
            return
        self._watched = task
        ledger, record = self.ledger, self.ledger.record

        def end(task: asyncio.Task[None]) -> None:
            outcome: Outcome = "ended"
            if task.cancelled() or task.exception():
                outcome = "cancelled" if task.cancelled() else "failed"
            ledger.end_task(record, outcome)

        task.add_done_callback(end)

    # What its functions do

    async def body(self, number: int) -> None:
        """Do what a body may do, and tell the ledger."""
        self.ledger.begin_body(number, self.loop.current_loop)
        self._watch(asyncio.current_task())
        try:
            await self._work()
        except asyncio.CancelledError:
            self.ledger.end_body("cancelled" if self.ledger.cancelled else "failed")
            raise
        except Exception as error:
            again = self._options.reconnect and isinstance(error, self._options.retried)
            self.ledger.end_body("retried" if again else "failed")
            raise
        self.ledger.end_body("fine")

    async def hook(self, hook: Hook) -> None:
        """Do what a hook may do, and tell the ledger."""
        self.ledger.begin_hook(hook)
        self._watch(asyncio.current_task())
        try:
            if self._rng.random() < 0.8:
                await asyncio.sleep(self._rng.uniform(0.01, 30) * self._rng.choice([0.01, 1, 20]))
        except asyncio.CancelledError:
            self.ledger.end_hook(hook, "cancelled")
            raise
        if hook == "before_loop" and self._rng.random() < 0.02:
            self.ledger.end_hook(hook, "failed")
            raise OSError
        self.ledger.end_hook(hook, "fine")

    async def _work(self) -> None:
        rng = self._rng
        if self._failures:
            self._failures -= 1
            await self._stumble()
        dice = rng.random()
        if dice < 0.88:
            if dice < 0.6 or self._restless:
                await self._rest(5)
        elif dice < 0.92:
            # It overruns, in most cases.
            await asyncio.sleep(self._spacing * rng.uniform(0.5, 4))
        elif dice < 0.97:
            self._failures = 11 if rng.random() < 0.1 else rng.randrange(4)
            await self._stumble()
        elif dice < 0.995:
            await self._meddle()
        elif dice < 0.999:
            await self._rest(3)
            raise LookupError
        else:
            # Something that it awaits is cancelled, and not the loop (L10).
            other = asyncio.ensure_future(asyncio.sleep(1))
            other.cancel()
            await other

    async def _rest(self, most: float) -> None:
        least = 0.5 if self._restless else 0.0
        await asyncio.sleep(self._rng.uniform(least, most))

    async def _stumble(self) -> NoReturn:
        """Fail with something that the loop tries again after, unless it is told not to."""
        await self._rest(3)
        raise self._rng.choice(self._options.retried)

    async def _meddle(self) -> None:
        """Have the body stop, change, restart or cancel its own loop."""
        if self._rng.random() < 0.5:
            await self._rest(5)
        deeds: tuple[Deed, ...] = ("stop", "change", "change", "change", "restart", "cancel")
        deed = self._rng.choice(deeds)
        self.do(deed)
        if deed == "change" and self._rng.random() < 0.5:
            await asyncio.sleep(self._spacing * self._rng.uniform(0.1, 2))
        elif deed != "cancel" or self._rng.random() < 0.5:
            await self._rest(5)
