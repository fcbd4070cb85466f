"""The log as the first observer (contract V3, I2, L8)."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import pytest

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock


def lines(log: pytest.LogCaptureFixture, level: int) -> list[str]:
    # In its debug mode, asyncio complains of what blocks it.
    ours = [record for record in log.records if record.name == "defectio_tasks"]
    return [record.getMessage() for record in ours if record.levelno == level]


async def test_v3_begin_and_end_of_a_run_are_for_debugging(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "defectio_tasks")

    @tasks.loop(name="ticker", count=1)
    async def tick() -> None: ...

    await tick.start()
    ours = [record for record in caplog.records if record.name == "defectio_tasks"]
    assert {record.levelname for record in ours} == {"DEBUG"}
    told = [record.getMessage() for record in ours]
    assert told == ["loop 'ticker' begins", "loop 'ticker' has ended: completed"]


async def test_v3_l8_each_retry_at_warning(
    log: pytest.LogCaptureFixture, full_jitter: None
) -> None:
    outcomes = iter([ConnectionResetError("by peer"), TimeoutError("late"), None])

    @tasks.loop(name="ticker", count=1)
    async def tick() -> None:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome

    await tick.start()
    slot = "for the slot at 2026-01-05 12:00:00+00:00"
    assert lines(log, logging.WARNING) == [
        "loop 'ticker': retrying in 2.00 s after ConnectionResetError(by peer), attempt 1 " + slot,
        "loop 'ticker': retrying in 4.00 s after TimeoutError(late), attempt 2 " + slot,
    ]


async def test_l8_an_exception_that_cannot_tell_its_text_is_retried_too(
    log: pytest.LogCaptureFixture, full_jitter: None
) -> None:
    class MuteError(OSError):
        def __str__(self) -> str:
            raise LookupError

        __repr__ = __str__

    outcomes = iter([MuteError(), None])

    @tasks.loop(name="ticker", count=1)
    async def tick() -> None:
        if (outcome := next(outcomes)) is not None:
            raise outcome

    await tick.start()
    [line] = lines(log, logging.WARNING)
    assert line.startswith("loop 'ticker': retrying in 2.00 s after MuteError(), attempt 1")


async def test_v3_skipped_slots_with_their_number_and_when(
    log: pytest.LogCaptureFixture, clock: VirtualClock
) -> None:
    @tasks.loop(name="ticker", seconds=10, count=2)
    async def tick() -> None:
        if not tick.current_loop:
            await asyncio.sleep(35)

    await tick.start()
    [line] = lines(log, logging.WARNING)
    for told in ("'ticker'", "2 slots", "2026-01-05 12:00:10"):
        assert told in line


async def test_v3_one_skipped_slot_is_told_as_one(log: pytest.LogCaptureFixture) -> None:
    @tasks.loop(seconds=10, count=2)
    async def tick() -> None:
        await asyncio.sleep(25)

    await tick.start()
    [line] = lines(log, logging.WARNING)
    assert "1 slot skipped" in line


async def test_v3_whoever_observes_has_the_log_tell_the_cause(
    log: pytest.LogCaptureFixture, clock: VirtualClock
) -> None:
    @tasks.loop(seconds=10, count=6)
    async def tick() -> None:
        if tick.current_loop == 1:
            await asyncio.sleep(25)

    unobserve = tasks.observe(lambda _: None)
    task = tick.start()
    await asyncio.sleep(55)
    clock.block(40)
    await task
    unobserve()
    busy, late = lines(log, logging.WARNING)
    assert ("took too long" in busy, "took too long" in late) == (True, False)


async def test_v3_of_a_row_of_late_iterations_few_are_warnings(
    log: pytest.LogCaptureFixture,
) -> None:
    """The 1st, 10th, 100th; one on time ends the row."""
    log.set_level(logging.DEBUG, "defectio_tasks")

    @tasks.loop(name="ticker", seconds=1, count=152)
    async def tick() -> None:
        await asyncio.sleep(0 if tick.current_loop == 120 else 2.5)

    await tick.start()
    warned = lines(log, logging.WARNING)
    assert len(warned) == 3 + 2
    assert [line for line in warned if "in a row" not in line] == [warned[0], warned[3]]
    assert "(10 times in a row)" in warned[1]
    assert "(100 times in a row)" in warned[2]
    assert "(10 times in a row)" in warned[4]
    skipped = [line for line in lines(log, logging.DEBUG) if "skipped" in line]
    assert len(skipped) + len(warned) == 120 + 30
    assert "(2 times in a row)" in skipped[0]


def test_l8_error_trackers_hear_of_a_retry() -> None:
    """They patch the class of loggers, before the package is imported or after."""
    code = """if True:
        import logging
        told, call_handlers = [], logging.Logger.callHandlers
        def listen(self, record):
            told.append(record.name)
            call_handlers(self, record)
        logging.Logger.callHandlers = listen
        logging.getLogger().addHandler(logging.NullHandler())
        from defectio_tasks._events import log
        log.write(logging.WARNING, "retrying")
        assert told == ["defectio_tasks"]
    """
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 -- it is from above


@pytest.mark.parametrize("seconds", [0, 10])
async def test_what_a_handler_raises_is_not_felt(
    monkeypatch: pytest.MonkeyPatch, clock: VirtualClock, seconds: float
) -> None:
    """A retry stays one, and a skipped slot doesn't end the loop."""

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise LookupError

    monkeypatch.setattr(logging.getLogger("defectio_tasks"), "handlers", [Broken()])
    attempts = 0

    @tasks.loop(seconds=seconds, count=2)
    async def tick() -> None:
        nonlocal attempts
        attempts += 1
        await asyncio.sleep(35)
        if attempts == 1:
            raise OSError

    await tick.start()
    assert (tick.ending, attempts) == ("completed", 3)


async def test_l9_control_characters_are_escaped(
    log: pytest.LogCaptureFixture, full_jitter: None
) -> None:
    outcomes = iter([OSError("one\ntwo \x1b[31mred"), None])

    @tasks.loop(name="tick\ner", count=1)
    async def tick() -> None:
        if (outcome := next(outcomes)) is not None:
            raise outcome

    await tick.start()
    [line] = lines(log, logging.WARNING)
    assert r"one\ntwo \x1b[31mred" in line
    assert line.isprintable()
