"""Exceptions that nobody handles (contract L9)."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import sys
from collections.abc import Callable

import pytest

import defectio_tasks as tasks
from defectio_tasks._events import failures


class FirstError(Exception):
    """What ended the loop."""


class HookError(Exception):
    """What a hook raised on top."""


class OtherError(Exception):
    """What the hook's own code met."""


def raised(raising: Callable[[], object]) -> Exception:
    """Get an exception as Python leaves it when it was raised."""
    try:
        raising()
    except Exception as error:  # noqa: BLE001 -- whatever it is
        return error
    raise AssertionError


def the_first() -> FirstError:
    """Raise it."""
    raise FirstError("the first")


def test_l9_failure_is_printed_under_a_line_that_names_the_loop(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """L9: the traceback goes to `sys.stderr`, under a line that names the loop."""
    failures.print_failure("ticker", raised(the_first))
    out, err = capsys.readouterr()
    headline, *traceback = err.splitlines()
    assert out == ""
    assert "ticker" in headline
    assert traceback[0] == "Traceback (most recent call last):"
    assert any("in the_first" in line for line in traceback)
    assert traceback[-1].endswith("FirstError: the first")


def test_l9_hook_failure_names_hook_and_loop(capsys: pytest.CaptureFixture[str]) -> None:
    """L9: printed to `sys.stderr`; without a first exception there is just the hook's."""

    def fail() -> None:
        raise HookError("the hook's")

    error = raised(fail)
    failures.print_hook_failure("ticker", "after_loop", error, None)
    out, err = capsys.readouterr()
    assert out == ""
    assert "`after_loop`" in err.splitlines()[0]
    assert "ticker" in err.splitlines()[0]
    assert err.splitlines()[-1].endswith("HookError: the hook's")
    assert error.__context__ is None


def plain() -> None:
    """Raise just the hook's own."""
    raise HookError("the hook's")


def with_context() -> None:
    """Raise while another is handled."""
    try:
        raise OtherError("the other")  # noqa: TRY301 -- that is the point
    except OtherError:
        raise HookError("the hook's")  # noqa: B904 -- that is the point


def with_cause() -> None:
    """Raise because of another."""
    raise HookError("the hook's") from OtherError("the other")


def with_cause_and_context() -> None:
    """Raise because of one that isn't the one that is handled."""
    try:
        raise LookupError  # noqa: TRY301 -- that is the point
    except LookupError:
        raise HookError("the hook's") from OtherError("the other")


def with_cause_that_has_a_context() -> None:
    """Raise because of another, which came while a third one was handled."""
    try:
        with_context()
    except HookError as error:
        raise HookError("the hook's") from error


def from_none() -> None:
    """Raise without any context."""
    raise HookError("the hook's") from None


def from_none_while_another_is_handled() -> None:
    """Raise, and hide the one that is handled."""
    try:
        raise OtherError  # noqa: TRY301 -- that is the point
    except OtherError:
        raise HookError("the hook's") from None


def from_one_from_none() -> None:
    """Raise because of one that hides the one before."""
    raise HookError("the hook's") from raised(from_none_while_another_is_handled)


def in_a_cycle() -> None:
    """Raise one whose context leads back to it; only code that sets contexts can."""
    error, other = HookError("the hook's"), OtherError("the other")
    error.__context__, other.__context__ = other, error
    raise error


def before_a_cycle() -> None:
    """Raise one whose context is part of a cycle."""
    error, other, third = HookError("the hook's"), OtherError("the other"), LookupError()
    error.__context__, other.__context__, third.__context__ = other, third, other
    raise error


@pytest.mark.parametrize(
    ("raising", "others"),
    [
        (plain, 0),
        (with_context, 1),
        (with_cause, 1),
        (with_cause_and_context, 1),
        (with_cause_that_has_a_context, 1),
        (from_none, 0),
        (from_none_while_another_is_handled, None),
        (from_one_from_none, None),
        (in_a_cycle, 1),
        (before_a_cycle, 1),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_l9_hook_failure_never_hides_the_first_exception(
    raising: Callable[[], None], others: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """L9: whatever the hook's exception drags along, the first one is printed; each just once."""
    first, late = raised(the_first), raised(raising)
    failures.print_hook_failure("ticker", "error", late, first)
    err = capsys.readouterr().err
    assert len(re.findall(r"FirstError: the first$", err, re.MULTILINE)) == 1
    # Where the hook's own code hid the other one, it is up to the package whether that is seen.
    if others is not None:
        assert len(re.findall(r"OtherError: the other$", err, re.MULTILINE)) == others
    assert err.rstrip().endswith("HookError: the hook's")


def test_l9_hook_failure_alone_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """L9: without a first exception nothing is hung onto the hook's."""
    late = raised(from_none_while_another_is_handled)
    failures.print_hook_failure("ticker", "after_loop", late, None)
    assert isinstance(late.__context__, OtherError)
    assert "OtherError" not in capsys.readouterr().err


def test_l9_first_exception_is_the_context(capsys: pytest.CaptureFixture[str]) -> None:
    """L9: it is printed before the hook's, with Python's words for an exception on top."""
    first, late = raised(the_first), raised(plain)
    failures.print_hook_failure("ticker", "error", late, first)
    assert late.__context__ is first
    before, after = capsys.readouterr().err.split(
        "During handling of the above exception, another exception occurred:"
    )
    assert "FirstError: the first" in before
    assert "HookError: the hook's" in after


def test_l9_first_exception_that_is_the_context_already(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """L9: a hook that raises in an `except` after raising the first one again: printed once."""
    first = raised(the_first)

    def again() -> None:
        try:
            raise first
        except FirstError:
            raise HookError("the hook's")  # noqa: B904 -- that is the point

    late = raised(again)
    failures.print_hook_failure("ticker", "error", late, first)
    assert capsys.readouterr().err.count("FirstError: the first") == 1
    assert (late.__context__, first.__context__) == (first, None)


def test_l9_first_exception_hidden_by_the_hook(capsys: pytest.CaptureFixture[str]) -> None:
    """L9: a hook that raises the first one again, and then another `from None`."""
    first = raised(the_first)

    def hide() -> None:
        try:
            raise first
        except FirstError:
            raise HookError("the hook's") from None

    failures.print_hook_failure("ticker", "error", raised(hide), first)
    assert "FirstError: the first" in capsys.readouterr().err


def test_l9_hook_raises_the_first_exception_again(capsys: pytest.CaptureFixture[str]) -> None:
    """L9: `raise error` in the `error` hook: printed once, and no cycle comes of it."""
    first = raised(the_first)
    failures.print_hook_failure("ticker", "error", first, first)
    assert capsys.readouterr().err.count("FirstError: the first") == 1
    assert first.__context__ is None


def test_l9_hook_raises_what_is_behind_the_first_exception(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """L9: `raise error.__cause__` in the `error` hook: both are printed."""
    first = FirstError("the first")
    first.__cause__ = HookError("the hook's")
    failures.print_hook_failure("ticker", "error", first.__cause__, first)
    err = capsys.readouterr().err
    assert "FirstError: the first" in err
    assert "HookError: the hook's" in err


def closed_stream() -> io.StringIO:
    """Make a stream that was closed."""
    stream = io.StringIO()
    stream.close()
    return stream


class BrokenStream(io.StringIO):
    """A stream whose reader is gone."""

    def write(self, _: str, /) -> int:
        """Fail as a pipe does."""
        raise BrokenPipeError


@pytest.mark.parametrize(
    "stream", [None, closed_stream(), BrokenStream()], ids=["None", "closed", "broken"]
)
def test_l9_without_a_stderr_nothing_is_raised(
    stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L9, L11: a bot without a console ends its loops like any other."""
    monkeypatch.setattr(sys, "stderr", stream)
    failures.print_failure("ticker", raised(the_first))
    failures.print_hook_failure("ticker", "error", raised(plain), raised(the_first))


def test_l9_exception_that_cannot_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """L9, L11: an exception whose `str` fails is reported all the same."""

    class Mute(Exception):  # noqa: N818 -- not an error of ours
        def __str__(self) -> str:
            raise RuntimeError

    failures.print_failure("ticker", Mute())
    assert "Mute" in capsys.readouterr().err


class TestInTheLog:
    """L9: at ERROR, where a log is set up."""

    async def fail(self) -> None:
        @tasks.loop(name="ticker")
        async def tick() -> None:
            raise the_error

        the_error = FirstError("the first")
        await asyncio.wait([tick.start()])

    async def test_at_error_with_the_traceback(
        self, log: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        await self.fail()
        [record] = log.records
        assert (record.name, record.levelname) == ("defectio_tasks", "ERROR")
        assert "ticker" in record.getMessage()
        assert record.exc_info is not None
        assert isinstance(record.exc_info[1], FirstError)
        assert "ticker" in capsys.readouterr().err

    @pytest.mark.parametrize("where", ["defectio_tasks", None])
    async def test_on_stderr_once(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        where: str | None,
    ) -> None:
        monkeypatch.setattr(logging.getLogger(where), "handlers", [logging.StreamHandler()])
        await self.fail()
        shown = capsys.readouterr().err
        assert shown.count("FirstError: the first") == 1
        assert shown.count("unhandled exception in loop 'ticker'") == 1

    @pytest.mark.parametrize("how", ["level", "propagate", "disabled", "other stream"])
    async def test_on_stderr_where_the_log_does_not_write_it_there(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, how: str
    ) -> None:
        ours, root = logging.getLogger("defectio_tasks"), logging.getLogger()
        handler = logging.StreamHandler(io.StringIO() if how == "other stream" else None)
        monkeypatch.setattr(root, "handlers", [handler])
        if how == "level":
            handler.setLevel(logging.CRITICAL)
        elif how == "propagate":
            monkeypatch.setattr(ours, "propagate", False)
        elif how == "disabled":
            monkeypatch.setattr(ours, "disabled", True)
        await self.fail()
        assert capsys.readouterr().err.count("FirstError: the first") == 1

    async def test_without_a_log_on_stderr_once(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Python's last resort for logs would be stderr too."""
        monkeypatch.setattr(logging.getLogger(), "handlers", [])
        await self.fail()
        assert capsys.readouterr().err.count("FirstError: the first") == 1

    async def test_a_handler_that_raises_is_not_felt(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Broken(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                raise LookupError

        monkeypatch.setattr(logging.getLogger(), "handlers", [Broken()])
        await self.fail()
        assert "FirstError: the first" in capsys.readouterr().err


def test_l9_a_stderr_that_cannot_write_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be encoded is shown by its escapes; nothing shown at all would be worse."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, encoding="ascii", errors="strict"))
    failures.print_failure("ticker", FirstError("caf\N{LATIN SMALL LETTER E WITH ACUTE}"))
    sys.stderr.flush()
    shown = raw.getvalue().decode("ascii")
    assert "ticker" in shown
    assert "caf\\xe9" in shown
