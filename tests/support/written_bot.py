"""A bot as it stands in an editor, and what the editor should know about its loops."""

from __future__ import annotations

import html
import inspect
import re

import defectio_tasks as tasks

BOT = '''
import defectio_tasks as tasks


@tasks.loop(minutes=5)
async def greet(channel: str, *, greeting: str = "hello") -> int:
    """Say hello to a channel."""
    return len(channel + greeting)


class Bot:
    @tasks.loop(minutes=5)
    async def remind(self, channel: str, *, greeting: str = "hello") -> int:
        """Tell a channel to drink water."""
        return len(channel + greeting)

    async def work(self, bot: "Bot") -> None:
        '''
"""The editor's cursor is at the end."""

LOOPS = ("greet", "self.remind", "bot.remind")
"""What can be written there to get a loop: a function's, and those of instances."""

DEFINITIONS = {
    "greet": 'async def greet(channel: str, *, greeting: str = "hello") -> int:',
    "remind": '    async def remind(self, channel: str, *, greeting: str = "hello") -> int:',
}
DOCSTRINGS = {"greet": "Say hello to a channel.", "remind": "Tell a channel to drink water."}
PARAMETERS = ["channel: str", "*", 'greeting: str = "hello"']

MEMBERS = {
    *("start", "stop", "cancel", "restart", "change_interval"),
    *("before_loop", "after_loop", "error"),
    *("add_exception_type", "remove_exception_type", "clear_exception_types"),
    *("pause", "resume", "is_paused", "trigger"),
    *("current_loop", "next_iteration", "get_task"),
    *("is_running", "is_being_cancelled", "failed"),
    *(
        "coro",
        "name",
        "count",
        "ending",
        "policy",
        "ledger",
        "reconnect",
        "loop",
        "seconds",
        "minutes",
        "hours",
        "time",
    ),
}
"""The public members of a loop."""

POLICY = """
import defectio_tasks as tasks

policy = tasks.Policy(timeout=30)
"""
"""What stands before the use of a policy."""

MEANINGS = dict(
    re.findall(r'(?m)^    (\w+): .+\n    """((?s:.+?))"""', inspect.getsource(tasks.Policy))
)
"""What each field of a policy means, as its class says below it."""


def function_of(loop: str) -> str:
    """Tell the name of the function that a loop was made of."""
    return loop.rpartition(".")[2]


def shows_docstring(shown: str, member: str) -> bool:
    """Tell whether a member's docstring, which it must have, is shown in full.

    Editors drop the roles of references (``:meth:``), indent by entities and escape asterisks.
    """
    docstring = inspect.getdoc(getattr(tasks.Loop, member))
    assert docstring
    return shows(shown, docstring)


def shows(shown: str, text: str) -> bool:
    """Tell whether a text, or one of its paragraphs, is shown in full, however it is laid out."""
    return _words(text) in _words(shown)


def _words(text: str) -> str:
    without_roles = re.sub(r":\w+:(?=`)", "", html.unescape(text))
    return " ".join(re.findall(r"\w+", without_roles.replace("\\", "")))
