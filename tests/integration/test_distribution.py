"""What is built can be published and installed, and holds what it should."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import PackageMetadata, PathDistribution
from pathlib import Path

import pytest
from support.installed import ROOT, build

pytestmark = pytest.mark.skipif(
    not (ROOT / "defectio_tasks").is_dir(), reason="these tests are run apart from the source"
)

HOME = "https://github.com/defectio-tasks/defectio-tasks"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and the sdist; tell the folder."""
    return build(tmp_path_factory.mktemp("built")).parent


@pytest.fixture(scope="module")
def metadata(built: Path) -> PackageMetadata:
    """Read what the package index is told by the wheel."""
    [wheel] = built.glob("*.whl")
    [folder] = (path for path in zipfile.Path(wheel).iterdir() if ".dist-info" in path.name)
    return PathDistribution(folder).metadata


def version() -> str:
    """Return the version that `pyproject.toml` says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def test_what_is_built_is_ready_to_be_published(built: Path) -> None:
    run = subprocess.run(  # noqa: S603 -- nothing from outside
        [sys.executable, "-m", "twine", "check", "--strict", *map(str, built.iterdir())],
        check=False,
        capture_output=True,
        text=True,
        env={"NO_COLOR": "1"},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("PASSED") == 2


def test_the_version_is_in_one_place(metadata: PackageMetadata) -> None:
    assert metadata["Version"] == version()
    told = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^## \[(\d.*?)\] - \d{4}-\d\d-\d\d$", told)[0] == version()
    texts = {path: path.read_text("utf-8") for path in (ROOT / "defectio_tasks").rglob("*.py")}
    wrong = ("__version__", f'"{version()}"')
    others = [path for path, text in texts.items() if any(word in text for word in wrong)]
    assert others == []


def test_the_package_index_is_told_where_the_project_is(metadata: PackageMetadata) -> None:
    urls = dict(line.split(", ", 1) for line in metadata.json["project_url"])
    assert list(urls) == ["Documentation", "Source", "Changelog", "Issues"]
    assert all(url.startswith(HOME) for url in urls.values())
    inside = [url.partition("/blob/main/")[2] for url in urls.values() if "/blob/" in url]
    assert len(inside) == 2
    assert all((ROOT / path).is_file() for path in inside)


def test_links_of_the_readme_work_on_the_package_index(metadata: PackageMetadata) -> None:
    """They are absolute there, and lead to files that the release has."""
    text = re.sub(r"(?ms)^```.*?^```$", "", str(metadata.json["description"]))
    links = re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)", text)
    links += [("!", url) for url in re.findall(r'\bsrc(?:set)?="([^"]*)"', text)]
    assert all(url.startswith(("https://", "#")) for _, url in links)
    places = {"": f"{HOME}/blob/v{version()}/", "!": f"{HOME}/raw/v{version()}/"}
    inside = [
        url.removeprefix(places[kind]).partition("#")[0]
        for kind, url in links
        if url.startswith(places[kind])
    ]
    assert {"LICENSE", "CHANGELOG.md"} <= set(inside)
    assert [path for path in inside if not (ROOT / path).is_file()] == []


def test_code_in_the_readme_is_the_same_on_the_package_index(metadata: PackageMetadata) -> None:
    """What makes links absolute finds none there."""
    pieces = [
        re.findall(r"(?ms)^```.*?^```$", text)
        for text in (str(metadata.json["description"]), (ROOT / "README.md").read_text("utf-8"))
    ]
    assert pieces[0] == pieces[1] != []


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
        f"defectio_tasks-{version()}.dist-info",
    }


def test_the_sdist_holds_what_its_tests_need_and_no_more(built: Path) -> None:
    """Whatever the tests run or read: they pass in it as they do here."""
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {member.name.split("/", 1)[1] for member in archive if member.isfile()}
    folders = ["benchmarks", "defectio_tasks", "docs", "examples", "stubs", "tests"]
    kinds = {".css", ".inv", ".js", ".md", ".py", ".pyi", ".toml", ".txt", ".typed"}
    needed = {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in kinds
    }
    assert needed <= names
    assert {name for name in names if "/" not in name} == {
        *(".editorconfig", ".gitignore", ".pre-commit-config.yaml"),
        *("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "PKG-INFO", "README.md", "SECURITY.md"),
        *("mypy.ini", "pyproject.toml"),
    }
    assert {name.split("/")[0] for name in names if "/" in name} == set(folders)


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
