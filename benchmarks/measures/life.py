"""What it costs to have loops: bind, start and cancel them, and keep them asleep."""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from time import process_time

from benchmarks.adapters._adapter import UnsupportedError
from benchmarks.measures._common import (
    HOUR,
    AnyAdapter,
    Counter,
    Findings,
    asleep,
    check,
    fall_asleep,
    forget_imports,
    repeats,
    warm_up,
)


async def start(adapter: AnyAdapter, *, sizes: Sequence[int]) -> Findings:
    """CPU seconds per loop, from the first `start` until all loops sleep."""
    await warm_up(adapter)
    findings = Findings()
    for size in sizes:
        seconds = list[float]()
        for _ in range(repeats(size, sizes[-1])):
            counter = Counter()
            loops = adapter.make([counter.body] * size, HOUR)
            gc.collect()
            before = process_time()
            await fall_asleep(adapter, loops, counter)
            seconds.append(process_time() - before)
            check(adapter.running(loops) == size, "a loop isn't running after its start")
            await adapter.cancel(loops)
        findings.values[str(size)] = min(seconds) / size
        if not adapter.begins_at_once:
            findings.notes[str(size)] = "without a first iteration, which comes later"
    return findings


async def cancel(adapter: AnyAdapter, *, sizes: Sequence[int]) -> Findings:
    """CPU seconds per loop, from the first `cancel` until all have ended."""
    await warm_up(adapter)
    findings = Findings()
    for size in sizes:
        seconds = list[float]()
        for _ in range(repeats(size, sizes[-1])):
            counter = Counter()
            loops = await asleep(adapter, [counter.body] * size, counter)
            gc.collect()
            before = process_time()
            await adapter.cancel(loops)
            seconds.append(process_time() - before)
            check(adapter.running(loops) == 0, "a loop is running after its cancel")
        findings.values[str(size)] = min(seconds) / size
    return findings


async def bind(adapter: AnyAdapter, *, sizes: Sequence[int]) -> Findings:
    """CPU seconds per instance whose loop is looked up for the first time."""
    owner = adapter.make_owner()
    forget_imports()
    findings = Findings()
    for size in sizes:
        seconds = list[float]()
        for _ in range(repeats(size, sizes[-1])):
            instances = [owner() for _ in range(size)]
            gc.collect()
            before = process_time()
            loops = [instance.tick for instance in instances]
            seconds.append(process_time() - before)
            check(len(set(map(id, loops))) == size, "instances share a loop")
            again = [instance.tick for instance in instances]
            check(list(map(id, again)) == list(map(id, loops)), "an instance changes its loop")
        findings.values[str(size)] = min(seconds) / size
    return findings


async def memory(adapter: AnyAdapter, *, sizes: Sequence[int]) -> Findings:
    """Bytes per sleeping loop, from the loop itself to its timer, as tracemalloc counts them."""
    await warm_up(adapter)
    findings = Findings()
    for size in sizes:
        counter = Counter()
        bodies = [counter.body] * size
        gc.collect()
        tracemalloc.start()
        loops = await asleep(adapter, bodies, counter)
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        check(adapter.running(loops) == size, "a loop isn't running after its start")
        await adapter.cancel(loops)
        del loops
        findings.values[str(size)] = used / size
    return findings


async def resident(adapter: AnyAdapter, *, size: int) -> Findings:
    """Bytes per sleeping loop, by what the process grows."""
    await warm_up(adapter)
    counter = Counter()
    bodies = [counter.body] * size
    gc.collect()
    before = _resident()
    loops = await asleep(adapter, bodies, counter)
    await asyncio.sleep(0)
    gc.collect()
    used = _resident() - before
    check(adapter.running(loops) == size, "a loop isn't running after its start")
    return Findings({str(size): used / size})


def _resident() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except FileNotFoundError:
        raise UnsupportedError("this system doesn't tell") from None
    return pages * os.sysconf("SC_PAGE_SIZE")
