"""Every check of this project, one after another: ``python tests``."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Whatever runs in an event loop, run again in one of another kind. Left out is what takes long and
# tells nothing new there: projects and pieces of documents with event loops of their own.
IN_MODE = [
    *("-m", "pytest", "tests/unit", "tests/property/test_life_cycle.py"),
    *("--ignore=tests/unit/testing/test_plugin.py", "--ignore=tests/unit/test_documents.py"),
]

CHECKS: dict[str, list[str]] = {
    "format": ["-m", "ruff", "format", "--check", "."],
    "lint": ["-m", "ruff", "check", "."],
    "imports": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
    "types (mypy)": ["-m", "mypy"],
    "types (basedpyright)": ["-m", "basedpyright", "--pythonpath", sys.executable],
    # Before the tests, some of which look at what it has built.
    "documentation": ["-m", "sphinx", "-W", "--keep-going", "-E", "-q", "docs", "build/site"],
    "tests": ["-m", "coverage", "run", "-m", "pytest"],
    "coverage": ["-m", "coverage", "report"],
    "tests (debug)": [*IN_MODE, "--event-loop=debug"],
    "tests (eager)": [*IN_MODE, "--event-loop=eager"],
    "tests (uvloop)": [*IN_MODE, "--event-loop=uvloop"],
}
if sys.version_info < (3, 12):
    del CHECKS["tests (eager)"]
if sys.platform == "win32":
    del CHECKS["tests (uvloop)"]


def main() -> int:
    """Run the checks, all of them, and tell which failed.

    Returns:
        The status to exit with: 0 when all passed, else 1.
    """
    failed: list[str] = []
    for name, arguments in CHECKS.items():
        print(f"--- {name}", flush=True)
        begun = time.monotonic()
        status = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode
        print(f"--- {name}: {time.monotonic() - begun:.1f} s, status {status}", flush=True)
        if status != 0:
            failed.append(name)
    print("all checks passed" if not failed else f"failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
