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
# What runs in an event loop, run again in one of another kind; but for projects of their own, and
# for loops that walk through years of dates, which takes long and tells nothing new there.
IN_MODE: Final = (
    *PYTEST,
    *(f"tests/unit/{wing}" for wing in ("chat", "events", "ledgers", "loop", "run", "slots")),
    *("tests/unit/testing", "--ignore=tests/unit/testing/test_plugin.py", "tests/unit/time"),
    *("tests/unit/cli/test_modules.py", "tests/unit/policy/test_errors.py"),
    *(f"tests/unit/schedules/test_{room}.py" for room in ("at", "upcoming")),
    *(f"tests/unit/test_{room}.py" for room in ("cog", "cost", "modes")),
    "tests/property/test_life_cycle.py",
)
COVERAGE: Final = (
    "from coverage.cmdline import main as run; exit("
    "run(['combine', '--keep', '--quiet', '.coverage.unit', '.coverage.integration'])"
    " or run(['report']))"
)


def covered(name: str, seconds: float) -> Stage:
    """Return the stage of a folder of tests whose lines and branches count.

    They reach all: the other folders needn't be slowed down by counting.
    """
    counted = ("-m", "coverage", "run", f"--data-file=.coverage.{name}")
    return Stage(name, seconds, (*counted, *PYTEST, f"tests/{name}"))


# What shows a slip within a second comes first, and then the long ones: no processor shall be
# without work at the end.
STAGES: Final = (
    Stage("format", 1, ("-m", "ruff", "format", "--check", ".")),
    Stage("lint", 1, ("-m", "ruff", "check", ".")),
    Stage("imports", 2, ("-c", "from importlinter.cli import lint_imports_command as run; run()")),
    covered("unit", 120),
    Stage("debug", 90, (*IN_MODE, "--event-loop=debug")),
    Stage("typing", 90, (*PYTEST, "tests/typing", "tests/editor")),
    Stage("property", 80, (*PYTEST, "tests/property")),
    Stage("eager", 45, (*IN_MODE, "--event-loop=eager")),
    Stage("uvloop", 45, (*IN_MODE, "--event-loop=uvloop")),
    covered("integration", 45),
    Stage("mypy", 30, ("-m", "mypy")),
    Stage("soak", 15, (*PYTEST, "tests/soak")),
    Stage(
        "documentation",
        15,
        ("-m", "sphinx", "-W", "--keep-going", "-E", "-q", "docs", "build/site"),
    ),
    Stage("basedpyright", 10, ("-m", "basedpyright", "--pythonpath", sys.executable)),
    Stage("coverage", 2, ("-c", COVERAGE), after=frozenset({"unit", "integration"})),
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
