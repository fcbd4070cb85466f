"""How a run calls its hooks, and which of several exceptions ends it (contract L2, L9, L10)."""

from __future__ import annotations

import asyncio
from typing import Final, TypeGuard

from defectio_tasks._events import log as _report
from defectio_tasks._run.cancellation import Cancellable
from defectio_tasks._run.hook import Hook, HookName
from defectio_tasks._run.settings import Settings
from defectio_tasks._run.stage import OVER, Stage

# What is nobody's failure, and nobody's to keep (contract L10).
PASSING: Final = (KeyboardInterrupt, SystemExit)
ENDINGS: Final = (asyncio.CancelledError, *PASSING)


class HookCaller(Cancellable):
    """What calls hooks: before the first iteration, on a failure, and after the last iteration."""

    __slots__ = ("_args", "_bound", "failed", "settings", "stage")

    settings: Settings[object]
    """What the loop is set to; replaced when that changes."""
    stage: Stage
    failed: bool
    _args: tuple[object, ...]
    _bound: bool

    def foreign_cancellation(self) -> RuntimeError:
        """Make the failure of something that awaited what was cancelled.

        As a cancellation it would end the loop in silence.
        """
        name = self.settings.name
        return RuntimeError(f"loop {name!r} awaited something that was cancelled")

    async def _prepare(self, hook: Hook) -> None:
        """Call ``before_loop``, which ``stop`` may interrupt."""
        try:
            await self._call_hook(hook)
            await self.receive()
        finally:
            self.end_interruption()

    async def _finish(self, end: BaseException | None) -> BaseException | None:
        """Call ``error`` on a failure, and ``after_loop``.

        Args:
            end: What ended the iterations, if it was an exception.

        Returns:
            With which exception the task ends, if any.
        """
        await self.receive()
        if is_failure(end):
            end = await self._fail(end)
            await self.receive()
        late = await self._attempt(self.settings.after_loop)
        return self._weigh(end, late, "after_loop")

    async def _fail(self, error: BaseException) -> BaseException | None:
        self.failed = True
        # The hook is told of an `Exception` (contract T3); of others there are hardly any.
        if self.settings.error is None or not isinstance(error, Exception):
            _report.print_failure(self.settings.name, error)
            return error
        late = await self._attempt(self.settings.error, error)
        return self._weigh(error, late, "error")

    async def _attempt(self, hook: Hook | None, *error: Exception) -> BaseException | None:
        """Call a hook, if there is one, and tell with which exception it ended, if any."""
        try:
            if hook is not None:
                await self._call_hook(hook, *error)
        except GeneratorExit:
            self.stage = OVER
            raise
        except BaseException as late:  # noqa: BLE001 -- the caller raises it again
            return late
        return None

    async def _call_hook(self, hook: Hook, *error: Exception) -> None:
        known = self.task.cancelling()
        try:
            await hook.call(self._args, *error, bound=self._bound)
        except asyncio.CancelledError as cancelled:
            # `stop` interrupts `before_loop` by such an error, and all it wants is to go on.
            if self.is_interruption(known):
                return
            if self.judge(known):
                raise
            raise self.foreign_cancellation() from cancelled

    def _weigh(
        self, first: BaseException | None, late: BaseException | None, hook: HookName
    ) -> BaseException | None:
        """Tell which of two exceptions ends the task, the first or the one of a hook after it."""
        if late is None:
            return first
        if isinstance(late, ENDINGS):
            if first is not None and hook == "error":
                # The hook was broken off, and with it whatever it had to tell.
                _report.print_failure(self.settings.name, first)
            return late if isinstance(late, PASSING) else first
        _report.print_hook_failure(self.settings.name, hook, late, first)
        if first is not None:
            return first
        self.failed = True
        return late


def is_failure(end: BaseException | None) -> TypeGuard[BaseException]:
    """Tell whether it was a failure that ended the iterations."""
    return end is not None and not isinstance(end, ENDINGS)
