"""The event loops that the tests run in, by ``pytest --event-loop=...``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

import pytest

from defectio_tasks.testing import VirtualClock, _clock

P = ParamSpec("P")
EventLoop = TypeVar("EventLoop", bound=asyncio.AbstractEventLoop)

MODES: Final = {
    "asyncio": "asyncio's own, as anybody has it",
    "debug": "in asyncio's debug mode",
    "eager": "with asyncio's eager task factory, of Python 3.12",
    "uvloop": "uvloop's, in virtual time too",
}


def parse_modes(text: str) -> frozenset[str]:
    """Read what the option says: one mode, or several with commas between.

    Raises:
        pytest.UsageError: There is no such mode, or not with this Python.
    """
    modes = frozenset(text.split(","))
    if unknown := modes - MODES.keys():
        message = f"--event-loop must be of {', '.join(MODES)}, got {', '.join(sorted(unknown))}"
        raise pytest.UsageError(message)
    if "eager" in modes and sys.version_info < (3, 12):
        message = f"--event-loop=eager needs Python 3.12, got {sys.version.split()[0]}"
        raise pytest.UsageError(message)
    return modes


def install(modes: frozenset[str], config: pytest.Config, patch: pytest.MonkeyPatch) -> None:
    """Have every event loop made in these modes, the virtual ones too."""

    def in_modes(make: Callable[P, EventLoop]) -> Callable[P, EventLoop]:
        def new_event_loop(*args: P.args, **kwargs: P.kwargs) -> EventLoop:
            event_loop = make(*args, **kwargs)
            if "debug" in modes:
                event_loop.set_debug(True)
            if "eager" in modes:
                make_eager(event_loop)
            return event_loop

        return new_event_loop

    real: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    if "uvloop" in modes:
        # There is none for Windows.
        import uvloop  # noqa: PLC0415

        from support.virtual_uvloop import VirtualUvloop  # noqa: PLC0415

        real = uvloop.new_event_loop
        patch.setattr(_clock, "VirtualEventLoop", VirtualUvloop)
    # Where it is, and where `asyncio.Runner` looks for it.
    patch.setattr(asyncio, "new_event_loop", in_modes(real))
    patch.setattr(asyncio.events, "new_event_loop", in_modes(real))
    patch.setattr(VirtualClock, "new_event_loop", in_modes(VirtualClock.new_event_loop))
    # Else pytest-asyncio would set it back.
    config.option.asyncio_debug = "debug" in modes


def make_eager(event_loop: asyncio.AbstractEventLoop) -> None:
    """Have an event loop make eager tasks; there are none before Python 3.12."""
    of_uvloop = any(kind.__module__.startswith("uvloop") for kind in type(event_loop).__mro__)
    event_loop.set_task_factory(
        _uvloops_eager_task_factory if of_uvloop else vars(asyncio)["eager_task_factory"]
    )


def _uvloops_eager_task_factory(
    event_loop: asyncio.AbstractEventLoop, coroutine: object, **options: object
) -> asyncio.Task[Any]:
    """Make an eager task as asyncio does."""
    # On 3.13, uvloop passes `eager_start=None`: asyncio refuses that or, since 3.13.3, heeds it.
    options.pop("eager_start", None)
    factory: Callable[..., asyncio.Task[Any]] = vars(asyncio)["eager_task_factory"]
    return factory(event_loop, coroutine, **options)
