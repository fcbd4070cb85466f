"""Hooks: which functions may be one, and what they are called with (contract L15, T3)."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any, Final
from unittest.mock import AsyncMock

import pytest

import defectio_tasks as tasks

BEFORE_AND_AFTER: Final = ["before_loop", "after_loop"]
ALL_HOOKS: Final = [*BEFORE_AND_AFTER, "error"]

# Functions of wrong kinds, and of kinds that no type checker could follow, are passed on purpose:
# here a hook is any callable, and the rest is up to the package.
AnyHook = Callable[..., object]
Call = tuple[object, ...]
Kind = Callable[[list[Call]], AnyHook]


class BodyError(Exception):
    """What the bodies raise, so that all three hooks are called."""


class Bot:
    """Something whose methods can be hooks of other objects' loops."""

    def __init__(self) -> None:
        """Begin without calls."""
        self.calls: list[Call] = []

    async def note(self) -> None:
        """Be a hook of another loop."""
        self.calls.append((self,))

    async def note_error(self, error: Exception) -> None:
        """Be an `error` hook of another loop."""
        self.calls.append((self, error))


def make_loop() -> tasks.Loop[[], None]:
    """Make a loop of a function."""

    @tasks.loop(count=1)
    async def body() -> None:
        raise BodyError

    return body


def make_class() -> Any:
    """Make a class with a loop, whose body takes an argument."""

    class Working(Bot):
        @tasks.loop(count=1)
        async def work(self, _argument: str) -> None:
            raise BodyError

    return Working


def register(loop: object, name: str, hook: object) -> object:
    """Register a hook by its name."""
    decorator: Callable[[object], object] = getattr(loop, name)
    return decorator(hook)


async def run(start: Callable[..., Any], *arguments: object) -> BodyError:
    """Run a loop to its failure."""
    with pytest.raises(BodyError) as failure:
        await start(*arguments)
    return failure.value


async def run_registered(where: str, loop: Any, bot: Any, later_bot: Any) -> BodyError:
    """Run the loop on which a hook was registered."""
    if where == "function":
        return await run(loop.start)
    # An instance gets the hooks that its class's loop has when its own is first used.
    return await run((bot if where == "instance" else later_bot).work.start, "x")


# Kinds of hooks. Each notes what it is called with.


def plain(calls: list[Call]) -> AnyHook:
    """Take nothing."""

    async def hook() -> None:
        calls.append(())

    return hook


def one(calls: list[Call]) -> AnyHook:
    """Take one argument."""

    async def hook(first: object) -> None:
        calls.append((first,))

    return hook


def one_positional(calls: list[Call]) -> AnyHook:
    """Take one argument that has no name to the caller."""

    async def hook(first: object, /) -> None:
        calls.append((first,))

    return hook


def two(calls: list[Call]) -> AnyHook:
    """Take two arguments."""

    async def hook(first: object, second: object) -> None:
        calls.append((first, second))

    return hook


def star(calls: list[Call]) -> AnyHook:
    """Take all there is."""

    async def hook(*arguments: object, **options: object) -> None:
        calls.append((*arguments, *options))

    return hook


def one_star(calls: list[Call]) -> AnyHook:
    """Take one argument, and more."""

    async def hook(first: object, *rest: object) -> None:
        calls.append((first, *rest))

    return hook


def default(calls: list[Call]) -> AnyHook:
    """Take one argument, or do without."""

    async def hook(first: object = "default") -> None:
        calls.append((first,))

    return hook


def option(calls: list[Call]) -> AnyHook:
    """Take an option, or do without."""

    async def hook(*, option: object = "default") -> None:
        calls.append((option,))

    return hook


def partial(calls: list[Call]) -> AnyHook:
    """Take nothing more: the one argument is given already."""
    return functools.partial(one(calls), "given")


def partial_of_two(calls: list[Call]) -> AnyHook:
    """Take one more argument: the other one is given already."""
    return functools.partial(two(calls), "given")


SELF: Final = object()
ERROR: Final = object()


