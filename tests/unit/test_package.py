"""The package's public face (contract 1), and what holds for all its rooms."""

from __future__ import annotations

import asyncio
import doctest
import importlib
import inspect
import pkgutil
import pydoc
import re
import subprocess
import sys
from types import ModuleType

import pytest

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock

EVENTS = {"Ended", "Finished", "Retrying", "Skipped", "Started"}
SCHEDULES = {"At", "Cron", "DailySchedule", "Every", "Schedule", "between", "merge", "shift"}
STATISTICS = {"LoopStatistics", "Statistics"}
CONTROL = {"loops", "shutdown"}
SINGLE = {"Event", "Loop", "Policy", "Weekdays", "loop", "observe", "upcoming"}
CURRENT = {"current_claim", "current_slot"}
PUBLIC = {*SINGLE, *CONTROL, *CURRENT, *EVENTS, *SCHEDULES, *STATISTICS}
# An alias has no docstring of its own; its module has.
DESCRIBED = PUBLIC - {"Event"}

# From seed-api-reference.txt, in its order.
SEED = [
    "after_loop",
    "before_loop",
    "error",
    "seconds",
    "minutes",
    "hours",
    "time",
    "current_loop",
    "next_iteration",
    "__call__",
    "start",
    "stop",
    "cancel",
    "restart",
    "add_exception_type",
    "clear_exception_types",
    "remove_exception_type",
    "get_task",
    "is_being_cancelled",
    "failed",
    "is_running",
    "change_interval",
]

MEMBERS = {
    "Loop": {
        *SEED,
        *("coro", "count", "ending", "ledger", "loop", "reconnect", "name", "policy"),
        *("is_paused", "pause", "resume", "trigger"),
    },
    "Policy": {
        *("missed", "grace", "overlap", "timeout", "retries", "max_failures", "jitter"),
        "delivery",
    },
    "At": {"moments", "next_after"},
    "Cron": {"expression", "next_after", "on", "tz"},
    "DailySchedule": {"next_after", "on", "times"},
    "Every": {"anchor", "interval", "next_after"},
    "Weekdays": {"days"},
    "Schedule": {"next_after"},
    "Started": {"loop", "slot", "late"},
    "Retrying": {"loop", "slot", "error", "attempt", "delay"},
    "Finished": {"loop", "slot", "took", "error"},
    "Skipped": {"loop", "first", "count", "reason"},
    "Ended": {"loop", "ending", "error"},
    "Statistics": {"get", "items", "keys", "table", "values"},
    "LoopStatistics": {
        "failures",
        "last_duration",
        "last_error",
        "last_slot",
        "retries",
        "runs",
        "skipped",
        "state",
    },
}


def rooms() -> list[ModuleType]:
    """Import all modules of the package."""
    names = [info.name for info in pkgutil.walk_packages(tasks.__path__, "defectio_tasks.")]
    return [tasks, *map(importlib.import_module, names)]


def public_members(class_name: str) -> set[str]:
    """List what a reader of the class meets."""
    public = {name for name in dir(getattr(tasks, class_name)) if not name.startswith("_")}
    return public | ({"__call__"} if class_name == "Loop" else set())


def test_section_1_exports_and_all_agree() -> None:
    """Contract 1: nothing else is exported."""
    assert set(tasks.__all__) == PUBLIC
    assert len(tasks.__all__) == len(PUBLIC)
    assert set(dir(tasks)) == PUBLIC
    with pytest.raises(AttributeError, match="module 'defectio_tasks' has no attribute 'Loops'"):
        _ = tasks.Loops  # type: ignore[attr-defined]


def test_issue_15_help_opens_with_what_a_user_needs() -> None:
    """A sample first (run below), then each public name with its purpose, and each wing."""
    shown = pydoc.plain(pydoc.render_doc(tasks))
    sample, names, wings = re.split("Loops:|Whoever reads the source", inspect.cleandoc(shown))[:3]
    assert len(sample.splitlines()) < 25
    assert ">>> @tasks.loop(" in sample
    assert set(re.findall(r"``(\w+)``", names)) >= PUBLIC
    wings, _, _ = wings.partition("PACKAGE CONTENTS")
    rooms_of = {info.name for info in pkgutil.iter_modules(tasks.__path__)} - {"__main__"}
    private = {name for name in rooms_of if name.startswith("_")}
    assert set(re.findall(r"``(_\w+)``", wings)) == private
    public = {f"``defectio_tasks.{name}``" for name in rooms_of - private}
    assert public == set(re.findall(r"``defectio_tasks\.\w+``", names))


