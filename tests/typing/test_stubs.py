"""The types of the host that are installed with the package."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.checkers import CHECKERS

STUBS = Path(__file__).resolve().parents[2] / "stubs"

pytestmark = pytest.mark.skipif(not STUBS.is_dir(), reason="these tests need the source")


def test_they_are_true_to_the_host(installed: Path, tmp_path: Path) -> None:
    """Every module, name, parameter and default is as it is at run time."""
    command = ("-m", "mypy.stubtest", "defectio", "--allowlist", str(STUBS / "allowlist.txt"))
    done = subprocess.run(  # noqa: S603 -- nothing from outside
        [str(installed), *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    modules = len(list(STUBS.rglob("*.pyi")))
    assert f"no issues found in {modules} modules" in done.stdout


@pytest.mark.parametrize("name", CHECKERS)
def test_they_are_sound(name: str, installed: Path, tmp_path: Path) -> None:
    """Every checker, at its strictest, is content with the stubs themselves."""
    shutil.copytree(STUBS / "defectio-stubs", tmp_path / "defectio")
    complaints = CHECKERS[name].check(tmp_path, installed)
    assert not complaints, "\n".join(map(str, complaints))


def test_nothing_is_left_open() -> None:
    """There is no ``Incomplete``, and no ignore without its code."""
    for path in STUBS.rglob("*.pyi"):
        text = path.read_text(encoding="utf-8")
        assert "Incomplete" not in text, path
        assert not re.search(r"ignore(?!\[)\b", text), path
