"""Mutation tests of the rooms that calculate and run: ``python tests/mutation [room or wing ...]``.

The room ``zones.offsets`` is ``defectio_tasks/_zones/offsets.py``. Each mutant is one small change
to a room; the unit tests must notice it. The status is 1 when less than 95 % of a room's mutants
are killed, or one survives that `survivors.toml` doesn't explain.

The tool is mutmut and not cosmic-ray. Mutmut holds all mutants of a file in one module, forks with
one of them switched on, and runs only the tests that reach it: a tenth of a second for most, where
cosmic-ray starts pytest each time. Cosmic-ray also mutates annotations (nobody evaluates them here)
and puts a dozen operators in the place of each, of which nearly all fail at once and say nothing.
What mutmut leaves out, `mutants.py` adds.

The property tests don't take part: what only chance finds wouldn't be found each time.
"""

# ruff: noqa: S603, T201 -- it runs what it says itself, and tells what happens

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
SURVIVORS: Final = Path(__file__).with_name("survivors.toml")
# The wings all of whose rooms take part. Of the loops', the others are mostly overloads and checks.
WHOLE: Final = ("zones", "schedules", "slots", "time", "policy", "events", "run")
ROOMS: Final = [
    *(
        f"{wing}.{path.stem}"
        for wing in WHOLE
        for path in sorted((ROOT / "defectio_tasks" / f"_{wing}").glob("[!_]*.py"))
    ),
    *("loop.control", "loop.statistics", "loop.table"),
]
WINGS: Final = (*WHOLE, "loop")
LEAST_KILLED: Final = 0.95

