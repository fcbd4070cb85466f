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

# Each at its strictest. The interpreter is the one whose packages the files may import.
Command = Callable[[Path], tuple[str, ...]]


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
    command: Command
    """How to run it, given an interpreter; the names of the files follow."""
    parse: Callable[[str], Iterator[Complaint]]
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    """Files of settings to write where it is run, and what is in them."""

    def check(self, folder: Path, python: Path) -> list[Complaint]:
        """Check the Python files of a folder.

        Args:
            folder: Where the files are, all on one level; the checker's own files go there too.
            python: The interpreter whose packages the files import.

        Returns:
            The errors and warnings, in order.
        """
        for name, text in self.settings.items():
            (folder / name).write_text(text)
        names = sorted(path.name for path in folder.glob("*.py"))
        # Of this interpreter's environment; pyright looks for a newer version of itself, if let.
        scripts = str(Path(sys.executable).parent)
        done = subprocess.run(  # noqa: S603 -- the commands are in this file
            [*self.command(python), *names],
            cwd=folder,
            env=os.environ
            | {
                "PATH": os.pathsep.join([scripts, os.environ["PATH"]]),
                "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
            },
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


def _pyrefly(output: str) -> Iterator[Complaint]:
    for each in json.loads(output)["errors"]:
        if each["severity"] in {"error", "warn"}:
            name, message = each["name"], each["concise_description"]
            yield Complaint(Path(each["path"]).name, each["line"], name, message)


CHECKERS: Final[Mapping[str, Checker]] = {
    checker.name: checker
    for checker in (
        Checker(
            "mypy",
            lambda python: (
                *(sys.executable, "-m", "mypy", "--strict", "--config-file="),
                *("--python-executable", str(python), "--cache-dir", ".mypy_cache"),
            ),
            _lines,
        ),
        Checker(
            "pyright",
            lambda python: ("pyright", "--outputjson", "--pythonpath", str(python)),
            _pyright,
            {"pyrightconfig.json": '{"typeCheckingMode": "strict"}'},
        ),
        Checker(
            "basedpyright",
            lambda python: ("basedpyright", "--outputjson", "--pythonpath", str(python)),
            _pyright,
            {"pyrightconfig.json": '{"typeCheckingMode": "strict"}'},
        ),
        Checker(
            "pyrefly",
            lambda python: (
                *("pyrefly", "check", "--preset", "strict", "--output-format", "json"),
                *("--python-interpreter-path", str(python)),
            ),
            _pyrefly,
        ),
        Checker(
            "ty",
            lambda python: (
                *("ty", "check", "--python", str(python.parent.parent)),
                *("--output-format", "concise", "--color", "never"),
            ),
            _lines,
        ),
        Checker(
            "zuban",
            lambda python: ("zuban", "check", "--strict", "--python-executable", str(python)),
            _lines,
        ),
        Checker(
            "zuban, as mypy",
            lambda python: ("zuban", "mypy", "--strict", "--python-executable", str(python)),
            _lines,
        ),
    )
}
