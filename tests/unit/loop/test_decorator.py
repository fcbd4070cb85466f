"""`loop`: what it decorates (contract T5, L15, section 1)."""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest.mock import AsyncMock

import pytest

import defectio_tasks as tasks

# Things that aren't coroutine functions are passed on purpose: no checker is to look at them.
unchecked_decorator: Callable[[object], tasks.Loop] = tasks.loop()  # type: ignore[assignment]
unchecked_loop: Callable[..., object] = tasks.loop


def function() -> None:
    """Be no coroutine function."""


async def generator() -> AsyncIterator[None]:
    """Be no coroutine function either."""
    yield


async def coroutine_function(*_arguments: object) -> str:
    """Be one."""
    return "done"


class Method:
    """Something with methods."""

    async def method(self) -> str:
        """Be a coroutine function."""
        return "method"

    def __call__(self) -> None:
        """Make its objects callable."""

    def __repr__(self) -> str:
        """Say something that a message can be searched for."""
        return "Method()"


class Poller:
    """A callable object of the right kind."""

    async def __call__(self, *_arguments: object) -> str:
        """Be a coroutine function."""
        return "polled"


def logged(function: Callable[..., object]) -> Callable[..., object]:
    """Decorate as many do: what comes out is no coroutine function."""

    @functools.wraps(function)
    def call(*arguments: object) -> object:
        return function(*arguments)

    return call


WRONG = [
    pytest.param(function, "the function 'function'", id="plain function"),
    pytest.param(generator, "the async generator function 'generator'", id="async generator"),
    pytest.param(lambda: None, "the function '<lambda>'", id="lambda"),
    pytest.param(Method, "the class 'Method'", id="class"),
    pytest.param(Method(), "Method() of type Method", id="callable object"),
    pytest.param(functools.partial(function), "functools.partial(<function", id="partial"),
    pytest.param(None, "None of type NoneType", id="None"),
    pytest.param("name", "'name' of type str", id="str"),
]


@pytest.mark.parametrize(("wrong", "what_came"), WRONG)
def test_t5_not_a_coroutine_function(wrong: object, what_came: str) -> None:
    """T5, L15: a `TypeError` that names what came."""
    message = f"`callback` must be a coroutine function (`async def`), got {what_came}"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}"):
        unchecked_decorator(wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param(
            staticmethod(coroutine_function),
            " of type staticmethod (write `@staticmethod` above `@loop`, and start the loop on its "
            "class)",
            id="staticmethod",
        ),
        pytest.param(
            classmethod(coroutine_function),
            " of type classmethod (leave `@classmethod` out: in a class, a loop's function takes "
            "`self`)",
            id="classmethod",
        ),
        pytest.param(
            logged(logged(coroutine_function)),
            "got the function 'coroutine_function', whose decorator hides an `async def` (have the "
            "decorator return an `async def` that awaits it)",
            id="wrapper",
        ),
    ],
)
def test_l15_what_to_write_instead_of_what_is_nearly_a_coroutine_function(
    wrong: object, message: str
) -> None:
    with pytest.raises(TypeError, match=f"{re.escape(message)}$"):
        unchecked_decorator(wrong)


class Static:
    """A class with loops whose functions take no `self`."""

    @staticmethod
    @tasks.loop(count=1)
    async def tick(word: str) -> None:
        """Take no instance."""
        told.append(word)


told: list[str] = []


@pytest.mark.parametrize("holder", [Static, Static()], ids=["class", "instance"])
async def test_l15_a_static_method_above_a_loop(holder: Any) -> None:
    """L15: the other order of `@loop` and `@staticmethod` is one loop for all instances."""
    told.clear()
    assert holder.tick is Static.tick
    await holder.tick.start("x")
    assert told == ["x"]


def test_t5_a_loop_is_not_a_coroutine_function() -> None:
    """T5: decorated twice is once too often."""
    loop = tasks.loop()(coroutine_function)
    with pytest.raises(TypeError, match=r"must be a coroutine function .* got <Loop '"):
        unchecked_decorator(loop)


