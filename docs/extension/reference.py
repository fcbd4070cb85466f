"""How the reference shows signatures, and finds what their hints name."""

from __future__ import annotations

import re
from typing import Final

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer

# Parameters that are there to refuse what is passed by them, and to say what to write.
TRAPS: Final = re.compile(r"\*(misplaced): object(?=[,)])|, \*\*unknown: object(?=[,)])")

# Three forms of thirteen parameters each tell a reader less than one, and a sentence.
OVERLOADED: Final = ("defectio_tasks._loop.decorator", "defectio_tasks._loop.loop")

# Where a class is defined, and where its own documentation has it.
DOCUMENTED_AS: Final = {
    "asyncio.events.AbstractEventLoop": "asyncio.AbstractEventLoop",
    "_asyncio.Task": "asyncio.Task",
}


def setup(app: Sphinx) -> dict[str, object]:
    """Take part in a build.

    Args:
        app: The build.
    """
    for room in OVERLOADED:
        analyzer = ModuleAnalyzer.for_module(room)
        analyzer.analyze()
        analyzer.overloads.clear()
    app.connect("autodoc-process-signature", show_signature)
    # Before napoleon reads it.
    app.connect("autodoc-process-docstring", show_attribute, priority=400)
    # Before intersphinx looks for it.
    app.connect("missing-reference", find_documented, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def show_signature(*event: object) -> tuple[str, str | None] | None:
    """Leave out of a signature what nobody can pass."""
    *_, signature, result = event
    if not isinstance(signature, str):
        return None
    shown = TRAPS.sub(lambda trap: "*" if trap[1] else "", signature)
    return shown, result if isinstance(result, str) else None


def show_attribute(*event: object) -> None:
    """Leave an attribute's docstring as it is: to napoleon, what precedes a colon is a type."""
    _, what, *_, lines = event
    if what in {"attribute", "data", "property"} and isinstance(lines, list) and lines:
        lines[0] = f": {lines[0]}"


def find_documented(
    _app: Sphinx, _env: BuildEnvironment, node: pending_xref, _content: nodes.TextElement
) -> None:
    """Look for a class where its documentation has it."""
    target = node["reftarget"]
    node["reftarget"] = DOCUMENTED_AS.get(target, target)
