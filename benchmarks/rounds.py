"""Runs the measurements: in each round, each measure for each candidate in turn."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.adapters import LABELS
from benchmarks.catalogue import Measure
from benchmarks.environments import Environment
from benchmarks.measures._common import Findings

ROOT: Final = Path(__file__).resolve().parent.parent


@dataclass
class Outcome:
    """What all rounds found out about one measure of one candidate."""

    rounds: dict[int, Findings] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    given_up: bool = False
    """Whether further rounds would find the same: nothing."""
    failed: bool = False
    """Whether a process broke down."""


Outcomes = Mapping[tuple[str, str], Outcome]


def run_rounds(
    measures: Sequence[Measure],
    environments: Mapping[str, Environment],
    rounds: int,
    tell: Callable[[str], None],
) -> Outcomes:
    """Run all rounds, and tell how it goes.

    Returns:
        The outcome by the names of measure and candidate.
    """
    candidates = list(environments)
    outcomes = {(measure.name, name): Outcome() for measure in measures for name in candidates}
    begun = time.monotonic()
    total = len(list(_plan(measures, rounds)))
    for done, (number, measure) in enumerate(_plan(measures, rounds), 1):
        tell(f"round {number + 1} of {rounds}: {measure.name}")
        # Nobody is always first.
        first = number % len(candidates)
        for candidate in candidates[first:] + candidates[:first]:
            outcome = outcomes[measure.name, candidate]
            if not outcome.given_up:
                _run(measure, candidate, environments[candidate].python, number, outcome)
                if number in outcome.rounds:
                    tell(f"  {LABELS[candidate]}")
                else:
                    tell(f"  {LABELS[candidate]}: {outcome.failures[-1]}")
        spent = time.monotonic() - begun
        left = spent / done * (total - done)
        tell(f"  {done} of {total} done, {spent:.0f} s spent, about {left:.0f} s left")
    return outcomes


def _plan(measures: Sequence[Measure], rounds: int) -> Iterator[tuple[int, Measure]]:
    for number in range(rounds):
        for measure in measures:
            if number == 0 or not measure.once:
                yield number, measure


def _run(measure: Measure, candidate: str, python: Path, number: int, outcome: Outcome) -> None:
    arguments = json.dumps(measure.arguments)
    command = [str(python), "-m", "benchmarks.worker", candidate, measure.function, arguments]
    # What the user sets for Python is meant for other programs.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        process = subprocess.run(
            command,
            cwd=ROOT,
            env=clean,
            check=True,
            capture_output=True,
            text=True,
            timeout=measure.limit,
        )
    except subprocess.TimeoutExpired:
        outcome.failures.append(f"not done within {measure.limit:.0f} s")
        outcome.given_up = True
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()
        outcome.failures.append(lines[-1] if lines else f"status {error.returncode}")
        outcome.failed = True
    else:
        findings = Findings(**json.loads(process.stdout))
        outcome.rounds[number] = findings
        outcome.given_up = "*" in findings.missing
