"""Who lives in the soak: of each kind of loop some, with all kinds of hooks and options.

What a loop is, and what it will be changed to, depends on the seed and its index alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from defectio_tasks.testing import VirtualClock
from support.soak.draws import Draw
from support.soak.options import HOOKS, Hook, Options
from support.soak.residents import Resident
from support.soak.sizes import ZONES, Size


def populate(
    size: Size, seed: int, clock: VirtualClock, complain: Callable[[str], None]
) -> Sequence[Resident]:
    """Make all loops of a soak.

    Args:
        size: How much there is to it.
        seed: What decides.
        clock: The clock that they live by, of which no time has passed.
        complain: Is told what goes wrong.
    """
    begin = clock.now()
    residents: list[Resident] = []
    for index in range(size.loops):
        rng = random.Random(f"{seed} {index}")  # noqa: S311 -- it must come out the same again
        kinds = Draw(rng, ZoneInfo(ZONES[index % len(ZONES)]), begin, size).kinds()
        draw = kinds[index % len(kinds)]
        # It is changed within its kind, and to one other; only the last kind lets no time pass.
        pool = [draw(), draw(), rng.choice(kinds[:-1])()]
        residents.append(Resident(_options(index, rng), pool, rng, clock, complain))
    return residents


def _options(index: int, rng: random.Random) -> Options:
    # All varies with other periods than the kinds do, so that each comes with each.
    likely = (0, 0.7, 1)[index % 3]
    hooks: frozenset[Hook] = frozenset(hook for hook in HOOKS if rng.random() < likely)
    count = rng.randrange(3, 40) if index % 7 == 5 or index == 0 else None
    return Options(
        name=f"loop {index}",
        count=count,
        reconnect=index % 6 != 4,
        hooks=hooks,
        flaky=rng.random() < 0.5,
        bound=index % 4 == 1,
    )
