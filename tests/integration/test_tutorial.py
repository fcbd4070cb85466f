"""The tutorial, followed: what it says that a reader will see is what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.documents import DOCS

TEXT = (DOCS / "tutorial.md").read_text(encoding="utf-8")
FILES = {
    piece[1]: piece[0] for piece in re.findall(r"(?ms)^```python\n(# (\w+\.py)\n.*?)^```", TEXT)
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the files that it has one write."""
    folder = tmp_path_factory.mktemp("herald")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> str:
    """Run Python in the folder; what it prints is what counts."""
    done = subprocess.run(  # noqa: S603 -- our own
        [sys.executable, *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shown_after(command: str) -> str:
    """Return what the tutorial shows below a command."""
    _, _, rest = TEXT.partition(f"$ {command}\n")
    return rest.partition("```")[0]


@pytest.mark.parametrize("script", ["hello.py", "when.py"])
def test_a_script_prints_what_is_shown(folder: Path, script: str) -> None:
    assert run(folder, script) == shown_after(f"python {script}") != ""


def test_the_tests_pass(folder: Path) -> None:
    assert " passed" in run(folder, "-m", "pytest", "-q")
    assert " 2 passed" in f" {shown_after('pytest -q')}".replace("\n", " ")


def test_as_many_files_are_checked_as_are_said() -> None:
    """That they are right is for `tests/typing`, which has six checkers read all pieces."""
    before, _, _ = TEXT.partition("$ mypy --strict .\n")
    files = len(re.findall(r"(?m)^# \w+\.py$", before))
    assert shown_after("mypy --strict .") == f"Success: no issues found in {files} source files\n"


def test_the_second_test_fails_without_the_line_of_which_the_text_speaks(
    folder: Path, tmp_path: Path
) -> None:
    for file in folder.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        (tmp_path / file.name).write_text(
            text.replace("        self.good_evening.cancel()\n", ""), encoding="utf-8"
        )
    with pytest.raises(AssertionError, match="1 failed, 1 passed"):
        run(tmp_path, "-m", "pytest", "-q")
