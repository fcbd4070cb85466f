"""What type checkers say of the package's uses (contract section 2).

``accepted.py`` and ``rejected.py``, beside this file, are checked and never run. The ignores in
``rejected.py`` say with which codes mypy and pyright reject a line; every checker has to.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest
from support.checkers import CHECKERS, Complaint
from support.documents import HOSTS, PIECES, ROOT

HERE = Path(__file__).resolve().parent
FILES = ("accepted.py", "rejected.py")
IGNORE = re.compile(r"#\s*(type|pyright):\s*ignore(\[[\w\s,-]+\])?")
MARK = re.compile(r"  # type: ignore\[([\w, -]+)\]  # pyright: ignore\[([\w, ]+)\]$")


@dataclass(frozen=True)
class Due:
    """The error that a line is marked with."""

    mypy: frozenset[str]
    pyright: frozenset[str]


def read(text: str) -> tuple[str, dict[int, Due]]:
    """Read the uses of a file.

    Returns:
        The text without its marks, and the errors that are due, by line.
    """
    lines: list[str] = []
    due: dict[int, Due] = {}
    for number, line in enumerate(text.splitlines(), 1):
        mark = MARK.search(line)
        if mark is not None:
            due[number] = Due(*(frozenset(codes.split(", ")) for codes in mark.groups()))
        lines.append(MARK.sub("", line))
    return "\n".join(lines) + "\n", due


def compare(complaints: list[Complaint], due: Mapping[tuple[str, int], Due]) -> list[str]:
    """Tell where errors came that aren't due, and where none came that are."""
    came = {(each.file, each.line) for each in complaints}
    wrong = [f"wrong: {each}" for each in complaints if (each.file, each.line) not in due]
    missed = [f"missed: {file}:{line}" for file, line in sorted(due.keys() - came)]
    return wrong + missed


def write_uses(folder: Path) -> None:
    for file in FILES:
        text, _ = read((HERE / file).read_text(encoding="utf-8"))
        (folder / file).write_text(text, encoding="utf-8")


def write_bot(folder: Path) -> None:
    ignored = shutil.ignore_patterns(".*_cache")
    shutil.copytree(HERE / "typed_bot", folder, ignore=ignored, dirs_exist_ok=True)


def write_what_is_shown(folder: Path) -> None:
    for piece, text in PIECES.items():
        (folder / f"{piece}.py").write_text(text, encoding="utf-8")
    for shown in (ROOT / "examples", HOSTS):
        shutil.copytree(shown, folder, dirs_exist_ok=True)


PROJECTS: Mapping[str, Callable[[Path], None]] = {
    "uses": write_uses,
    "bot": write_bot,
    "shown": write_what_is_shown,
}
Verdicts: TypeAlias = Mapping[tuple[str, str], Future[list[Complaint]]]


@pytest.fixture(scope="module")
def verdicts(
    request: pytest.FixtureRequest, installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Verdicts]:
    """Begin with the checks of all tests that are to run, on all processors."""
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        due: dict[tuple[str, str], Future[list[Complaint]]] = {}
        for item in request.session.items:
            if isinstance(item, pytest.Function) and "verdicts" in item.fixturenames:
                project, name = (str(item.callspec.params[key]) for key in ("project", "name"))
                folder = tmp_path_factory.mktemp(project)
                PROJECTS[project](folder)
                check = CHECKERS[name].check
                due[project, name] = executor.submit(check, folder, installed)
        yield due
        executor.shutdown(cancel_futures=True)


@pytest.mark.parametrize("project", ["uses"])
@pytest.mark.parametrize("name", CHECKERS)
def test_t1_to_t6_and_t8_one_verdict(project: str, name: str, verdicts: Verdicts) -> None:
    """Every checker accepts and rejects what it should, line by line."""
    expected: dict[tuple[str, int], Due] = {}
    for file in FILES:
        _, due = read((HERE / file).read_text(encoding="utf-8"))
        expected |= {(file, line): each for line, each in due.items()}
    assert len(expected) > 300
    complaints = verdicts[project, name].result()
    differences = compare(complaints, expected)
    assert not differences, "\n".join(differences)
    if name in {"mypy", "pyright"}:
        for place, marked in expected.items():
            codes = {each.code for each in complaints if (each.file, each.line) == place}
            assert codes == getattr(marked, name), place


@pytest.mark.parametrize("project", ["bot", "shown"])
@pytest.mark.parametrize("name", CHECKERS)
def test_nothing_to_complain_of(project: str, name: str, verdicts: Verdicts) -> None:
    """There is nothing in a bot as users write it, strictly checked, nor in what they are shown."""
    complaints = verdicts[project, name].result()
    assert not complaints, "\n".join(map(str, complaints))


def test_only_rejected_uses_are_marked_and_each_for_both() -> None:
    """No ignore is without its twin, or without codes, or among the accepted uses."""
    for line in (HERE / "rejected.py").read_text(encoding="utf-8").splitlines():
        assert len(IGNORE.findall(line)) == (2 if MARK.search(line) else 0), line
    assert not IGNORE.findall((HERE / "accepted.py").read_text(encoding="utf-8"))


def package() -> Path:
    """Find the package that this interpreter imports."""
    spec = importlib.util.find_spec("defectio_tasks")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def test_t7_no_bare_ignore() -> None:
    """Each ignore in the package says what it ignores."""
    bare = [
        f"{path.name}: {match.group()}"
        for path in package().rglob("*.py")
        for match in IGNORE.finditer(path.read_text(encoding="utf-8"))
        if not match.group(2)
    ]
    assert not bare


def test_t7_any_is_only_what_a_coroutine_yields_and_is_sent() -> None:
    """No other ``Any`` is written in the package, for a reader to meet."""
    others: list[str] = []
    for path in package().rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        slots = {
            slot
            for node in ast.walk(tree)
            if isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and node.value.id == "Coroutine"
            and isinstance(node.slice, ast.Tuple)
            for slot in node.slice.elts[:2]
        }
        others += [
            f"{path.name}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and node.id == "Any" and node not in slots
        ]
    assert not others


def test_t7_complete(installed: Path, tmp_path: Path) -> None:
    """Every public symbol has a known type and a docstring."""
    # The interpreter to look with is the first one on the path; there is no option for it.
    path = os.pathsep.join([str(installed.parent), os.environ["PATH"]])
    command = ("basedpyright", "--verifytypes", "defectio_tasks", "--ignoreexternal")
    done = subprocess.run(  # noqa: S603 -- nothing from outside
        [sys.executable, "-m", *command, "--outputjson"],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    answer = json.loads(done.stdout)["typeCompleteness"]
    assert answer["packageRootDirectory"].startswith(str(installed.parents[1]))
    assert answer["completenessScore"] == 1, done.stdout
    assert answer["missingFunctionDocStringCount"] == 0
    assert answer["missingClassDocStringCount"] == 0
