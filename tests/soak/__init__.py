"""Loops of all kinds in virtual time, and accounts that say what each must do.

``drama`` is what happens, to the loops in ``residents``; each has an ``account`` of what it must do
next. ``slots`` says what becomes of each slot, ``timings`` when slots are, and ``world`` how much
there is of all. Each imports only from those after it.
"""
