"""Which exceptions are met with another attempt (contract L8, L14)."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.util import LazyLoader, module_from_spec
from types import ModuleType, SimpleNamespace
from unittest.mock import MagicMock

import aiohttp
import defectio
import pytest
from support.story import Story, ended, raising

import defectio_tasks as tasks
from defectio_tasks._policy.errors import RETRIED_BY_DEFAULT

DEFAULTS = (OSError, asyncio.TimeoutError, aiohttp.ClientError, defectio.GatewayNotFound)
FILE_ERRORS = (
    FileNotFoundError,
    PermissionError,
    IsADirectoryError,
    NotADirectoryError,
    FileExistsError,
)
LIBRARIES = ("aiohttp", "defectio", "discord", "disnake", "nextcord", "revolt", "stoat")


class MissingConfigError(FileNotFoundError):
    """A file error of a user's own."""


class ForeignError(Exception):
    """What a library, or a stand-in for one, raises."""


def make_loop() -> tasks.Loop[[], None]:
    """Make any loop."""

    @tasks.loop()
    async def body() -> None: ...

    return body


def retries(loop: tasks.Loop[[], None], error: BaseException) -> bool:
    """Return whether a loop would try again after an exception."""
    return loop._settings.retried.includes(error)


def import_stand_in(
    monkeypatch: pytest.MonkeyPatch, library: str, **names: object
) -> SimpleNamespace:
    """Have a library among the imported modules that has these names only."""
    stand_in = SimpleNamespace(**names)
    monkeypatch.setitem(sys.modules, library, stand_in)
    return stand_in


