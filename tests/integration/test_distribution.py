"""What is built can be installed, and holds what it should."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    not (ROOT / "defectio_tasks").is_dir(), reason="these tests are run apart from the source"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and the sdist, without the network."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 -- no input from outside
    return folder


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    [wheel] = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "defectio_tasks/py.typed" in names
    sources = {path.name for path in (ROOT / "defectio_tasks").glob("*.py")}
    assert {Path(name).name for name in names if name.endswith(".py")} == sources
    assert {name.split("/")[0] for name in names} == {
        "defectio_tasks",
        "defectio_tasks-0.1.0.dist-info",
    }


def test_the_sdist_holds_what_its_tests_need(built: Path) -> None:
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {
        "README.md",
        "LICENSE",
        "mypy.ini",
        "pyproject.toml",
        "examples/bot.py",
        "stubs/defectio/__init__.pyi",
        "tests/conftest.py",
    } <= names


def test_the_wheel_runs_where_it_is_installed(built: Path, tmp_path: Path) -> None:
    [wheel] = built.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(tmp_path)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)  # noqa: S603
    script = (
        "import asyncio, defectio_tasks as tasks\n"
        "@tasks.loop(count=2)\n"
        "async def tick(): print(tasks.__file__, tick.current_loop)\n"
        "async def main(): await tick.start()\n"
        "asyncio.run(main())\n"
    )
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert [line.split()[-1] for line in run.stdout.splitlines()] == ["0", "1"]
    assert all(line.startswith(str(tmp_path)) for line in run.stdout.splitlines())
