"""What calls the body: the run itself or, where several may be at work, one of its bodies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, Protocol

from defectio_tasks._policy.policy import Policy
from defectio_tasks._run.cancellation import Cancellation
from defectio_tasks._run.settings import Settings
from defectio_tasks._slots.judged import RunSlots
from defectio_tasks._slots.slot import Slot


class AtWork(Protocol):
    """What calls the body in a task, and calls it again."""

    task: asyncio.Task[None]
    """The task in which it does."""
    reported: bool
    """Whether an iteration has failed and was told of, and the ``error`` hook is at work on it."""

    @property
    def settings(self) -> Settings[object]:
        """What the loop is set to now."""
        ...

    @property
    def policy(self) -> Policy | None:
        """The policy of the iteration."""
        ...

    @property
    def args(self) -> tuple[object, ...]:
        """The body's positional arguments."""
        ...

    @property
    def bound(self) -> bool:
        """Whether the first of them is the instance to which the loop is bound."""
        ...

    def claimed(self, slots: RunSlots) -> Slot:
        """Return the slot of the iteration, which was claimed from these slots."""
        ...

    def attempt(self) -> Coroutine[Any, Any, object]:
        """Call the body."""
        ...

    def rest(self, delay: float) -> Awaitable[None]:
        """Return what to await for so many seconds."""
        ...

    def is_cancelled(self) -> bool:
        """Return whether the iteration was cancelled."""
        ...

    def cancellations(self) -> Cancellation:
        """Return what is known of the task's cancellations."""
        ...

    def abandon(self) -> None:
        """End, as the event loop is gone."""
        ...