@pytest.mark.parametrize(
    ("decorated", "what_came"),
    [
        pytest.param(coroutine_function, "the function 'coroutine_function'", id="async def"),
        *WRONG[:4],
    ],
)
def test_l15_loop_without_parentheses(decorated: object, what_came: str) -> None:
    """L15: `@tasks.loop` says what came and what to write."""
    with pytest.raises(TypeError, match=re.escape(f"got {what_came}")):
        unchecked_loop(decorated)
    with pytest.raises(TypeError, match=re.escape("write `@loop()` or `@loop(seconds=60)`")):
        unchecked_loop(decorated)


@pytest.mark.parametrize(
    ("callback", "result"),
    [
        pytest.param(coroutine_function, "done", id="coroutine function"),
        pytest.param(functools.partial(coroutine_function, 1), "done", id="partial"),
        pytest.param(Method().method, "method", id="bound method"),
        pytest.param(AsyncMock(return_value="mocked"), "mocked", id="AsyncMock"),
        pytest.param(Poller(), "polled", id="callable object"),
        pytest.param(functools.partial(Poller(), 1), "polled", id="partial of callable object"),
    ],
)
async def test_t5_coroutine_functions(callback: Callable[..., object], result: str) -> None:
    """T5: whatever Python calls a coroutine function; the loop is callable as it is."""
    loop = unchecked_decorator(callback)
    assert isinstance(loop, tasks.Loop)
    assert loop.coro is callback
    assert await loop() == result
    assert isinstance(loop.name, str)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="can be marked since Python 3.12")
async def test_t5_a_function_that_is_marked_as_a_coroutine_function() -> None:
    """T5: `inspect.markcoroutinefunction` is for wrappers that are none to Python."""
    mark: Callable[[object], object] = getattr(inspect, "markcoroutinefunction")  # noqa: B009 -- not known to 3.11
    loop: Any = unchecked_decorator(mark(logged(coroutine_function)))
    assert await loop() == "done"
    loop = tasks.loop(count=1)(loop.coro)
    await loop.start("whatever", "it takes")


def test_section_1_name_of_a_callable_object() -> None:
    """Contract 1: what a task is called should not have an address in it."""
    assert unchecked_decorator(Poller()).name == "Poller"


def test_seed_a_call_that_is_not_awaited_is_told_with_the_functions_name() -> None:
    loop = tasks.loop()(coroutine_function)
    with pytest.warns(RuntimeWarning, match="^coroutine 'coroutine_function' was never awaited"):
        loop()  # type: ignore[unused-coroutine]


async def test_seed_call_passes_arguments_and_result() -> None:
    """The seed: `__call__` calls the internal callback, apart from any run."""

    @tasks.loop(seconds=5)
    async def add(first: int, *, second: int) -> int:
        return first + second

    assert await add(1, second=2) == 3
    assert not add.is_running()


def test_section_1_name_is_the_qualified_name_by_default() -> None:
    """Contract 1: a task's name should tell where its function is."""

    class Bot:
        @tasks.loop()
        async def work(self) -> None: ...

    where = "test_section_1_name_is_the_qualified_name_by_default.<locals>.Bot.work"
    assert Bot.work.name == where
    assert tasks.loop()(coroutine_function).name == "coroutine_function"


@pytest.mark.parametrize("name", ["ticker", "a name with spaces", ""])
async def test_section_1_name_that_was_given(name: str) -> None:
    """Contract 1: `name` names the asyncio task, and `Loop.name` shows it."""

    @tasks.loop(name=name, count=1)
    async def work() -> None: ...

    task = work.start()
    assert (work.name, task.get_name()) == (name, name)
    await task


async def test_section_1_default_name_names_the_task() -> None:
    """Contract 1: `name` names the asyncio task, also by default."""
    loop = tasks.loop(count=1)(coroutine_function)
    task = loop.start()
    assert task.get_name() == "coroutine_function"
    await task


def test_section_1_a_decorator_can_be_used_again() -> None:
    """Contract 1: `loop(...)` is a decorator; two functions get two loops."""
    every_minute = tasks.loop(minutes=1)

    @every_minute
    async def one() -> None: ...

    @every_minute
    async def two() -> None: ...

    one.change_interval(seconds=5)
    assert (one.minutes, two.minutes) == (0.0, 1.0)
    assert one.coro is not two.coro
