"""A virtual environment for each candidate: two of the peers are both called ``discord``."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REQUIREMENTS: Final = Path(__file__).parent / "requirements"


class InstallationError(Exception):
    """pip can't install what is required; the message is what it said."""


@dataclass(frozen=True)
class Environment:
    """Where a candidate is installed."""

    python: Path
    packages: Mapping[str, str]
    """What is installed, with its version."""


def make_environments(
    folder: Path, candidates: Sequence[str], tell: Callable[[str], None]
) -> dict[str, Environment]:
    """Make the environments that aren't there yet.

    Args:
        folder: Where they are kept.
        candidates: For whom.
        tell: Told of each that is made.

    Raises:
        InstallationError: pip can't install what is required.
    """

    def make(candidate: str) -> Environment:
        # An interpreter of another version finds nothing of its own there, and makes its own.
        home = folder / f"{candidate}-{sys.implementation.cache_tag}"
        stamp = home / "made-from.txt"
        requirements = REQUIREMENTS / f"{candidate}.txt"
        wanted = requirements.read_text(encoding="utf-8")
        binaries = home / ("Scripts" if sys.platform == "win32" else "bin")
        python = binaries / "python"
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            tell(f"installing {candidate}")
            venv.create(home, clear=True, with_pip=True)
            _pip(python, "install", "--quiet", "--requirement", str(requirements))
            stamp.write_text(wanted, encoding="utf-8")
        packages = json.loads(_pip(python, "list", "--format", "json"))
        return Environment(python, {each["name"]: each["version"] for each in packages})

    with ThreadPoolExecutor() as pool:
        return dict(zip(candidates, pool.map(make, candidates), strict=True))


def _pip(python: Path, *arguments: str) -> str:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    process = subprocess.run(command, check=False, capture_output=True, text=True)
    if process.returncode != 0:
        raise InstallationError(process.stderr)
    return process.stdout
