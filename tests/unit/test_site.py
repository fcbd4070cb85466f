"""The site's reference, messages and search say what the package has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.documents import DOCS, ROOT

import defectio_tasks
import defectio_tasks.cog
import defectio_tasks.testing
from defectio_tasks._events import failures, log, logger
from defectio_tasks._run import unbegun

REFERENCE = DOCS / "reference"
PACKAGE = Path(defectio_tasks.__file__).parent


def read(page: str) -> str:
    """Read a page of the reference."""
    return (REFERENCE / page).read_text(encoding="utf-8")


def messages(*files: Path, words: int) -> Iterator[re.Pattern[str]]:
    """Read out of the code what it can say, each as what it matches.

    Args:
        files: The rooms.
        words: How many words of its own a message has at least: it is known by those.
    """
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        nodes = list(ast.walk(tree))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        parts = {
            id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in nodes:
            if id(node) in docstrings | parts:
                continue
            if isinstance(node, ast.JoinedStr):
                text = "".join(
                    str(getattr(part, "value", "")) if isinstance(part, ast.Constant) else "%s"
                    for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            pieces = re.split(r"%r|%s|%d|%\.2f", text.strip())
            if len(re.findall(r"\w+", " ".join(pieces))) >= words:
                yield re.compile(".*".join(map(re.escape, pieces)))


def shown(code: str) -> str:
    """Return what a piece of code between backticks shows."""
    return code.strip("`").strip() if code.startswith("`` ") else code.strip("`")


@pytest.mark.parametrize("package", [defectio_tasks, defectio_tasks.cog, defectio_tasks.testing])
def test_section_1_the_reference_and_the_exports_agree(package: object) -> None:
    """Contract 1: all that is exported is in the reference, and nothing else is."""
    name, exported = vars(package)["__name__"], vars(package)["__all__"]
    found = set[str]()
    for page in REFERENCE.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        if f".. currentmodule:: {name}\n" in text:
            found |= set(re.findall(r"(?m)^\.\. (?:auto|py:)\w+:: (\w+)$", text))
    assert found == set(exported)


def test_the_messages_that_have_cures_are_the_packages_own() -> None:
    """Each message of the page of errors is one that some room can say."""
    said = list(messages(*PACKAGE.rglob("*.py"), words=3))
    terms = re.findall(r"(?m)^(`.+`)\n: ", read("errors.md"))
    assert len(terms) > 40
    for term in terms:
        assert any(message.match(shown(term)) for message in said), term


def test_section_9_the_log_is_all_there() -> None:
    """V3: each message of the log is on its page, and each one there is a message of the log."""
    rooms = (Path(str(room.__file__)) for room in (failures, log, logger, unbegun))
    said = list(messages(*rooms, words=2))
    page = read("log.md")
    cells = [row.split(" | ")[1] for row in page.splitlines() if row.startswith("| `")]
    assert len(cells) > 8
    for cell in cells:
        assert any(message.search(cell) for message in said), cell
    for message in said:
        assert message.search(page), message.pattern


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.stem)
def test_each_page_has_one_title(page: Path) -> None:
    """So that the search shows it by that."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    assert len(re.findall(r"(?m)^# ", text)) == 1


def test_the_inventories_name_what_is_used() -> None:
    """They are lists to be read, in a form that Sphinx reads, too."""
    for inventory in (DOCS / "inventories").iterdir():
        head, *names = inventory.read_text(encoding="utf-8").splitlines()
        assert head == "# Sphinx inventory version 1"
        assert names[2:] == sorted(names[2:], key=lambda line: line.split()[0])


def test_the_checks_build_the_site() -> None:
    """A warning is a failure."""
    checks = (ROOT / "tests/__main__.py").read_text(encoding="utf-8")
    assert '"sphinx", "-W"' in checks
