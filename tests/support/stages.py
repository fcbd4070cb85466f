"""Stages that run as processes beside one another, and what a person sees of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich import progress
from rich.console import Console
from rich.table import Table
from rich.text import Text

ROOT: Final = Path(__file__).resolve().parents[2]
RECORD: Final = ROOT / "build/seconds.json"
"""How long each part of each stage took when it last passed: what the bar goes by."""

# What `pytest -v` says of a test that is over.
_TEST: Final = re.compile(r"(\S+?\.py)::.* (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b.*\[ *\d+%\]")
# How long a stage that is interrupted has to put away what it has begun, such as servers.
_SECONDS_TO_END: Final = 10


@dataclass(frozen=True, slots=True)
class Stage:
    """A process that checks something."""

    name: str
    seconds: float
    """About how long it takes on an idle machine, until it has been measured on this one."""
    arguments: tuple[str, ...]
    """What this Python is given."""
    after: frozenset[str] = frozenset()
    """The stages whose results it needs."""


class Share:
    """How much of a stage is over, in seconds of its last run.

    Its parts are the files of tests. The last run says how long each took: the share is of time.
    """

    def __init__(
        self, last: Mapping[str, float], now: Callable[[], float] = time.monotonic
    ) -> None:
        self.total = sum(last.values())
        self.took: dict[str, float] = {}
        """How long each part has taken in this run."""
        self._last = last
        self._now = now
        self._since = now()

    def end_step(self, part: str) -> None:
        """Give a part the time since the last step.

        Args:
            part: The file of the test that is over; an empty text where there are no tests.
        """
        now = self._now()
        self.took[part] = self.took.get(part, 0.0) + now - self._since
        self._since = now

    def done(self) -> float:
        """Return how many of the last run's seconds are over: never all, as long as it runs."""
        here = self._now() - self._since
        if len(self._last) == 1:
            seconds = sum(self.took.values()) + here
        else:
            *over, part = self.took or [""]
            here = min(self._last.get(part, 0.0), self.took.get(part, 0.0) + here)
            seconds = sum(self._last.get(part, 0.0) for part in over) + here
        return min(seconds, 0.99 * self.total)


