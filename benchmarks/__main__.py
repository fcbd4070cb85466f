"""Measures this library against the floor and its peers: ``python -m benchmarks --help``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.adapters import FLOOR, LABELS, OURS
from benchmarks.catalogue import FULL, QUICK, Measure, make_catalogue
from benchmarks.environments import Environment, make_environments
from benchmarks.report import as_json, as_markdown, make_report
from benchmarks.rounds import run_rounds

LEGEND = (
    "medians of the rounds ± half the distance between the quartiles. Costs are the floor's own in "
    "its column, and ratios to it in the others; delays and numbers are as they are."
)


def main() -> int:
    """Measure, print a table, and write the files.

    Returns:
        The status to exit with: 1 when a measurement broke down.
    """
    options = _parse_options()
    catalogue = make_catalogue(QUICK if options.quick else FULL)
    catalogue.measures = _chosen(catalogue.measures, options.only)
    candidates = [name for name in LABELS if name in {FLOOR, OURS} or name in options.peers]
    environments = make_environments(options.environments, candidates, _tell)
    begun = time.monotonic()
    outcomes = run_rounds(catalogue.measures, environments, options.rounds, _tell)
    report = make_report(catalogue, outcomes, candidates)

    about = _about(environments, options.rounds, time.monotonic() - begun)
    intro = f"{about['python']}, {about['system']}, {about['date']}; {LEGEND}\n\n"
    table = intro + as_markdown(report, candidates)
    files = {
        "benchmarks.json": json.dumps({"about": about, **as_json(report)}, indent=1) + "\n",
        "benchmarks.md": f"# What was measured\n\n{table}",
    }
    options.output.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (options.output / name).write_text(text, encoding="utf-8")
    sys.stdout.write(table)
    _tell(f"written to {options.output}")
    return 1 if any(outcome.failed for outcome in outcomes.values()) else 0


def _parse_options() -> argparse.Namespace:
    cache = Path(tempfile.gettempdir()) / "defectio-tasks-benchmarks"
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, help="default: 5, or 1 with --quick")
    parser.add_argument("--quick", action="store_true", help="small, to see that all of it works")
    parser.add_argument("--only", nargs="+", metavar="MEASURE", help="those whose names begin so")
    parser.add_argument(
        "--peers", nargs="*", metavar="PEER", default=list(LABELS), help="default: all of them"
    )
    parser.add_argument(
        "--environments", type=Path, default=cache, help="where the candidates are installed"
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="default: docs/benchmarks; with --quick, --only or --peers, which make no "
        "complete table, a folder beside the environments",
    )
    options = parser.parse_args()
    unknown = set(options.peers) - set(LABELS)
    if unknown:
        parser.error(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(LABELS)}")
    options.environments = options.environments.resolve()
    options.rounds = options.rounds or (1 if options.quick else 5)
    partial = options.quick or options.only or len(options.peers) < len(LABELS)
    complete = Path(__file__).parent.parent / "docs" / "benchmarks"
    options.output = options.output or (options.environments / "results" if partial else complete)
    return options


def _chosen(measures: Sequence[Measure], names: Sequence[str] | None) -> list[Measure]:
    if names is None:
        return list(measures)
    chosen = [measure for measure in measures if measure.name.startswith(tuple(names))]
    if not chosen:
        known = ", ".join(measure.name for measure in measures)
        sys.exit(f"no such measure; there are: {known}")
    return chosen


def _about(
    environments: Mapping[str, Environment], rounds: int, seconds: float
) -> dict[str, object]:
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} on {platform.machine()}, {os.cpu_count()} processors",
        "rounds": rounds,
        "seconds": round(seconds),
        "packages": {name: each.packages for name, each in environments.items()},
    }


def _tell(progress: str) -> None:
    sys.stderr.write(f"{progress}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
