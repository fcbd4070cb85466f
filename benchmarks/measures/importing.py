"""What an import costs."""

from __future__ import annotations

import asyncio
import sys
from statistics import median
from typing import Final

from benchmarks.measures._common import AnyAdapter, Findings

PROGRAM: Final = """
import sys
from time import process_time
assert "asyncio" not in sys.modules
before = process_time()
import {module}
print(process_time() - before)
"""


async def import_time(adapter: AnyAdapter, *, processes: int) -> Findings:
    """CPU seconds to import a module, in processes that have imported nothing else."""
    seconds = list[float]()
    for _ in range(processes):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PROGRAM.format(module=adapter.module),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        seconds.append(float(output))
    return Findings({"": median(seconds)})
