"""What type checkers say of the package's uses (contract section 2).

``accepted.py`` and ``rejected.py``, beside this file, are checked and never run. An error that
doesn't come makes its ignore a leftover, and that is an error as well.
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
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
FILES = ("accepted.py", "rejected.py")
IGNORE = re.compile(r"#\s*(type|pyright):\s*ignore(\[[\w\s,-]+\])?")


def package() -> Path:
    """Find the package that this interpreter imports: the checkout's, or an installed one."""
    spec = importlib.util.find_spec("defectio_tasks")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def is_installed() -> bool:
    return package().parent.name in {"site-packages", "dist-packages"}


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of this interpreter's environment."""
    return subprocess.run(  # noqa: S603 -- the arguments are this file's own
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def uses(tmp_path: Path) -> Path:
    """Copy the files away from the checkout, so that only what is importable is found."""
    for name in FILES:
        shutil.copy(HERE / name, tmp_path)
    return tmp_path


def test_t1_to_t5_and_t8_with_mypy(uses: Path) -> None:
    """Mypy, with the settings of this repository, accepts and rejects what it should."""
    settings = HERE.parent.parent / "mypy.ini"
    # Where packages are installed mypy looks anyway, and it refuses to be pointed there.
    done = run(
        *("mypy", "--config-file", str(settings), "--follow-imports", "silent"),
        *("--cache-dir", str(uses / "cache"), *FILES),
        cwd=uses,
        MYPYPATH="" if is_installed() else str(package().parent),
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_t1_to_t5_and_t8_with_basedpyright(uses: Path) -> None:
    """So does basedpyright, and with it pyright."""
    settings = {
        "include": FILES,
        "extraPaths": [] if is_installed() else [str(package().parent)],
        "typeCheckingMode": "strict",
        # Each checker has ignores of its own, and each must be needed.
        "enableTypeIgnoreComments": False,
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    (uses / "pyrightconfig.json").write_text(json.dumps(settings))
    done = run("basedpyright", "--pythonpath", sys.executable, cwd=uses)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_rejected_use_is_rejected_by_both() -> None:
    """No line is an error to one checker alone (contract T6)."""
    found = 0
    for number, line in enumerate((HERE / "rejected.py").read_text().splitlines(), 1):
        ignores = IGNORE.findall(line)
        assert len(ignores) in {0, 2}, f"line {number}: {line}"
        if ignores:
            found += 1
            assert [kind for kind, _ in ignores] == ["type", "pyright"], f"line {number}: {line}"
            assert all(codes for _, codes in ignores), f"line {number}: {line}"
    assert found > 300
    assert not IGNORE.findall((HERE / "accepted.py").read_text())


def test_t7_no_bare_ignore() -> None:
    """Each ignore in the package says what it ignores."""
    bare = [
        f"{path.name}: {match.group()}"
        for path in package().glob("*.py")
        for match in IGNORE.finditer(path.read_text(encoding="utf-8"))
        if not match.group(2)
    ]
    assert not bare


def test_t7_any_is_only_what_a_coroutine_yields_and_is_sent() -> None:
    """No other ``Any`` is written in the package, for a reader to meet."""
    others: list[str] = []
    for path in package().glob("*.py"):
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


@pytest.mark.skipif(not is_installed(), reason="it is looked up among the installed packages")
def test_t7_complete(tmp_path: Path) -> None:
    """Every public symbol has a known type and a docstring."""
    # The interpreter to look with is the first one on the path; there is no option for it.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = run(
        *("basedpyright", "--verifytypes", "defectio_tasks", "--ignoreexternal", "--outputjson"),
        cwd=tmp_path,
        PATH=path,
    )
    answer = json.loads(done.stdout)["typeCompleteness"]
    assert answer["completenessScore"] == 1, done.stdout
    assert answer["missingFunctionDocStringCount"] == 0
    assert answer["missingClassDocStringCount"] == 0
