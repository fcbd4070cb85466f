"""The process of one measurement: ``python -m benchmarks.worker CANDIDATE MEASURE ARGUMENTS``."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from dataclasses import asdict
from importlib import import_module

from benchmarks.adapters import load
from benchmarks.adapters._adapter import UnsupportedError
from benchmarks.measures._common import Findings


async def measure(candidate: str, name: str, arguments: str) -> Findings:
    """Measure one thing of one candidate.

    Args:
        candidate: The name of an adapter.
        name: A function of a module in `measures`, like `life:start`.
        arguments: Its keyword arguments, as JSON.
    """
    module, function = name.split(":")
    take = getattr(import_module(f"benchmarks.measures.{module}"), function)
    try:
        findings: Findings = await take(load(candidate), **json.loads(arguments))
    except UnsupportedError as error:
        return Findings(missing={"*": str(error)})
    return findings


if __name__ == "__main__":
    # Nobody listens to the log: without any handler, warnings would be printed.
    logging.getLogger().addHandler(logging.NullHandler())
    with asyncio.Runner() as runner:
        found = runner.run(measure(*sys.argv[1:]))
        sys.stdout.write(json.dumps(asdict(found)))
        sys.stdout.flush()
        # 50,000 tasks would take their time to be cancelled.
        os._exit(0)
