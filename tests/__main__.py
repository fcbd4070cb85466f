"""Every check of this project: ``python tests``, or ``python tests STAGE...`` for some of them."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from support.stages import Stage, run_stages

PYTEST: Final = ("-m", "pytest", "-v")
# Whatever runs in an event loop, run again in one of another kind. Left out is what takes long and
# tells nothing new there: projects and pieces of documents with event loops of their own.
IN_MODE: Final = (
    *PYTEST,
    *(f"tests/unit/{wing}" for wing in ("events", "ledgers", "loop", "run", "slots", "testing")),
    *("tests/unit/time", "tests/unit/test_modes.py", "tests/property/test_life_cycle.py"),
    "--ignore=tests/unit/testing/test_plugin.py",
)

# The long ones first, so that no processor is without one at the end; but what shows a slip within
# a second before all.
STAGES: Final = (
    Stage("format", 1, ("-m", "ruff", "format", "--check", ".")),
    Stage("lint", 1, ("-m", "ruff", "check", ".")),
    Stage("imports", 2, ("-c", "from importlinter.cli import lint_imports_command as run; run()")),
    Stage("unit", 120, ("-m", "coverage", "run", *PYTEST, "tests/unit")),
    Stage("property", 80, (*PYTEST, "tests/property")),
    Stage("integration", 40, (*PYTEST, "tests/integration")),
    Stage("typing", 40, (*PYTEST, "tests/typing", "tests/editor")),
    Stage("soak", 30, (*PYTEST, "tests/soak")),
    Stage("mypy", 30, ("-m", "mypy")),
    Stage("uvloop", 30, (*IN_MODE, "--event-loop=uvloop")),
    Stage("eager", 30, (*IN_MODE, "--event-loop=eager")),
    Stage("debug", 30, (*IN_MODE, "--event-loop=debug")),
    Stage("basedpyright", 10, ("-m", "basedpyright", "--pythonpath", sys.executable)),
    Stage(
        "documentation",
        15,
        ("-m", "sphinx", "-W", "--keep-going", "-E", "-q", "docs", "build/site"),
    ),
    Stage("coverage", 2, ("-m", "coverage", "report"), after=frozenset({"unit"})),
)
NOT_HERE: Final = {
    name
    for name, is_missing in (
        ("eager", sys.version_info < (3, 12)),
        ("uvloop", sys.platform == "win32"),
    )
    if is_missing
}


def main(arguments: Sequence[str]) -> int:
    """Run the stages that are named, or all.

    Args:
        arguments: What follows the command.

    Returns:
        The status to exit with: 0 when all have passed, else 1.
    """
    stages = {stage.name: stage for stage in STAGES if stage.name not in NOT_HERE}
    parser = argparse.ArgumentParser(prog="python tests", description="Check this project.")
    parser.add_argument(
        "stages", nargs="*", metavar="STAGE", help=f"what to run: all, or of {', '.join(stages)}"
    )
    parser.add_argument("--list", action="store_true", help="show what would run, and run nothing")
    parser.add_argument(
        *("-j", "--jobs"),
        type=int,
        default=os.cpu_count() or 1,
        help="how many to run at a time: %(default)s, as many as there are processors",
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.stages if name not in stages]:
        parser.error(f"no such stage: {', '.join(unknown)}; there are {', '.join(stages)}")
    chosen = [stage for name, stage in stages.items() if name in (options.stages or stages)]
    if options.list:
        for stage in chosen:
            print(f"{stage.name:14} python {' '.join(stage.arguments)}")
        return 0
    console = Console(markup=False, highlight=False, soft_wrap=True)
    try:
        return 0 if run_stages(chosen, jobs=options.jobs, console=console) else 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("interrupted", style="red")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