TESTS: Final = ("tests/unit",)
# What sees the mutated module as such (all mutants are in it), or is about other rooms and slow.
NOT_THESE: Final = (
    "tests/unit/cli",
    "tests/unit/ledgers",
    "tests/unit/test_cost.py",
    "tests/unit/test_documents.py",
    "tests/unit/test_package.py",
    "tests/unit/test_site.py",
    "tests/unit/testing",
)
OPTIONS: Final = ("-p", "limits", "-p", "no:cacheprovider", *(f"--ignore={p}" for p in NOT_THESE))
NOT_COPIED: Final = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "htmlcov")
TIMED_OUT: Final = 24
KILLED: Final = frozenset({"killed", "timeout"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """What became of a mutant."""

    room: str
    name: str
    where: str
    """The room and the function, or the constant or class when it's outside of functions."""
    change: str
    """The tokens that it changes, which outlast what changes around them."""
    status: str
    diff: str
    """Empty for those that were killed."""


def main(arguments: Sequence[str]) -> int:
    """Run the mutants of some rooms, and tell which survive.

    Returns:
        The status to exit with: 0 when enough were killed and the rest is explained, else 1.
    """
    wanted = set(arguments or WINGS)
    rooms = [room for room in ROOMS if wanted & {room, room.partition(".")[0]}]
    unknown = wanted - {*ROOMS, *WINGS}
    if unknown:
        print(f"no such rooms: {', '.join(sorted(unknown))}; there are {', '.join(ROOMS)}")
        return 1
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tree = Path(folder, "project")
        shutil.copytree(ROOT, tree, ignore=NOT_COPIED)
        others = [path.name for path in tree.iterdir() if path.name != "defectio_tasks"]
        _add_settings(
            tree,
            {
                "source_paths": ["defectio_tasks"],
                "only_mutate": [_file(room) for room in rooms],
                "also_copy": others,
                "pytest_add_cli_args": OPTIONS,
                # Else each run would find what the first has left in the tests' modules.
                "process_isolation": "forkserver",
                "use_git_change_detection": False,
            },
        )
        mutants = [*_in_functions(tree, rooms), *_outside_functions(tree, rooms)]
    return _report(rooms, mutants)


def _file(room: str) -> str:
    return f"defectio_tasks/_{room.replace('.', '/')}.py"


def _add_settings(tree: Path, settings: dict[str, object]) -> None:
    path = tree / "pyproject.toml"
    text, header = path.read_text(), "\n[tool.mutmut]\n"
    # A text, a list of texts and a bool are the same in JSON and TOML.
    lines = (f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    path.write_text("".join([text, "" if header in text else header, *lines]))


def _in_functions(tree: Path, rooms: Sequence[str]) -> list[Mutant]:
    """Have mutmut run the mutants of functions: on their wing's tests, then those left on all."""
    own = sorted({f"tests/unit/{room.partition('.')[0]}" for room in rooms})
    mutants = {mutant.name: mutant for mutant in _mutmut(tree, rooms, own, [])}
    left = [mutant.name for mutant in mutants.values() if mutant.status not in KILLED]
    if left:
        again = _mutmut(tree, rooms, TESTS, left)
        mutants |= {mutant.name: mutant for mutant in again if mutant.name in left}
    return list(mutants.values())


def _mutmut(
    project: Path, rooms: Sequence[str], tests: Sequence[str], names: Sequence[str]
) -> list[Mutant]:
    with tempfile.TemporaryDirectory(prefix="mutmut-", dir=project.parent) as folder:
        tree = Path(shutil.copytree(project, Path(folder, "project")))
        _add_settings(tree, {"pytest_add_cli_args_test_selection": tests})
        # Its progress is for a terminal alone; in a file each step would be a line.
        output = None if sys.stdout.isatty() else subprocess.PIPE
        run = subprocess.run(
            _mutants(tree, "run", *names),
            cwd=tree,
            env=_environment(tree),
            check=False,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if run.returncode != 0:
            raise SystemExit(run.stdout or "mutmut failed")
        return [Mutant(room, **told) for room in rooms for told in _told(tree, "results", room)]


def _outside_functions(tree: Path, rooms: Sequence[str]) -> list[Mutant]:
    """Run the mutants of constants, each in a copy of its own."""
    made = [(room, told) for room in rooms for told in _told(tree, "outside", room)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda each: _try(tree, *each), made))


def _try(tree: Path, room: str, told: dict[str, str]) -> Mutant:
    with tempfile.TemporaryDirectory(prefix="mutant-", dir=tree.parent) as folder:
        copy = Path(folder, "project")
        shutil.copytree(tree, copy)
        (copy / _file(room)).write_text(told.pop("source"))
        command = [sys.executable, "-m", "pytest", "-x", "-q", *OPTIONS, *TESTS]
        environment = {**_environment(copy), "MUTANT_UNDER_TEST": f"defectio_tasks._{room}."}
        code = subprocess.run(
            command, cwd=copy, env=environment, check=False, capture_output=True
        ).returncode
    status = {0: "survived", TIMED_OUT: "timeout"}.get(code, "killed")
    return Mutant(room, status=status, **told)


def _told(tree: Path, question: str, room: str) -> list[dict[str, str]]:
    command = _mutants(tree, question, _file(room))
    answer = subprocess.run(
        command, cwd=tree, env=_environment(tree), check=True, stdout=subprocess.PIPE
    )
    told: list[dict[str, str]] = json.loads(answer.stdout)
    return [{**mutant, "where": f"{room}.{mutant['where']}"} for mutant in told]


def _mutants(tree: Path, *arguments: str) -> list[str]:
    return [sys.executable, str(tree / "tests/mutation/mutants.py"), *arguments]


def _environment(tree: Path) -> dict[str, str]:
    return {
        **os.environ,
        # Where pytest finds `limits`.
        "PYTHONPATH": str(tree / "tests/mutation"),
        # Each run is like the one before.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _report(rooms: Sequence[str], mutants: Sequence[Mutant]) -> int:
    survivors = [mutant for mutant in mutants if mutant.status not in KILLED]
    explained = {
        (where, change): reason
        for where, changes in tomllib.loads(SURVIVORS.read_text()).items()
        for change, reason in changes.items()
    }
    good = True
    for mutant in survivors:
        print(f"\n--- {mutant.status}: {mutant.name}\n{mutant.diff}")
        reason = explained.pop((mutant.where, mutant.change), None)
        if reason is not None:
            print(f"reason: {reason}")
            continue
        good = False
        print("not in survivors.toml; if no test can be written for it, explain it there:")
        print(f'[{json.dumps(mutant.where)}]\n{json.dumps(mutant.change)} = ""')
    print(f"\n{'room':<22}{'mutants':>8}{'killed':>8}{'by time':>8}{'survived':>9}")
    for room in rooms:
        counts = Counter(mutant.status for mutant in mutants if mutant.room == room)
        total, timeouts = counts.total(), counts["timeout"]
        if total == 0:
            continue
        killed = counts["killed"] + timeouts
        # Of fewer than twenty, one is more than 5 %, and may be equivalent.
        good &= killed >= min(LEAST_KILLED * total, total - 1)
        print(f"{room:<22}{total:>8}{killed:>8}{timeouts:>8}{total - killed:>9}", end="")
        print(f"{killed / total:>8.1%}")
    for where, change in explained:
        room = ".".join(where.split(".")[:2])
        if room in rooms or room not in ROOMS:
            print(f"explained, but it doesn't survive: {where}: {change}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
