"""Which exceptions are met with another attempt (contract L8, L14)."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable

import aiohttp
import defectio
import pytest

import defectio_tasks as tasks
from defectio_tasks._policy.errors import RETRIED_BY_DEFAULT, RetriedExceptions, connection_errors

DEFAULTS = (OSError, asyncio.TimeoutError, aiohttp.ClientError, defectio.GatewayNotFound)


def make_loop() -> tasks.Loop[[], None]:
    """Make any loop."""

    @tasks.loop()
    async def body() -> None: ...

    return body


def test_l8_defaults() -> None:
    """L8: `OSError`, `asyncio.TimeoutError`, `aiohttp.ClientError`, `defectio.GatewayNotFound`."""
    assert set(RETRIED_BY_DEFAULT.resolve()) == set(DEFAULTS)


@pytest.mark.parametrize("exception", DEFAULTS, ids=lambda exception: exception.__name__)
def test_l14_remove_says_whether_it_was_there(exception: type[BaseException]) -> None:
    """L14: each default was; once removed it isn't."""
    loop = make_loop()
    assert loop.remove_exception_type(exception) is True
    assert loop.remove_exception_type(exception) is False


def test_l14_remove_says_whether_all_were_there() -> None:
    """L14: those that were are removed nonetheless; nothing else is."""
    loop = make_loop()
    assert loop.remove_exception_type(OSError, KeyError) is False
    assert loop.remove_exception_type(OSError) is False
    assert loop.remove_exception_type(aiohttp.ClientError, defectio.GatewayNotFound) is True
    assert loop.remove_exception_type() is True


def test_l14_remove_goes_by_the_class_itself() -> None:
    """L14: a subclass of what is there isn't there."""
    loop = make_loop()
    assert loop.remove_exception_type(ConnectionError) is False
    assert loop.remove_exception_type(OSError) is True


def test_l14_add() -> None:
    """L14: what was added is there, beside the defaults; twice is once."""
    loop = make_loop()
    loop.add_exception_type(KeyError, asyncio.CancelledError)
    loop.add_exception_type(KeyError)
    assert loop.remove_exception_type(KeyError, asyncio.CancelledError, *DEFAULTS) is True
    assert loop.remove_exception_type(KeyError) is False


def test_l14_add_after_removing() -> None:
    """L14: what was removed can be added again."""
    loop = make_loop()
    loop.remove_exception_type(OSError)
    loop.add_exception_type(OSError)
    assert loop.remove_exception_type(OSError) is True


def test_l14_clear() -> None:
    """L14: after `clear_exception_types` none is there, and what is added then stands alone."""
    loop = make_loop()
    loop.add_exception_type(KeyError)
    loop.clear_exception_types()
    assert not any(loop.remove_exception_type(exception) for exception in (*DEFAULTS, KeyError))
    loop.add_exception_type(KeyError)
    assert loop.remove_exception_type(OSError) is False
    assert loop.remove_exception_type(KeyError) is True


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        pytest.param(int, "<class 'int'>", id="another class"),
        pytest.param(ValueError("x"), "ValueError('x')", id="an exception"),
        pytest.param("OSError", "'OSError'", id="str"),
        pytest.param(None, "None", id="None"),
        pytest.param((LookupError, OSError), "(<class 'LookupError'>, <cl", id="tuple of classes"),
        pytest.param(list[int], "list[int]", id="generic alias"),
    ],
)
def test_l14_add_wants_exception_classes(wrong: object, shown: str) -> None:
    """L14: `TypeError` that names which of them it is, and none of them is added."""
    loop = make_loop()
    add: Callable[..., None] = loop.add_exception_type
    message = f"`exceptions[1]` must be an exception class, got {shown}"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}"):
        add(KeyError, wrong, ArithmeticError)
    assert loop.remove_exception_type(KeyError) is False
    assert loop.remove_exception_type(ArithmeticError) is False


def test_l14_a_set_of_types_is_never_changed() -> None:
    """C1: loops share their settings, so a change makes new ones."""
    first = RETRIED_BY_DEFAULT
    first.including((KeyError,))
    first.without((OSError,))
    assert set(first.resolve()) == set(DEFAULTS)


def test_l8_host_is_named_only_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 2: making a loop and adding types doesn't import the host."""
    # An import of it now fails.
    monkeypatch.setitem(sys.modules, "defectio_tasks._policy.host", None)
    connection_errors.cache_clear()
    retried = RETRIED_BY_DEFAULT.including((KeyError,))
    with pytest.raises(ImportError):
        retried.resolve()
    assert RetriedExceptions((KeyError,), with_host=False).resolve() == (KeyError,)


def test_l8_first_start_imports_the_host() -> None:
    """Issue 2: the first start does, not the first failure."""
    script = """
import asyncio, sys
import defectio_tasks as tasks

@tasks.loop(count=1)
async def body():
    pass

body.add_exception_type(KeyError)
assert not {"defectio", "aiohttp"} & set(sys.modules)

async def main():
    task = body.start()
    assert {"defectio", "aiohttp"} <= set(sys.modules)
    await task

asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)  # noqa: S603 -- our own