def table(*rows: tuple[Kind, Call]) -> pytest.MarkDecorator:
    """Parametrize with kinds of hooks, and what each is called with."""
    parameters = [pytest.param(kind, expected, id=kind.__name__) for kind, expected in rows]
    return pytest.mark.parametrize(("kind", "expected"), parameters)


def filled(expected: Call, *, bot: object = None, error: object = None) -> list[Call]:
    """Put the real things for SELF and ERROR."""
    stands_for = {SELF: bot, ERROR: error}
    return [tuple(stands_for.get(item, item) for item in expected)]


@pytest.mark.parametrize("name", BEFORE_AND_AFTER)
@table(
    (plain, ()),
    (star, ()),
    (default, ("default",)),
    (option, ("default",)),
    (partial, ("given",)),
)
async def test_t3_hook_of_a_function(name: str, kind: Kind, expected: Call) -> None:
    """T3: without a class, `before_loop` and `after_loop` are called without arguments."""
    loop = make_loop()
    calls: list[Call] = []
    register(loop, name, kind(calls))
    await run(loop.start)
    assert calls == [expected]


@table(
    (one, (ERROR,)),
    (one_positional, (ERROR,)),
    (star, (ERROR,)),
    (one_star, (ERROR,)),
    (default, (ERROR,)),
    (partial_of_two, ("given", ERROR)),
)
async def test_t3_error_hook_of_a_function(kind: Kind, expected: Call) -> None:
    """T3: without a class, `error` is called with the exception."""
    loop = make_loop()
    calls: list[Call] = []
    register(loop, "error", kind(calls))
    error = await run(loop.start)
    assert calls == filled(expected, error=error)


@pytest.mark.parametrize("name", BEFORE_AND_AFTER)
@pytest.mark.parametrize("kind", [plain, star], ids=lambda kind: kind.__name__)
async def test_t3_hook_is_not_called_with_the_bodys_arguments(name: str, kind: Kind) -> None:
    """T3: what `start` is given is for the body alone."""

    @tasks.loop(count=1)
    async def body(_first: str, *, _option: str) -> None:
        raise BodyError

    calls: list[Call] = []
    register(body, name, kind(calls))
    await run(functools.partial(body.start, "first", _option="option"))
    assert calls == [()]


@pytest.mark.parametrize("name", BEFORE_AND_AFTER)
@pytest.mark.parametrize("by_class", [False, True], ids=["bound", "started by the class"])
@table(
    (plain, ()),
    (one, (SELF,)),
    (one_positional, (SELF,)),
    (one_star, (SELF,)),
    (option, ("default",)),
    (partial, ("given",)),
    (partial_of_two, ("given", SELF)),
)
async def test_t3_hook_of_a_class(name: str, kind: Kind, expected: Call, *, by_class: bool) -> None:
    """T3: in a class the hook may have just `self`, and is called with the instance."""
    bot_class = make_class()
    calls: list[Call] = []
    register(bot_class.work, name, kind(calls))
    bot = bot_class()
    await (run(bot_class.work.start, bot, "x") if by_class else run(bot.work.start, "x"))
    assert calls == filled(expected, bot=bot)


@pytest.mark.parametrize("by_class", [False, True], ids=["bound", "started by the class"])
@table(
    (two, (SELF, ERROR)),
    (one, (ERROR,)),
    (partial_of_two, ("given", ERROR)),
)
async def test_t3_error_hook_of_a_class(kind: Kind, expected: Call, *, by_class: bool) -> None:
    """T3: in a class `error` is called with `self` and the exception, or the exception alone."""
    bot_class = make_class()
    calls: list[Call] = []
    register(bot_class.work, "error", kind(calls))
    bot = bot_class()
    error = await (run(bot_class.work.start, bot, "x") if by_class else run(bot.work.start, "x"))
    assert calls == filled(expected, bot=bot, error=error)