@pytest.fixture
def without_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have none of the libraries among the imported modules."""
    for library in LIBRARIES:
        monkeypatch.delitem(sys.modules, library, raising=False)


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


@pytest.mark.parametrize("exception", FILE_ERRORS)
def test_l8_file_errors_are_failures_unless_added(exception: type[OSError]) -> None:
    """L8: no network comes back from a wrong path; with its `OSError`, all of them are added."""
    loop = make_loop()
    assert not retries(loop, exception())
    assert loop.remove_exception_type(exception) is False
    loop.add_exception_type(exception)
    assert retries(loop, exception())
    assert [other for other in FILE_ERRORS if retries(loop, other())] == [exception]
    assert loop.remove_exception_type(exception) is True
    assert not retries(loop, exception())
    loop.add_exception_type(OSError)
    assert retries(loop, exception())
    assert loop.remove_exception_type(exception) is False
    assert loop.remove_exception_type(OSError) is True
    assert not retries(loop, exception())


def test_l8_a_file_error_of_a_users_own() -> None:
    """L8: it is one, and can be added without the others."""
    loop = make_loop()
    assert not retries(loop, MissingConfigError())
    loop.add_exception_type(MissingConfigError)
    assert retries(loop, MissingConfigError())
    assert not retries(loop, FileNotFoundError())


def test_l8_what_is_retried_for_another_reason_may_be_a_file_error() -> None:
    """L8: it is only not retried for being an `OSError`."""

    class SocketMissingError(aiohttp.ClientError, FileNotFoundError): ...

    loop = make_loop()
    assert retries(loop, SocketMissingError())
    loop.remove_exception_type(aiohttp.ClientError)
    assert not retries(loop, SocketMissingError())


def test_l14_a_part_of_a_type_in_its_place() -> None:
    """L14: `ConnectionError` in place of `OSError`."""
    loop = make_loop()
    assert loop.remove_exception_type(OSError) is True
    loop.add_exception_type(ConnectionError)
    assert retries(loop, ConnectionResetError())
    assert retries(loop, TimeoutError())
    assert not retries(loop, OSError())
    assert not retries(loop, FileNotFoundError())
    assert loop.remove_exception_type(OSError) is False


@pytest.mark.usefixtures("without_libraries")
def test_l8_defaults_where_nothing_is_imported() -> None:
    """L8: those of Python itself."""
    loop = make_loop()
    assert set(RETRIED_BY_DEFAULT.resolve()) == {OSError, asyncio.TimeoutError}
    assert retries(loop, ConnectionResetError())
    assert retries(loop, TimeoutError())
    assert not retries(loop, LookupError())


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.parametrize(
    ("library", "name"),
    [
        ("aiohttp", "ClientError"),
        ("defectio", "GatewayNotFound"),
        ("discord", "ConnectionClosed"),
        ("discord", "GatewayNotFound"),
        ("disnake", "ConnectionClosed"),
        ("disnake", "GatewayNotFound"),
        ("nextcord", "ConnectionClosed"),
        ("nextcord", "GatewayNotFound"),
        ("stoat", "ConnectError"),
        ("stoat", "WebSocketConnectionFailure"),
    ],
)
def test_l8_a_librarys_connection_errors_once_it_is_imported(
    library: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L8: a loop that was made before retries them, too."""
    loop = make_loop()
    assert not retries(loop, ForeignError())
    # As a library would look while it is being imported.
    stand_in = import_stand_in(monkeypatch, library)
    assert not retries(loop, ForeignError())
    setattr(stand_in, name, ForeignError)
    assert retries(loop, ForeignError())
    assert loop.remove_exception_type(ForeignError) is True
    assert not retries(loop, ForeignError())
    assert loop.remove_exception_type(ForeignError) is False


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.parametrize(
    ("library", "name"),
    [
        ("discord", "HTTPException"),
        ("discord", "LoginFailure"),
        ("revolt", "RevoltError"),
        ("revolt", "ServerError"),
        ("stoat", "AuthenticationError"),
        ("stoat", "HTTPException"),
        ("stoat", "ShardClosedError"),
        ("stoat", "ShardError"),
    ],
)
def test_l8_what_a_server_answered_is_a_failure(
    library: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L8: the connection isn't gone; nor is it when the bot itself has closed it."""
    import_stand_in(monkeypatch, library, **{name: ForeignError})
    assert not retries(make_loop(), ForeignError())


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.parametrize(
    "module",
    [
        pytest.param(None, id="an import that is forbidden"),
        pytest.param(object(), id="without names"),
        pytest.param(ModuleType("aiohttp"), id="without the name"),
        pytest.param(MagicMock(), id="a mock"),
        pytest.param(SimpleNamespace(ClientError=None), id="None"),
        pytest.param(SimpleNamespace(ClientError=ForeignError()), id="an instance"),
        pytest.param(SimpleNamespace(ClientError=object), id="another class"),
        pytest.param(SimpleNamespace(ClientError=list[int]), id="a generic alias"),
    ],
)
def test_l8_a_stand_in_for_a_library_is_never_an_error(
    module: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L8: what isn't an exception class is passed over."""
    monkeypatch.setitem(sys.modules, "aiohttp", module)
    import_stand_in(monkeypatch, "defectio", GatewayNotFound=ForeignError)
    loop = make_loop()
    assert not retries(loop, LookupError())
    assert retries(loop, ForeignError())
    assert loop.remove_exception_type(ForeignError) is True


@pytest.mark.usefixtures("without_libraries")
def test_l8_a_lazy_library_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """L8: nothing is imported, neither by a lazy module nor by a module's `__getattr__`."""
    asked: list[str] = []

    class Loader:
        def create_module(self, _: ModuleSpec) -> None: ...

        def exec_module(self, module: ModuleType) -> None:
            asked.append(module.__name__)

    loader = LazyLoader(Loader())  # type: ignore[arg-type]
    lazy = module_from_spec(ModuleSpec("aiohttp", loader))
    loader.exec_module(lazy)
    asking = ModuleType("defectio")
    vars(asking)["__getattr__"] = asked.append
    monkeypatch.setitem(sys.modules, "aiohttp", lazy)
    monkeypatch.setitem(sys.modules, "defectio", asking)
    assert not retries(make_loop(), LookupError())
    assert asked == []
    # Such modules do import when somebody else asks.
    assert not hasattr(lazy, "ClientError")
    assert asking.GatewayNotFound is None
    assert asked == ["aiohttp", "GatewayNotFound"]


@pytest.mark.usefixtures("without_libraries")
def test_l14_what_was_removed_stays_so_when_its_library_is_imported_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """L14: also when it comes up under another library's name; it can be added again."""
    loop = make_loop()
    assert loop.remove_exception_type(aiohttp.ClientError) is False
    import_stand_in(monkeypatch, "nextcord", ConnectionClosed=ForeignError)
    assert loop.remove_exception_type(ForeignError) is True
    monkeypatch.setitem(sys.modules, "aiohttp", aiohttp)
    import_stand_in(monkeypatch, "discord", ConnectionClosed=ForeignError)
    assert not retries(loop, aiohttp.ClientConnectionError())
    assert not retries(loop, ForeignError())
    loop.add_exception_type(aiohttp.ClientError)
    assert retries(loop, aiohttp.ClientConnectionError())
    assert loop.remove_exception_type(aiohttp.ClientError) is True
    assert not retries(loop, aiohttp.ClientConnectionError())


def test_l14_clear_holds_for_the_libraries() -> None:
    """L14: none is there, nor of a library that is imported."""
    loop = make_loop()
    loop.clear_exception_types()
    for exception in (*DEFAULTS, ConnectionResetError):
        assert not retries(loop, exception())


@pytest.mark.parametrize(
    ("held", "retried"),
    [
        ([ConnectionResetError()], True),
        ([ConnectionResetError(), aiohttp.ClientError(), TimeoutError()], True),
        ([ConnectionResetError(), LookupError()], False),
        ([ConnectionResetError(), FileNotFoundError()], False),
        ([OSError(), ExceptionGroup("", [OSError(), ExceptionGroup("", [OSError()])])], True),
        ([OSError(), ExceptionGroup("", [OSError(), ExceptionGroup("", [KeyError()])])], False),
    ],
    ids=repr,
)
def test_l8_a_group_is_retried_when_all_that_it_holds_is(
    held: list[Exception], *, retried: bool
) -> None:
    """L8: however deep."""
    assert retries(make_loop(), ExceptionGroup("", held)) is retried


def test_l14_a_group_that_was_added_is_retried_whatever_it_holds() -> None:
    """L14: it is an exception type as others are."""
    loop = make_loop()
    loop.add_exception_type(ExceptionGroup)
    assert retries(loop, ExceptionGroup("", [LookupError()]))


class TestLoop:
    """The same through a loop (contract L8)."""

    async def test_a_wrong_path_is_a_failure(self) -> None:
        """It was retried for ever."""
        story = Story()

        async def read() -> None:
            open("setings.json").close()  # noqa: ASYNC230, PTH123 -- as a beginner would

        story.steps["body"] = read
        assert isinstance(await ended(story.loop.start()), FileNotFoundError)
        assert story.told == ["before_loop", "body", "error", "after_loop"]

    # In Python 3.12 such a group of eager tasks leaves a cancellation for the next `await`, whoever
    # it is that awaits.
    @pytest.mark.usefixtures("full_jitter", "lazy_tasks")
    async def test_a_lost_connection_in_a_task_group_is_retried(self) -> None:
        """It was a failure."""
        story = Story(count=1)

        async def post() -> None:
            if story.told.count("body") < 3:
                async with asyncio.TaskGroup() as group:
                    group.create_task(raising(ConnectionResetError("gone"))())

        story.steps["body"] = post
        assert await ended(story.loop.start()) is None
        assert story.told.count("body") == 3

    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
    @pytest.mark.parametrize("depth", [1, 2])
    async def test_what_must_pass_is_never_retried_in_a_group(
        self, error: type[BaseException], depth: int
    ) -> None:
        """Whatever was added."""
        story = Story()
        story.loop.add_exception_type(BaseException)
        group: BaseException = error()
        for _ in range(depth):
            group = BaseExceptionGroup("", [OSError(), group])
        story.steps["body"] = raising(group)
        assert await ended(story.loop.start()) is group
        assert story.told.count("body") == 1

    @pytest.mark.usefixtures("full_jitter")
    async def test_another_group_of_base_exceptions_is_retried_if_it_was_added(self) -> None:
        """The test above would pass as well if none ever were."""
        story = Story(count=1)
        story.loop.add_exception_type(BaseExceptionGroup)
        groups = [BaseExceptionGroup("", [asyncio.CancelledError(), OSError()])]

        async def body() -> None:
            if groups:
                raise groups.pop()

        story.steps["body"] = body
        assert await ended(story.loop.start()) is None
        assert story.told.count("body") == 2


def test_l8_nothing_is_imported() -> None:
    """L8: neither by the first start, nor by what is retried, nor by an unknown exception."""
    script = """
import asyncio, random, sys
import defectio_tasks as tasks

@tasks.loop(count=1)
async def body():
    if body.get_task() not in seen:
        seen.append(body.get_task())
        raise OSError
    raise LookupError

@body.error
async def report(error):
    assert isinstance(error, LookupError)

async def main():
    await asyncio.wait([body.start()])

seen = []
random.random = lambda: 0.0
body.add_exception_type(KeyError)
assert body.remove_exception_type(TimeoutError)
asyncio.run(main())
assert body.failed() and seen
assert not {"defectio", "aiohttp"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)  # noqa: S603 -- our own
