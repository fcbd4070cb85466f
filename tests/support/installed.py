"""The package as a user has it: built, and installed into an environment."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def is_installed() -> bool:
    """Tell whether this interpreter imports the package from an installed wheel."""
    spec = importlib.util.find_spec("defectio_tasks")
    return spec is not None and Path(spec.origin or "").parents[1] == _packages()


def build(folder: Path) -> Path:
    """Build the wheel and the sdist, without the network.

    Args:
        folder: Where to put them.

    Returns:
        The wheel.
    """
    _run("-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT))
    [wheel] = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """Install a wheel into an environment that has all else that this interpreter's has.

    Args:
        wheel: What to install.
        folder: Where to make the environment.

    Returns:
        Its interpreter.
    """
    _run("-m", "venv", "--without-pip", str(folder))
    python = folder / "bin" / "python"
    packages = _packages(folder)
    # Links, not a `.pth` file: not every type checker follows those.
    for entry in _packages().iterdir():
        if not entry.name.startswith(("defectio_tasks", "defectio-stubs", "_defectio_tasks")):
            (packages / entry.name).symlink_to(entry)
    target = ("--no-deps", "--no-index", "--no-compile", "--target", str(packages))
    _run("-m", "pip", "install", *target, str(wheel))
    return python


def _packages(environment: Path = Path(sys.prefix)) -> Path:
    places = {"base": str(environment), "platbase": str(environment)}
    return Path(sysconfig.get_path("purelib", vars=places))


def _run(*arguments: str) -> None:
    command = [sys.executable, *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 -- all from this file