@pytest.mark.parametrize("kind", [star, default], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", BEFORE_AND_AFTER)
async def test_t3_hook_of_a_class_gets_self_where_it_can_take_it(name: str, kind: Kind) -> None:
    """T3: as a method of the class would."""
    bot_class = make_class()
    calls: list[Call] = []
    register(bot_class.work, name, kind(calls))
    bot = bot_class()
    await run(bot.work.start, "x")
    assert calls == [(bot,)]


@pytest.mark.parametrize("kind", [star, one_star], ids=lambda kind: kind.__name__)
async def test_t3_error_hook_of_a_class_gets_self_where_it_can_take_it(kind: Kind) -> None:
    """T3: as a method of the class would."""
    bot_class = make_class()
    calls: list[Call] = []
    register(bot_class.work, "error", kind(calls))
    bot = bot_class()
    error = await run(bot.work.start, "x")
    assert calls == [(bot, error)]


@pytest.mark.parametrize("name", BEFORE_AND_AFTER)
@table(
    (plain, ()),
    (star, ()),
    (default, ("default",)),
    (partial, ("given",)),
    (one, (SELF,)),
)
async def test_t3_hook_of_an_instance(name: str, kind: Kind, expected: Call) -> None:
    """T2, T3: an instance's loop has no `self`; its hooks get it only where they can't do without.

    Only then does a method of the instance, which has its `self` already, work as a hook.
    """
    bot = make_class()()
    calls: list[Call] = []
    register(bot.work, name, kind(calls))
    await run(bot.work.start, "x")
    assert calls == filled(expected, bot=bot)


@pytest.mark.parametrize("kind", [one, star, one_star], ids=lambda kind: kind.__name__)
async def test_t3_error_hook_of_an_instance(kind: Kind) -> None:
    """T2, T3: with the exception alone."""
    bot = make_class()()
    calls: list[Call] = []
    register(bot.work, "error", kind(calls))
    error = await run(bot.work.start, "x")
    assert calls == [(error,)]


@pytest.mark.parametrize("where", ["function", "class", "instance"])
async def test_t3_bound_method_keeps_its_own_self(where: str) -> None:
    """T3: a method of another object is a function without `self`."""
    bot_class, other = make_class(), Bot()
    bot = bot_class()
    loop = {"function": make_loop(), "class": bot_class.work, "instance": bot.work}[where]
    register(loop, "before_loop", other.note)
    register(loop, "after_loop", other.note)
    register(loop, "error", other.note_error)
    error = await run_registered(where, loop, bot, bot_class())
    assert other.calls == [(other,), (other, error), (other,)]


@pytest.mark.parametrize("name", ALL_HOOKS)
@pytest.mark.parametrize("where", ["function", "class", "instance"])
async def test_l15_async_mock_is_a_coroutine_function(name: str, where: str) -> None:
    """L15: tests of bots pass an `AsyncMock`."""
    hook = AsyncMock()
    bot_class = make_class()
    bot = bot_class()
    loop = {"function": make_loop(), "class": bot_class.work, "instance": bot.work}[where]
    register(loop, name, hook)
    error = await run_registered(where, loop, bot, bot_class())
    assert hook.await_count == 1
    if where != "class":
        assert hook.await_args is not None
        assert hook.await_args.args == ((error,) if name == "error" else ())


async def test_l15_hook_registered_twice() -> None:
    """L15: the last one counts."""
    loop = make_loop()
    calls: list[Call] = []
    for name in ALL_HOOKS:
        register(loop, name, AsyncMock(side_effect=AssertionError))
        register(loop, name, one(calls) if name == "error" else plain(calls))
    error = await run(loop.start)
    assert calls == [(), (error,), ()]


@pytest.mark.parametrize("name", ALL_HOOKS)
def test_t3_hook_comes_back_as_it_is(name: str) -> None:
    """T3: the decorator leaves the function itself alone."""
    hook = star([])
    assert register(make_loop(), name, hook) is hook


# What isn't a hook. A hook that was there before stays.


def function() -> None:
    """Be no coroutine function."""


async def generator() -> AsyncIterator[None]:
    """Be no coroutine function either."""
    yield


def returns_a_coroutine() -> object:
    """Be no coroutine function, though what it returns can be awaited."""
    return generator().__anext__()


class Callable_:  # noqa: N801 -- its name is part of a message
    """A class, and a callable object."""

    async def __call__(self) -> None:
        """Be called."""


NOT_COROUTINE_FUNCTIONS: Final = [
    pytest.param(function, "the function 'function'", id="function"),
    pytest.param(returns_a_coroutine, "the function 'returns_a_coroutine'", id="returns coroutine"),
    pytest.param(lambda: None, "the function '<lambda>'", id="lambda"),
    pytest.param(generator, "the async generator function 'generator'", id="async generator"),
    pytest.param(Callable_, "the class 'Callable_'", id="class"),
    pytest.param(5, "5 of type int", id="int"),
    pytest.param(None, "None (write `@body.", id="None"),
    pytest.param("before", "'before' of type str", id="str"),
    pytest.param(functools.partial(function), "functools.partial(<function function", id="partial"),
]


@pytest.mark.parametrize("name", ALL_HOOKS)
@pytest.mark.parametrize(("hook", "what_came"), NOT_COROUTINE_FUNCTIONS)
async def test_l15_not_a_coroutine_function(name: str, hook: object, what_came: str) -> None:
    """L15: a `TypeError` that names the hook and what came; the hook registered before stays."""
    loop, before = make_loop(), AsyncMock()
    register(loop, name, before)
    message = f"`{name}` must be a coroutine function (`async def`), got {what_came}"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}"):
        register(loop, name, hook)
    await run(loop.start)
    assert before.await_count == 1


