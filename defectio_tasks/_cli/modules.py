"""A user's module, imported so that it starts nothing."""

# pyright: reportPrivateUsage=false
# Which event loop runs, asyncio has only a private setter for.

from __future__ import annotations

import asyncio
import importlib
import inspect
import io
import logging
import pkgutil
import re
import sys
import traceback
import warnings
from asyncio.events import _get_running_loop, _set_running_loop
from collections.abc import Generator, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path, PurePath
from types import ModuleType
from typing import Final

from typing_extensions import override

from defectio_tasks._cli.errors import UsageError, describe, one_line

_PACKAGE: Final = Path(__file__).parents[1]
# What asyncio and uvloop say where one event loop is to run within another.
_STARTS: Final = re.compile(r"running event loop|loop is (already )?running")
_ADVICE: Final = 'put what starts something under `if __name__ == "__main__":`'


def import_module(name: str) -> ModuleType:
    """Import a user's module, without starting what it would start.

    Args:
        name: Its name, as in ``import``.

    Raises:
        UsageError: There is none, or importing it raised something.
    """
    if name.endswith(".py") or not all(part.isidentifier() for part in name.split(".")):
        parts = filter(str.isidentifier, PurePath(name.removesuffix(".py")).parts)
        advice = f" (write {'.'.join(parts)})" if name.endswith(".py") else ""
        raise UsageError(f"a module is named as in `import`, got {name!r}{advice}")
    with _nothing_starts():
        try:
            return importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001 -- whatever a user's module does
            told = _tell(name, error)
            # Coroutines that were never awaited go now, while nobody is warned of them.
            traceback.clear_frames(error.__traceback__)
    raise UsageError(told)


def submodules_of(module: ModuleType) -> Iterator[ModuleType]:
    """Import all that is in a package, but what would run it: its ``__main__``.

    Raises:
        UsageError: Importing one raised something.
    """
    for info in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if info.name != "__main__":
            submodule = import_module(f"{module.__name__}.{info.name}")
            yield submodule
            yield from submodules_of(submodule)


class _StillEventLoop(asyncio.SelectorEventLoop):
    """An event loop that never runs."""

    @override
    def call_exception_handler(self, context: dict[str, object]) -> None:
        """Ignore what is told: it is of tasks that never began."""


@contextmanager
def _nothing_starts() -> Generator[None]:
    """Keep a module that is imported from running an event loop, and from our output.

    To asyncio, an event loop is running already: within it, no other one may run. A loop that is
    started gets a task in it, which never begins.
    """
    running, stdin, still = _get_running_loop(), sys.stdin, _StillEventLoop()
    disabled = logging.root.manager.disable
    _set_running_loop(still)
    # Nobody is there to be asked.
    sys.stdin = io.StringIO()
    try:
        # Of what was made and never awaited, Python would warn.
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdin = stdin
        _set_running_loop(running)
        # That a loop was started and hasn't begun is told in the log.
        logging.disable()
        coroutines = [task.get_coro() for task in asyncio.all_tasks(still)]
        for coroutine in filter(inspect.iscoroutine, coroutines):
            coroutine.close()
        still.close()
        logging.disable(disabled)


def _tell(name: str, error: BaseException) -> str:
    where = _where(error)
    match error:
        case ModuleNotFoundError(name=str(missing)) if f"{name}.".startswith(f"{missing}."):
            return f"there is no module {missing!r} in this directory or among those installed"
        case SystemExit():
            return f"importing {name!r} ends the program{where}: {_ADVICE}"
        case KeyboardInterrupt():
            return f"importing {name!r} was interrupted{where}: {_ADVICE}"
        case EOFError():
            return f"importing {name!r} asks for input{where}: {_ADVICE}"
        case RuntimeError() if _STARTS.search(str(error)):
            return f"importing {name!r} would run an event loop{where}: {_ADVICE}"
        case _:
            return f"importing {name!r} raised {describe(error)}{where}"


def _where(error: BaseException) -> str:
    """Return the last line of the user's own code that an exception has come through."""
    here = Path.cwd()
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if (
            path.is_relative_to(here)
            and not path.is_relative_to(_PACKAGE)
            and "site-packages" not in path.parts
        ):
            return f" ({one_line(path.relative_to(here))}, line {frame.lineno})"
    return ""
