"""What jedi knows about loops: Vim and many others ask it about files, IPython about objects."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import jedi  # type: ignore[import-untyped]  # there are no stubs of it
import pytest
from support.written_bot import (
    BOT,
    DEFINITIONS,
    DOCSTRINGS,
    LOOPS,
    MEANINGS,
    MEMBERS,
    POLICY,
    function_of,
    shows,
    shows_docstring,
)

import defectio_tasks as tasks


def script(text: str, folder: Path) -> jedi.Script:
    """Open a text, in the environment of this interpreter."""
    project = jedi.Project(folder)
    return jedi.Script(text, project=project, environment=jedi.InterpreterEnvironment())


@pytest.fixture
def namespace() -> dict[str, object]:
    """Run the bot, as if it had been typed at a prompt."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    # What is typed at a prompt doesn't inherit this file's `from __future__ import annotations`.
    code = compile(f"{BOT}...\nbot = Bot()", "prompt", "exec", dont_inherit=True)
    exec(code, namespace)  # noqa: S102 -- it's the tests' own
    return namespace


def documented(completions: Iterable[jedi.api.classes.Completion]) -> dict[str, str]:
    """Tell the public names among completions, and their documentation."""
    return {name.name: name.docstring() for name in completions if not name.name.startswith("_")}


@pytest.mark.parametrize("loop", LOOPS)
def test_every_member_is_offered_with_its_docstring(tmp_path: Path, loop: str) -> None:
    offered = documented(script(f"{BOT}{loop}.", tmp_path).complete())
    assert set(offered) == MEMBERS
    for member, documentation in offered.items():
        assert shows_docstring(documentation, member), f"{member}: {documentation}"


@pytest.mark.parametrize("loop", LOOPS)
def test_a_use_of_a_loop_leads_to_the_definition(tmp_path: Path, loop: str) -> None:
    [name] = script(f"{BOT}{loop}", tmp_path).goto()
    assert name.get_line_code().rstrip() == DEFINITIONS[function_of(loop)]


@pytest.mark.parametrize("loop", ["greet", "bot.remind"])
def test_every_member_is_offered_at_a_prompt(namespace: dict[str, object], loop: str) -> None:
    offered = documented(jedi.Interpreter(f"{loop}.", [namespace]).complete())
    assert set(offered) == MEMBERS


@pytest.mark.parametrize("loop", ["greet", "bot.remind"])
def test_a_call_at_a_prompt_takes_what_the_callback_takes(
    namespace: dict[str, object], loop: str
) -> None:
    [signature] = jedi.Interpreter(f"{loop}(", [namespace]).get_signatures()
    assert [parameter.to_string() for parameter in signature.params] == [
        "channel: str",
        "greeting: str='hello'",
    ]
    assert DOCSTRINGS[function_of(loop)] in signature.docstring()


def test_every_field_of_a_policy_is_offered_with_its_meaning(tmp_path: Path) -> None:
    offered = documented(script(f"{POLICY}policy.", tmp_path).complete())
    assert set(offered) == set(MEANINGS)
    for field, documentation in offered.items():
        assert shows(documentation, MEANINGS[field]), f"{field}: {documentation}"


def test_a_policy_is_made_of_its_fields(tmp_path: Path) -> None:
    [signature] = script(f"{POLICY}tasks.Policy(", tmp_path).get_signatures()
    assert [parameter.name for parameter in signature.params] == list(MEANINGS)


def test_a_policy_at_a_prompt_is_made_of_its_fields() -> None:
    [signature] = jedi.Interpreter("tasks.Policy(", [{"tasks": tasks}]).get_signatures()
    assert [parameter.name for parameter in signature.params] == list(MEANINGS)
