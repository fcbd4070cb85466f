"""The loops of a bot, and those that somebody means by a name."""

# pyright: reportPrivateUsage=false
# It looks into loops, so that nobody else has to.

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import NamedTuple

from defectio_tasks._loop.control import loops
from defectio_tasks._loop.described import is_loop, shown_zone_of, when_of
from defectio_tasks._loop.loop import Loop
from defectio_tasks._run.run import WORKING


class Found(NamedTuple):
    """A loop, and what it's called here."""

    label: str
    """Its name; with a number where several have the same."""
    loop: Loop[..., object]

    @property
    def when(self) -> str:
        """When it runs, and how often."""
        return when_of(self.loop)

    @property
    def left(self) -> int | None:
        """How many iterations are still to begin; ``None`` without a ``count``."""
        count, run = self.loop.count, self.loop._current_run()
        if count is None or run is None:
            return count
        at_work = run.stage is WORKING if run.bodies is None else len(run.bodies.at_work)
        return max(count - run.successes - at_work, 0)

    @property
    def zone(self) -> tzinfo:
        """The zone in which to show its slots."""
        return shown_zone_of(self.loop)

    def last_arguments(self) -> tuple[Sequence[object], Mapping[str, object]] | None:
        """Return what it was started with, if it runs: a run that is over keeps nothing of it."""
        run = self.loop._current_run()
        if run is None:
            return None
        call: object = run.untimed
        if call is run.settings.callback or not isinstance(call, partial):
            return (), {}
        return run.args[run.bound :], call.keywords


class Register:
    """The loops that have been seen, in the order in which they were, so that numbers stay."""

    def __init__(self) -> None:
        """Begin without loops."""
        self._seen = list[weakref.ref[Loop[..., object]]]()

    def look(
        self, holders: Iterable[object], observed: Iterable[Loop[..., object]]
    ) -> Sequence[Found]:
        """Return the loops that there are, by their names.

        A loop that has ended, and that no holder has any more, is left out where another one has
        its name: it is one of a cog that was loaded again.

        Args:
            holders: The bot and its cogs, whose loops count though they may never have run.
            observed: Loops of which there were events.
        """
        current = {id(loop): loop for loop in (*loops(), *_held_by(holders))}
        taken = {loop.name for loop in current.values()}
        others = {id(loop): loop for loop in observed if loop.name not in taken}
        # Alive, all of them, so that no two have one identity.
        known = {id(loop): loop for seen in self._seen if (loop := seen()) is not None}
        known |= current | others
        self._seen = [weakref.ref(loop) for loop in known.values()]
        shown = [known[key] for key in known if key in current or key in others]
        return sorted(_label(shown), key=lambda found: found.loop.name)


def find(name: str, there: Iterable[Found]) -> Sequence[Found]:
    """Return the loops that somebody means by a name: the whole of it, or its end.

    The end is what comes after a full stop or a space: ``fetch`` for ``News.fetch``. Upper and
    lower case are the same, unless they make the difference.

    Args:
        name: What somebody has written.
        there: The loops.
    """
    known = list(there)
    exact = [found for found in known if name in {found.label, found.loop.name}]
    end = name.casefold()
    return exact or [
        found
        for found in known
        if any(
            whole.casefold() == end or whole.casefold().endswith((f".{end}", f" {end}"))
            for whole in (found.label, found.loop.name)
        )
    ]


def _held_by(holders: Iterable[object]) -> Iterator[Loop[..., object]]:
    """Return the loops of instances, also those that were never started."""
    for holder in holders:
        names = [
            name
            for kind in type(holder).__mro__
            for name, value in vars(kind).items()
            if is_loop(value)
        ]
        values = [*(getattr(holder, name) for name in names), *vars(holder).values()]
        yield from filter(is_loop, values)


def _label(loops: Sequence[Loop[..., object]]) -> Iterator[Found]:
    total = Counter(loop.name for loop in loops)
    so_far = Counter[str]()
    for loop in loops:
        so_far[loop.name] += 1
        number = f"#{so_far[loop.name]}" if total[loop.name] > 1 else ""
        yield Found(f"{loop.name}{number}", loop)