@pytest.mark.parametrize("name", ALL_HOOKS)
@pytest.mark.parametrize("where", ["function", "class", "instance"])
def test_l15_hook_with_parentheses(name: str, where: str) -> None:
    """L15: of `@tick.error()`, the message says what to write."""
    bot_class = make_class()
    loop = {"function": make_loop(), "class": bot_class.work, "instance": bot_class().work}[where]
    own = "body" if where == "function" else "work"
    message = (
        f"`{name}` must be a coroutine function (`async def`), got None (write `@{own}.{name}`, "
        "without parentheses, above an `async def`)"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        getattr(loop, name)()


@pytest.mark.parametrize("name", ALL_HOOKS)
@pytest.mark.parametrize("given", [False, True], ids=["object", "partial"])
async def test_l15_an_object_with_an_async_call_is_a_coroutine_function(
    name: str, *, given: bool
) -> None:
    calls: list[Call] = []

    class Hook:
        async def __call__(self, *arguments: object) -> None:
            calls.append(arguments)

    loop = make_loop()
    hook = functools.partial(Hook(), "given") if given else Hook()
    assert register(loop, name, hook) is hook
    error = await run(loop.start)
    assert calls == [("given",) * given + (error,) * (name == "error")]


@pytest.mark.parametrize("name", ALL_HOOKS)
def test_l15_a_loop_is_not_a_hook(name: str) -> None:
    """L15: `@tick.before_loop` above `@loop` is once too often."""
    with pytest.raises(TypeError, match=r"must be a coroutine function .* got <Loop '"):
        register(make_loop(), name, make_loop())


@pytest.mark.parametrize("name", ALL_HOOKS)
def test_l15_called_hook(name: str) -> None:
    """L15: the result of calling a coroutine function isn't one."""
    loop = make_loop()
    coroutine = plain([])()
    with pytest.raises(TypeError, match=r"got <coroutine object .*> of type coroutine$"):
        register(loop, name, coroutine)
    getattr(coroutine, "close", lambda: None)()


@pytest.mark.parametrize("bound", [False, True], ids=["class", "instance"])
def test_l15_not_a_coroutine_function_in_a_class(*, bound: bool) -> None:
    """L15: on a class's loop and an instance's alike."""
    bot_class = make_class()
    loop = bot_class().work if bound else bot_class.work
    with pytest.raises(
        TypeError, match=r"must be a coroutine function .* got the function 'function'"
    ):
        register(loop, "before_loop", function)


def required_option(calls: list[Call]) -> AnyHook:
    """Take an option, and not do without."""

    async def hook(*, option: object) -> None:
        calls.append((option,))

    return hook


def three(calls: list[Call]) -> AnyHook:
    """Take three arguments."""

    async def hook(first: object, second: object, third: object) -> None:
        calls.append((first, second, third))

    return hook


def partial_of_too_many(calls: list[Call]) -> AnyHook:
    """Be given an argument that there is no parameter for."""
    return functools.partial(plain(calls), "given")


@pytest.mark.parametrize("name", BEFORE_AND_AFTER)
@pytest.mark.parametrize("where", ["function", "class", "instance"])
@pytest.mark.parametrize("kind", [two, three, required_option], ids=lambda kind: kind.__name__)
def test_t3_wrong_parameters(name: str, where: str, kind: Kind) -> None:
    """T3: a hook that can't be called is told when it is registered, not when it is too late."""
    bot_class = make_class()
    loop = {"function": make_loop(), "class": bot_class.work, "instance": bot_class().work}[where]
    hook = kind([])
    message = (
        f"`{name}` must take nothing, or just `self`, got the function "
        f"{hook.__qualname__!r} with the parameters ("
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}"):
        register(loop, name, hook)


@pytest.mark.parametrize("where", ["function", "class", "instance"])
@pytest.mark.parametrize("kind", [plain, three, required_option], ids=lambda kind: kind.__name__)
def test_t3_wrong_parameters_of_error(where: str, kind: Kind) -> None:
    """T3: `error` has one parameter more than the others."""
    bot_class = make_class()
    loop = {"function": make_loop(), "class": bot_class.work, "instance": bot_class().work}[where]
    hook = kind([])
    message = (
        "`error` must take the exception, or `self` and the exception, got the function "
        f"{hook.__qualname__!r} with the parameters ("
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}"):
        register(loop, "error", hook)


@pytest.mark.parametrize("name", ALL_HOOKS)
def test_t3_partial_that_can_never_be_called(name: str) -> None:
    """T3: a `functools.partial` with too many arguments is of wrong parameters, too."""
    with pytest.raises(TypeError, match=f"^`{name}` must take .*, got .* of type partial$"):
        register(make_loop(), name, functools.partial(plain([]), "given"))


@pytest.mark.skipif(
    sys.version_info < (3, 14), reason="annotations are evaluated late since Python 3.14"
)
@pytest.mark.parametrize("name", ALL_HOOKS)
def test_t3_annotations_may_name_what_is_not_defined_yet(name: str) -> None:
    """T3: a hook's parameters are counted; what they are annotated with can come later."""
    source = """
async def fitting(first: Later) -> Later: ...
async def wrong(first: Later, second: int, third) -> Later: ...
"""
    hooks: dict[str, Any] = {}
    exec(compile(source, "hooks", "exec", dont_inherit=True), hooks)  # noqa: S102
    loop = make_class().work
    assert register(loop, name, hooks["fitting"]) is hooks["fitting"]
    shown = "(first: Later, second: int, third) -> Later"
    with pytest.raises(TypeError, match=f"{re.escape(shown)}$"):
        register(loop, name, hooks["wrong"])


@pytest.mark.parametrize("name", ALL_HOOKS)
def test_t3_hook_with_self_on_a_function_that_has_none(name: str) -> None:
    """T3: what can never be called is told when it is registered."""
    hook = one([]) if name != "error" else two([])
    with pytest.raises(TypeError, match=f"^`{name}` must take"):
        register(make_loop(), name, hook)


def test_t3_hook_on_a_partial_that_can_never_be_called() -> None:
    """T3: what is wrong with the body shows when it runs, and not in its hooks."""

    async def body() -> None: ...

    untyped: Any = body
    misfit: Any = functools.partial(untyped, "given")
    loop: tasks.Loop = tasks.loop()(misfit)
    register(loop, "before_loop", plain([]))


class Static:
    """A class whose hooks are static methods, decorated in either order."""

    told: Final[list[str]] = []

    @tasks.loop(count=1)
    async def tick(self) -> None: ...

    @tick.before_loop
    @staticmethod
    async def before() -> None:
        Static.told.append("before")

    @staticmethod
    @tick.after_loop
    async def after() -> None:
        Static.told.append("after")


async def test_t3_a_static_method_is_a_hook_without_self() -> None:
    static = Static()
    await static.tick.start()
    await static.before()
    await static.after()
    assert static.told == ["before", "after", "before", "after"]
