"""Exceptions to keep for long hold nothing of where they came from (contract V5, C3)."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from defectio_tasks._events.kept import keepable


class Bot:
    """Something that may be big."""


class StatusError(Exception):
    """Wants other arguments than it passes on, as those of clients of servers do."""

    def __init__(self, status: int, bot: Bot) -> None:
        super().__init__(f"the server says {status}")
        self.status = status
        self.bot = bot


class NoWayError(ConnectionError):
    """Says what it can say only with what can't be kept."""

    def __init__(self, bot: Bot) -> None:
        super().__init__()
        self.bot = bot

    def __str__(self) -> str:
        return f"no way to {type(self.bot).__name__}"


class EndError(BaseException):
    """Has no base that is more than an exception."""

    def __str__(self) -> str:
        return f"the end of {len(self.args)}"


class UnspeakableError(LookupError):
    """Fails when it is shown."""

    def __str__(self) -> str:
        raise RuntimeError


class SecretiveError(ValueError):
    """Doesn't show its arguments."""

    @property
    def args(self) -> tuple[object, ...]:  # type: ignore[override]
        raise RuntimeError


class Slots(tuple[object, ...]):
    """Isn't a plain tuple."""

    __slots__ = ()


def group() -> BaseException:
    return ExceptionGroup("both", [ValueError("a"), ExceptionGroup("deep", [OSError(5, "b")])])


@pytest.mark.parametrize(
    "error",
    [
        ValueError(),
        ValueError("no", 3, 1.5, None, b"x"),
        LookupError(("a", ["b", ("c",)])),
        KeyError("name"),
        ConnectionRefusedError(111, "refused"),
        FileNotFoundError(2, "nothing there", "a.txt"),
        ImportError("no module", name="nothing"),
        ImportError("no module", path="nothing.py"),
        StopAsyncIteration(3),
        ConnectionError(OSError(5, "inner")),
        LookupError([[[[[[["deep"]]]]]]]),
        group(),
    ],
    ids=repr,
)
def test_v5_the_same_class_text_and_arguments(error: BaseException) -> None:
    kept = keepable(error)
    assert kept is not error
    assert type(kept) is type(error)
    assert (repr(kept), str(kept)) == (repr(error), str(error))


def test_v5_which_module_could_not_be_imported() -> None:
    kept = keepable(ImportError("no module", name="nothing", path="nothing.py"))
    assert isinstance(kept, ImportError)
    assert (kept.name, kept.path) == ("nothing", "nothing.py")


def test_v5_plain_attributes_come_along_and_others_do_not() -> None:
    error = StatusError(503, Bot())
    error.add_note("at night")
    kept = keepable(error)
    assert isinstance(kept, StatusError)
    assert vars(kept) == {"status": 503, "__notes__": ["at night"]}
    assert str(kept) == "the server says 503"
    assert vars(error).keys() == {"status", "bot", "__notes__"}


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (NoWayError(Bot()), ConnectionError, "no way to Bot"),
        (UnicodeDecodeError("ascii", b"\xff", 0, 1, "no"), UnicodeError, "'ascii' codec can't"),
        (EndError(Bot()), EndError, "the end of 1"),
        (EndError(Bot(), 5), BaseException, "the end of 2"),
        (UnspeakableError("x"), LookupError, ""),
        (SecretiveError("x"), SecretiveError, "x"),
        (BaseExceptionGroup("no", [asyncio.CancelledError(Bot())]), BaseExceptionGroup, "no (1 "),
    ],
    ids=lambda value: type(value).__name__,
)
def test_v5_the_nearest_base_that_can_say_it(
    error: BaseException, kind: type[BaseException], text: str
) -> None:
    kept = keepable(error)
    assert type(kept) is kind
    assert str(kept).startswith(text)
    assert not hasattr(kept, "bot")


def test_v5_arguments_that_are_not_plain_are_kept_as_their_text() -> None:
    bot = Bot()
    gone = weakref.ref(bot)
    kept = [
        keepable(LookupError(bot)),
        keepable(LookupError([bot], 5)),
        keepable(LookupError(Slots([bot]))),
        keepable(KeyError(bot)),
        keepable(AttributeError("no", name="x", obj=bot)),
    ]
    assert all("Bot object" in str(each) for each in kept[:-1])
    assert str(kept[-1]) == "no"
    del bot
    assert gone() is None


def test_v5_lists_that_are_too_deep_are_kept_as_their_text() -> None:
    deep: list[object] = ["deep"]
    for _ in range(20):
        deep = [deep]
    assert keepable(LookupError(deep)).args == (str(deep),)


def test_v5_what_can_not_be_shown_says_nothing() -> None:
    assert str(keepable(UnspeakableError("x"))) == ""


def test_v5_neither_traceback_nor_cause_nor_context() -> None:
    def fail() -> None:
        bot = Bot()
        bots.append(weakref.ref(bot))
        try:
            open_file()
        except OSError as error:
            raise ExceptionGroup("all", [ValueError(error)]) from error

    def open_file() -> None:
        raise FileNotFoundError

    bots: list[weakref.ref[Bot]] = []
    with pytest.raises(ExceptionGroup) as caught:
        fail()
    error = caught.value
    held = (error.__traceback__, error.__cause__)
    kept = keepable(error)
    # That of the user is as it was.
    assert (error.__traceback__, error.__cause__) == held
    assert bots[0]() is not None
    del error, held, caught
    assert isinstance(kept, ExceptionGroup)
    for each in (kept, *kept.exceptions):
        assert each.__traceback__ is None
        assert each.__cause__ is None
        assert each.__context__ is None
    gc.collect()
    assert bots[0]() is None


def test_v5_an_exception_that_holds_itself() -> None:
    error = ValueError("before")
    error.args = ([error],)
    kept = keepable(error)
    assert type(kept) is ValueError
    within = ValueError("round")
    vars(within)["cause"] = within
    deep: BaseException | None = keepable(within)
    depth = 0
    while deep is not None:
        deep, depth = vars(deep).get("cause"), depth + 1
    assert depth == 9
