"""The machinery of the soak: many loops in virtual time, and ledgers that say what must happen.

The rooms, each of which imports only from those below it:

- ``drama``: what happens; ``checks`` says what must hold of all loops, ``wall`` sets the wall clock
  and counts the slots anew, ``readers`` reads what the loops tell on the log and on stderr.
- ``population``: which loops there are, with timings from ``draws``; ``residents`` is what each of
  them does, and ``loops`` how it is made.
- ``ledger``: what one loop must do; ``pace`` says when it is due, ``slots`` what becomes of each
  slot, for one of the ``reasons``, and ``due`` what must come next.
- ``timings``, ``options``, ``sizes``: what a loop is set to and made of, and how much there is of
  all. ``complaints`` and ``moments`` are for everybody.
"""

from support.soak.drama import Soak, figures_of
from support.soak.reasons import ENDED, JUMPED, REASONS, RUN, RUN_BEFORE
from support.soak.sizes import IS_LONG, LONG, SEED, SHORT

__all__ = (
    "ENDED",
    "IS_LONG",
    "JUMPED",
    "LONG",
    "REASONS",
    "RUN",
    "RUN_BEFORE",
    "SEED",
    "SHORT",
    "Soak",
    "figures_of",
)
