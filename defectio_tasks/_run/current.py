"""``current_slot`` and ``current_claim``: what a body can ask about its own iteration."""

from __future__ import annotations

from datetime import datetime

from defectio_tasks._run.overlap import Body
from defectio_tasks._run.run import WORKING, Run, current
from defectio_tasks.ledgers._ledger import Claim


def current_slot() -> datetime:
    """Return the slot of the iteration in which it is called, in UTC.

    It is the same in all attempts at an iteration, and after a restart with a ledger: a key by
    which others can tell that they have done something already. Tasks that the body begins are part
    of it, while the body is at work. With an interval, it is when the iteration was due by the wall
    clock.

    Raises:
        LookupError: It is called by something that isn't a loop's body, such as a hook.

    Example:
        >>> import asyncio
        >>> import defectio_tasks as tasks
        >>> @tasks.loop(count=1)
        ... async def post() -> None:
        ...     key = f"post {tasks.current_slot():%Y-%m-%dT%H:%M}"
        ...     print(len(key))
        >>> async def main() -> None:
        ...     await post.start()
        >>> asyncio.run(main())
        21
    """
    return _at_work().slot_at_work()


def current_claim() -> Claim | None:
    """Return the claim of the iteration in which it is called.

    Returns:
        ``None`` without a ledger, and for what :meth:`Loop.trigger` has asked for.

    Raises:
        LookupError: It is called by something that isn't a loop's body, such as a hook.

    Example:
        >>> import asyncio
        >>> import defectio_tasks as tasks
        >>> @tasks.loop(count=1)
        ... async def tick() -> None:
        ...     print(tasks.current_claim())
        >>> async def main() -> None:
        ...     await tick.start()
        >>> asyncio.run(main())
        None
    """
    worker = _at_work()
    return None if isinstance(worker, Run) else worker.claim


def _at_work() -> Run | Body:
    worker = current.get()
    if (
        worker is None
        or worker.reported
        or (worker.stage is not WORKING if isinstance(worker, Run) else worker.is_over())
    ):
        message = "no loop's body is at work here (ask in the body itself, not in a hook)"
        raise LookupError(message)
    return worker
