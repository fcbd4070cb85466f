"""What editors show of loops: basedpyright's language server is asked, as an editor does it."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import get_args

import pytest
import pytest_asyncio
from support.language_server import Editor, open_editor
from support.written_bot import (
    BOT,
    DEFINITIONS,
    DOCSTRINGS,
    LOOPS,
    MEANINGS,
    MEMBERS,
    PARAMETERS,
    POLICY,
    function_of,
    shows,
    shows_docstring,
)

from defectio_tasks._policy.policy import Delivery, Missed

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def editor(
    installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Editor]:
    """Start one server for all tests: that takes longer than all of its answers."""
    async with open_editor(
        *(sys.executable, "-c", "from basedpyright.langserver import main; main()", "--stdio"),
        folder=tmp_path_factory.mktemp("bot"),
        settings={"python": {"pythonPath": str(installed)}},
    ) as editor:
        yield editor


@pytest.mark.parametrize("loop", LOOPS)
async def test_every_member_is_offered_with_its_docstring(editor: Editor, loop: str) -> None:
    editor.write(f"{BOT}{loop}.")
    offered = await editor.complete()
    assert set(offered) == MEMBERS
    for member, documentation in offered.items():
        assert shows_docstring(documentation, member), f"{member}: {documentation}"


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    ("member", "result"),
    [
        ("start", "Task[None]"),
        ("restart", "None"),
        ("__call__", "Coroutine[Any, Any, int]"),
    ],
)
async def test_a_call_takes_what_the_callback_takes(
    editor: Editor, loop: str, member: str, result: str
) -> None:
    """It shows names, annotations and defaults, and for an instance no ``self``."""
    called = loop if member == "__call__" else f"{loop}.{member}"
    editor.write(f"{BOT}{called}(")
    shown = await editor.help_call()
    assert shown.parameters == PARAMETERS
    assert shown.result == result
    assert shown.current == "channel: str"
    assert shows_docstring(shown.documentation, member), shown.documentation

    editor.write(f'{BOT}{called}("here", greeting=')
    shown = await editor.help_call()
    assert shown.current == 'greeting: str = "hello"'


@pytest.mark.parametrize("function", DEFINITIONS)
async def test_the_name_of_a_decorated_function_shows_what_it_is(
    editor: Editor, function: str
) -> None:
    before, found, after = BOT.partition(f"def {function}")
    editor.write(before + found, after)
    shown = await editor.hover()
    assert re.search(rf"\b{function}\b", shown)
    assert f"{', '.join(PARAMETERS)}) -> int" in shown
    assert DOCSTRINGS[function] in shown


@pytest.mark.parametrize("loop", LOOPS)
async def test_a_use_of_a_loop_shows_its_type_and_the_docstring(editor: Editor, loop: str) -> None:
    editor.write(f"{BOT}{loop}")
    shown = await editor.hover()
    assert f"Loop[({', '.join(PARAMETERS)}), int]" in shown
    assert DOCSTRINGS[function_of(loop)] in shown


@pytest.mark.parametrize("loop", LOOPS)
async def test_a_use_of_a_loop_leads_to_the_definition(editor: Editor, loop: str) -> None:
    editor.write(f"{BOT}{loop}")
    assert await editor.go_to_definition() == [DEFINITIONS[function_of(loop)]]


async def test_every_field_of_a_policy_is_offered_with_its_meaning(editor: Editor) -> None:
    editor.write(f"{POLICY}policy.")
    offered = await editor.complete()
    assert set(offered) == set(MEANINGS)
    for field, documentation in offered.items():
        assert shows(documentation, MEANINGS[field]), f"{field}: {documentation}"


@pytest.mark.parametrize("field", MEANINGS)
async def test_a_field_of_a_policy_shows_its_type_and_meaning(editor: Editor, field: str) -> None:
    editor.write(f"{POLICY}policy.{field}")
    shown = await editor.hover()
    assert f"{field}: " in shown
    assert shows(shown, MEANINGS[field])


@pytest.mark.parametrize("field", MEANINGS)
async def test_an_argument_of_a_policy_shows_what_it_takes(editor: Editor, field: str) -> None:
    """It's offered, by its name; and once that is written, it says what it is for."""
    editor.write(f"{POLICY}tasks.Policy(", ")")
    assert f"{field}=" in await editor.complete()
    editor.write(f"{POLICY}tasks.Policy({field}=")
    shown = await editor.help_call()
    assert shown.current is not None
    assert shown.current.startswith(f"{field}: ")
    assert f"{field}: " in shown.documentation.replace("\\", "")
    editor.write(f"{POLICY}tasks.Policy({field}", "=1)")
    hovered = await editor.hover()
    assert hovered.partition(f"``` {field}: ")[2]


@pytest.mark.parametrize(
    ("field", "words"),
    [("missed", get_args(Missed)), ("delivery", get_args(Delivery))],
)
async def test_the_words_of_a_policy_are_offered(
    editor: Editor, field: str, words: tuple[str, ...]
) -> None:
    editor.write(f'{POLICY}tasks.Policy({field}="', '")')
    assert list(await editor.complete()) == [f'"{word}"' for word in words]
