"""What is built can be installed, and holds what it should."""

import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from support.installed import ROOT, build

pytestmark = pytest.mark.skipif(
    not (ROOT / "defectio_tasks").is_dir(), reason="these tests are run apart from the source"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and the sdist; tell the folder."""
    return build(tmp_path_factory.mktemp("built")).parent


def test_the_wheel_holds_the_package_and_the_hosts_types_and_nothing_else(built: Path) -> None:
    [wheel] = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "defectio_tasks").rglob("*.py")}
    stubs = {str(path.relative_to(ROOT / "stubs")) for path in (ROOT / "stubs").rglob("*.pyi")}
    assert {name for name in names if ".dist-info/" not in name} == {
        "defectio_tasks/py.typed",
        *sources,
        *stubs,
    }
    assert {name.split("/")[0] for name in names if ".dist-info/" in name} == {
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
        "stubs/defectio-stubs/__init__.pyi",
        "tests/conftest.py",
    } <= names


def test_the_wheel_runs_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    script = (
        "import asyncio, defectio_tasks as tasks\n"
        "@tasks.loop(count=2)\n"
        "async def tick(): print(tasks.__file__, tick.current_loop)\n"
        "async def main(): await tick.start()\n"
        "asyncio.run(main())\n"
    )
    run = subprocess.run(  # noqa: S603 -- nothing from outside
        [str(installed), "-c", script],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={},
    )
    assert [line.split()[-1] for line in run.stdout.splitlines()] == ["0", "1"]
    assert all(line.startswith(str(installed.parents[1])) for line in run.stdout.splitlines())
