"""Six type checkers, and what each has to say of some files, in one form for all."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

# What a project says that wants every checker at its strictest; ty has no such setting.
STRICT: Final = """\
[tool.mypy]
strict = true

[tool.pyright]
typeCheckingMode = "strict"

[tool.pyrefly]
preset = "strict"
"""


@dataclass(frozen=True)
class Complaint:
    """What a checker says of a line."""

    file: str
    line: int
    code: str
    message: str = field(compare=False)

    def __str__(self) -> str:
        """Show it as checkers do."""
        return f"{self.file}:{self.line}: {self.message} [{self.code}]"


@dataclass(frozen=True)
class Checker:
    """A type checker."""

    name: str
    command: Callable[[Path], tuple[str, ...]]
    """How to run it, given the interpreter whose packages may be imported."""
    parse: Callable[[str], Iterator[Complaint]]

    def check(self, project: Path, python: Path) -> list[Complaint]:
        """Check all Python files of a folder.

        Args:
            project: The folder. Without a ``pyproject.toml`` of its own it gets a strict one.
            python: The interpreter whose packages the files may import.

        Returns:
            The errors and warnings, in order.
        """
        if not (project / "pyproject.toml").exists():
            (project / "pyproject.toml").write_text(STRICT)
        # The checkers are those of this environment; pyright looks for a newer one, if let.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(  # noqa: S603 -- the commands are in this file
            [*self.command(python), "."],
            cwd=project,
            env=os.environ | {"PATH": path, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode not in {0, 1}:
            message = f"{self.name} failed:\n{done.stdout}\n{done.stderr}"
            raise RuntimeError(message)
        return sorted(self.parse(done.stdout), key=lambda each: (each.file, each.line))


def _lines(output: str) -> Iterator[Complaint]:
    """Read ``file.py:3:7: error: message  [code]``, or ``file.py:3:7: error[code] message``."""
    place = r"(.+?\.py):(\d+):(?:\d+:)? (?:error|warning)"
    classic = re.compile(place + r": (.*?)(?:  \[([\w-]+)\])?")
    concise = re.compile(place + r"\[([\w-]+)\] (.*)")
    for line in output.splitlines():
        if found := concise.fullmatch(line):
            file, number, code, message = found.groups()
            yield Complaint(Path(file).name, int(number), code, message)
        elif found := classic.fullmatch(line):
            file, number, message, code = found.groups()
            yield Complaint(Path(file).name, int(number), code or "", message)


def _pyright(output: str) -> Iterator[Complaint]:
    for each in json.loads(output)["generalDiagnostics"]:
        if each["severity"] != "information":
            line = each["range"]["start"]["line"] + 1
            yield Complaint(Path(each["file"]).name, line, each.get("rule", ""), each["message"])


def _like_pyright(python: Path) -> tuple[str, ...]:
    return ("--outputjson", "--pythonpath", str(python))


def _pyrefly(output: str) -> Iterator[Complaint]:
    for each in json.loads(output)["errors"]:
        if each["severity"] in {"error", "warn"}:
            name, message = each["name"], each["concise_description"]
            yield Complaint(Path(each["path"]).name, each["line"], name, message)


CHECKERS: Final[Mapping[str, Checker]] = {
    checker.name: checker
    for checker in (
        Checker("mypy", lambda python: ("mypy", f"--python-executable={python}"), _lines),
        Checker("pyright", lambda python: ("pyright", *_like_pyright(python)), _pyright),
        Checker("basedpyright", lambda python: ("basedpyright", *_like_pyright(python)), _pyright),
        Checker(
            "pyrefly",
            lambda python: (
                *("pyrefly", "check", f"--python-interpreter-path={python}"),
                "--output-format=json",
            ),
            _pyrefly,
        ),
        Checker(
            "ty",
            lambda python: (
                *("ty", "check", f"--python={python.parents[1]}"),
                *("--output-format=concise", "--color=never"),
            ),
            _lines,
        ),
        Checker(
            "zuban",
            lambda python: ("zuban", "check", "--strict", f"--python-executable={python}"),
            _lines,
        ),
        Checker(
            "zuban, as mypy",
            lambda python: ("zuban", "mypy", f"--python-executable={python}"),
            _lines,
        ),
    )
}
