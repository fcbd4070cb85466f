"""What this library costs, next to a bare asyncio loop and next to its peers.

``python -m benchmarks`` runs all of it; ``--help`` tells the rest.

A map: ``__main__`` reads the command line, ``environments`` makes a virtual environment for each
candidate, ``rounds`` runs the measurements in turns, ``worker`` is the process of one of them.
``catalogue`` says what is measured, ``measures`` how, and ``adapters`` how each candidate does it.
``report`` makes tables and JSON of the numbers; the site draws a picture of them.

Why not pyperf: it runs all processes of one benchmark before those of the next, and its runner
must be installed beside what it measures. Here every candidate has its turn in every round, so
that a machine that gets slower half-way does so for all, and memory and import times are not
pyperf's own. Processes, rounds and medians are the same idea; ``timeit`` times the short calls.
"""