@dataclass(slots=True)
class Run:
    """One run of a stage."""

    stage: Stage
    title: str
    last: Mapping[str, float]
    """How long its parts took the last time."""
    share: Share | None = None
    """None until it begins."""
    output: list[str] = field(default_factory=list[str])
    """All lines but those of tests that are over."""
    status: int | None = None
    """Of its process; None until that has ended."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def seconds(self) -> float:
        """Return how long it has taken."""
        return sum(self.share.took.values()) if self.share else 0.0

    @property
    def done(self) -> float:
        """Return how much of it is over, in seconds of its last run."""
        if self.status is not None:
            return sum(self.last.values())
        return self.share.done() if self.share else 0.0


def run_stages(stages: Sequence[Stage], *, jobs: int, console: Console) -> bool:
    """Run some stages, as many at once as is said, and show what happens.

    Args:
        stages: In the order in which to begin them.
        jobs: How many may run at a time.
        console: Where to show it: with a bar if it's a terminal, else in plain lines.

    Returns:
        Whether all have passed.

    Raises:
        KeyboardInterrupt, asyncio.CancelledError: Ctrl-C, or a signal to end. No process is left.
    """
    began = time.monotonic()
    try:
        record: dict[str, dict[str, float]] = json.loads(RECORD.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = {}
    runs = [
        Run(
            stage,
            f"{number}/{len(stages)} {stage.name}",
            record.get(stage.name, {"": stage.seconds}),
        )
        for number, stage in enumerate(stages, 1)
    ]
    asyncio.run(_run_all(runs, jobs, console))
    record |= {run.stage.name: run.share.took for run in runs if run.share and run.status == 0}
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1), encoding="utf-8")
    _show_end(runs, time.monotonic() - began, console)
    return all(run.status == 0 for run in runs)


async def _run_all(runs: Sequence[Run], jobs: int, console: Console) -> None:
    if (task := asyncio.current_task()) is not None:
        # What ends a job of CI ends the processes first, as Ctrl-C does.
        signal.signal(signal.SIGTERM, lambda *_: task.get_loop().call_soon_threadsafe(task.cancel))
    free = asyncio.Semaphore(jobs)
    async with _bar(runs, console), asyncio.TaskGroup() as group:
        for run in runs:
            needed = [each.ended for each in runs if each.stage.name in run.stage.after]
            group.create_task(_run_one(run, needed, free, console))


async def _run_one(
    run: Run, needed: Sequence[asyncio.Event], free: asyncio.Semaphore, console: Console
) -> None:
    for ended in needed:
        await ended.wait()
    async with free:
        if not console.is_terminal:
            console.print(f"{run.title} ...")
        run.share = Share(run.last)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-u", *run.stage.arguments),
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=2**24,
            start_new_session=True,
        )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_read(process, run, run.share, console))
                run.status = await process.wait()
                # Else what it has left behind, and holds its output, would be waited for.
                _send(process, "SIGKILL")
        finally:
            await _end(process)
        run.share.end_step(next(reversed(run.share.took), ""))
    run.ended.set()
    if run.status == 0:
        console.print(f"{run.title}: passed in {run.seconds:.1f} s", style="green")
    else:
        console.print(
            f"{run.title}: FAILED in {run.seconds:.1f} s, status {run.status}", style="red"
        )
        console.print("\n".join(run.output))


async def _read(
    process: asyncio.subprocess.Process, run: Run, share: Share, console: Console
) -> None:
    assert process.stdout is not None
    async for raw in process.stdout:
        line = raw.decode(errors="replace").rstrip()
        test = _TEST.fullmatch(line)
        if test is not None:
            share.end_step(test[1])
        else:
            run.output.append(line)
        # What has failed shows at once, and so does what was not even tried.
        if line.startswith("NOT RUN") or (test is not None and test[2] in {"FAILED", "ERROR"}):
            console.print(f"{run.title}: {line}", style="red")


async def _end(process: asyncio.subprocess.Process) -> None:
    """Have a process end that still runs, and all that it has started."""
    if process.returncode is None:
        try:
            _send(process, "SIGINT")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _SECONDS_TO_END)
        finally:
            _send(process, "SIGKILL")


def _send(process: asyncio.subprocess.Process, name: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.Signals[name])


@contextlib.asynccontextmanager
async def _bar(runs: Sequence[Run], console: Console) -> AsyncGenerator[None]:
    columns = (
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("{task.description}"),
    )
    total = sum(sum(run.last.values()) for run in runs)

    async def follow(bar: progress.Progress) -> None:
        task = bar.add_task("", total=total)
        while True:
            here = [run.stage.name for run in runs if run.share and run.status is None]
            done = sum(run.done for run in runs)
            bar.update(task, completed=done, description=", ".join(here))
            await asyncio.sleep(0.25)

    with progress.Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        following = asyncio.create_task(follow(bar))
        try:
            yield
        finally:
            following.cancel()


def _show_end(runs: Sequence[Run], seconds: float, console: Console) -> None:
    failed = [run for run in runs if run.status != 0]
    table = Table("stage", "", "seconds", box=None, padding=(0, 2, 0, 0))
    table.columns[2].justify = "right"
    for column in table.columns:
        column.no_wrap = True
    table.add_column()  # It alone is cut where there is no room.
    for run in runs:
        verdict = Text("FAILED", "red") if run in failed else Text("passed", "green")
        last = run.output[-1].strip("= ") if run.output else ""
        cut = Text(last, no_wrap=True, overflow="ellipsis")
        table.add_row(run.title, verdict, f"{run.seconds:.1f}", cut)
    console.print()
    console.print(table)
    for run in failed:
        console.print(f"\n{run.title}:", style="red")
        tests = [line for line in run.output if line.startswith(("FAILED ", "ERROR "))]
        console.print("\n".join(tests or run.output[-20:]))
    outcome = f"{len(failed)} of {len(runs)} stages failed" if failed else "all stages passed"
    console.print(f"\n{outcome} in {seconds:.0f} s", style="red" if failed else "green")