def test_design_events_are_imported_when_somebody_looks() -> None:
    """Making their classes takes a third of the package's import."""
    script = """if True:
        import asyncio, sys
        import defectio_tasks as tasks
        @tasks.loop(count=1)
        async def tick(): ...
        async def main(): await tick.start()
        asyncio.run(main())
        assert "defectio_tasks._events.events" not in sys.modules
        assert tasks.Started.__name__ == "Started"
        assert "defectio_tasks._events.events" in sys.modules
    """
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)  # noqa: S603 -- our own


def test_section_1_star_import_brings_the_public_names() -> None:
    """Contract 1: `from defectio_tasks import *` works and brings just these."""
    names: dict[str, object] = {}
    exec("from defectio_tasks import *", names)  # noqa: S102 -- the only way inside a function
    assert set(names) - {"__builtins__"} == PUBLIC


@pytest.mark.parametrize("class_name", MEMBERS)
def test_section_1_members(class_name: str) -> None:
    """Contract 1: the seed's names, what the contract adds, and no others."""
    assert public_members(class_name) == MEMBERS[class_name]


def test_section_1_private_name_that_bots_read() -> None:
    """Contract 1: `Loop._current_loop` keeps that name."""

    @tasks.loop()
    async def body() -> None: ...

    assert body._current_loop == 0


def test_section_1_every_public_name_and_member_has_a_docstring() -> None:
    """DESIGN: whoever asks an editor gets an answer; inherited words of `object` don't count."""
    undocumented = [name for name in DESCRIBED if not getattr(tasks, name).__doc__]
    undocumented += [
        f"{class_name}.{name}"
        for class_name in MEMBERS
        for name in public_members(class_name)
        if not (member := getattr(getattr(tasks, class_name), name)).__doc__
        # A field is documented in the source, where editors read it.
        and not inspect.ismemberdescriptor(member)
    ]
    assert undocumented == []
    assert all(room.__doc__ for room in rooms())


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_section_1_every_public_name_has_an_example(name: str) -> None:
    """DESIGN: one example on each public name."""
    assert ">>> " in (getattr(tasks, name).__doc__ or "")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        pytest.param(
            "loop",
            {
                "seconds": None,
                "minutes": None,
                "hours": None,
                "time": None,
                "on": None,
                "schedule": None,
                "count": None,
                "reconnect": True,
                "name": None,
                "loop": None,
                "wait_first": False,
                "policy": None,
                "ledger": None,
            },
            id="loop",
        ),
        pytest.param(
            "Loop.change_interval",
            {"seconds": 0, "minutes": 0, "hours": 0, "time": None, "on": None, "schedule": None},
            id="change_interval",
        ),
    ],
)
def test_section_1_parameters(name: str, parameters: dict[str, object]) -> None:
    """Contract 1: the names, their order and what they are when left out."""
    function = tasks.loop if name == "loop" else tasks.Loop.change_interval
    keywords = {
        parameter.name: parameter.default
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    assert keywords == parameters
    assert list(keywords) == list(parameters)


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.__name__)
def test_section_1_examples_run(room: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """DESIGN: documentation is executed; time jumps in it, too."""
    monkeypatch.setattr(asyncio.events, "new_event_loop", VirtualClock().new_event_loop)
    assert doctest.testmod(room).failed == 0


def test_section_1_examples_are_found() -> None:
    """The test above would pass as well if it found nothing to run."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = {
        test.name.rpartition(".")[2]
        for room in rooms()
        for test in finder.find(room)
        if test.examples
    }
    assert examples >= DESCRIBED | {"defectio_tasks", "events"}


def test_issue_2_import_brings_neither_host_nor_aiohttp() -> None:
    """Issue 2: `import defectio_tasks` does not import the host or aiohttp."""
    script = "import sys, defectio_tasks; print({'defectio', 'aiohttp'} & set(sys.modules))"
    done = subprocess.run(  # noqa: S603 -- our own
        [sys.executable, "-c", script], check=True, timeout=60, capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()"
    assert done.stderr == ""
