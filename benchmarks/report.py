"""Medians, spreads, ratios and exponents of what the rounds found out; as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log, log10
from statistics import linear_regression, median, quantiles
from typing import Final

from benchmarks.adapters import FLOOR, LABELS, OURS
from benchmarks.catalogue import Catalogue, Growth, Row, Unit
from benchmarks.rounds import Outcome, Outcomes

NONE: Final = "-"


@dataclass
class Spread:
    """The median of several rounds, and the half of them that is around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """Summarize, unless there is nothing."""
        if not values:
            return None
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        low, middle, high = quantiles(values, n=4, method="inclusive")
        return cls(middle, low, high)

    @property
    def half_width(self) -> float:
        """Half the distance between low and high."""
        return (self.high - self.low) / 2


@dataclass
class Cell:
    """What is known about one row and one candidate."""

    values: list[float] = field(default_factory=list)
    value: Spread | None = None
    ratio: Spread | None = None
    """To the floor, in the same round."""
    remark: str | None = None
    """Why there is no value, or what to know about it."""


@dataclass
class Line:
    """A row with its cells, by candidate."""

    row: Row
    measure: str
    cells: dict[str, Cell]
    target_met: bool | None


@dataclass
class Curve:
    """A growth with its exponents, by candidate."""

    growth: Growth
    exponents: dict[str, float]


@dataclass
class Report:
    """All of it."""

    lines: list[Line]
    curves: list[Curve]


def make_report(catalogue: Catalogue, outcomes: Outcomes, candidates: Sequence[str]) -> Report:
    """Summarize all rounds."""
    lines = list[Line]()
    for measure in catalogue.measures:
        by_candidate = {name: outcomes[measure.name, name] for name in candidates}
        for row in measure.rows:
            cells = {name: _cell(row, by_candidate, name) for name in candidates}
            lines.append(Line(row, measure.name, cells, _target_met(row, cells)))
    measured = {measure.name for measure in catalogue.measures}
    curves = list[Curve]()
    for growth in catalogue.growths:
        if all(measure in measured for measure, _ in growth.points.values()):
            exponents = {name: _exponent(growth, outcomes, name) for name in candidates}
            known = {name: value for name, value in exponents.items() if value is not None}
            curves.append(Curve(growth, known))
    return Report(lines, curves)


def _cell(row: Row, outcomes: Mapping[str, Outcome], candidate: str) -> Cell:
    outcome = outcomes[candidate]
    values = _values(outcome, row.case)
    cell = Cell(list(values.values()), Spread.of(list(values.values())))
    if row.unit.as_ratio:
        floor = _values(outcomes[FLOOR], row.case)
        ratios = [value / floor[number] for number, value in values.items() if number in floor]
        cell.ratio = Spread.of(ratios)
    cell.remark = "; ".join(_remarks(outcome, row.case)) or None
    return cell


def _values(outcome: Outcome, case: str) -> dict[int, float]:
    return {
        number: findings.values[case]
        for number, findings in outcome.rounds.items()
        if case in findings.values
    }


def _remarks(outcome: Outcome, case: str) -> Iterable[str]:
    """Say what to know about a case, the last round's words for all."""
    if outcome.failures:
        rounds = len(outcome.rounds)
        yield f"{outcome.failures[-1]}" + (f" ({rounds} rounds went well)" if rounds else "")
    for findings in list(outcome.rounds.values())[-1:]:
        for remarks in (findings.missing, findings.notes):
            for key in ("*", case):
                if key in remarks:
                    yield remarks[key]


def _target_met(row: Row, cells: Mapping[str, Cell]) -> bool | None:
    ours = cells[OURS] if OURS in cells else Cell()
    if row.target is None or ours.value is None:
        return None
    if not row.unit.as_ratio:
        return abs(ours.value.median) <= row.target
    over = cells.get(row.target_over, Cell())
    if ours.ratio is None or over.ratio is None:
        return None
    return ours.ratio.median <= row.target * over.ratio.median


def _exponent(growth: Growth, outcomes: Outcomes, candidate: str) -> float | None:
    """Fit the exponent of the size with which the cost of all together grows."""
    sizes, costs = list[float](), list[float]()
    for size, (measure, case) in growth.points.items():
        values = _values(outcomes[measure, candidate], case)
        if not values:
            return None
        cost = median(values.values()) * (size if growth.per_item else 1)
        sizes.append(log(size))
        costs.append(log(cost))
    return linear_regression(sizes, costs).slope


def as_json(report: Report) -> dict[str, object]:
    """Say all that is known, the values of each round included."""

    def spread(given: Spread | None) -> object:
        return None if given is None else vars(given)

    def cell(given: Cell) -> object:
        return {
            "values": given.values,
            "value": spread(given.value),
            "ratio": spread(given.ratio),
            "remark": given.remark,
        }

    return {
        "rows": [
            {
                "measure": line.measure,
                "label": line.row.label,
                "unit": line.row.unit.value,
                "target": line.row.target,
                "target_over": line.row.target_over,
                "target_met": line.target_met,
                "candidates": {name: cell(given) for name, given in line.cells.items()},
            }
            for line in report.lines
        ],
        "growth": [
            {
                "label": curve.growth.label,
                "sizes": list(curve.growth.points),
                "exponents": curve.exponents,
            }
            for curve in report.curves
        ],
    }


def as_markdown(report: Report, candidates: Sequence[str]) -> str:
    """Draw the tables, which read well on a terminal too."""
    footnotes = dict[str, int]()

    def cell(line: Line, candidate: str) -> str:
        given = line.cells[candidate]
        text = _text(line.row, given, candidate)
        if given.remark is None:
            return text
        return f"{text} [{footnotes.setdefault(given.remark, len(footnotes) + 1)}]"

    head = ["", *(LABELS[name] for name in candidates)]
    rows = [
        [line.row.label, *(cell(line, name) for name in candidates), _target(line)]
        for line in report.lines
    ]
    parts = [_table([*head, "target"], rows)]
    if footnotes:
        parts.append("\n".join(f"[{number}] {remark}  " for remark, number in footnotes.items()))
    if report.curves:
        grown = [
            [
                curve.growth.label,
                *(
                    f"{curve.exponents[name]:.2f}" if name in curve.exponents else NONE
                    for name in candidates
                ),
            ]
            for curve in report.curves
        ]
        parts.append("The exponent of n with which a cost grows (1: n times as much for n):")
        parts.append(_table(head, grown))
    return "\n\n".join(parts) + "\n"


def _text(row: Row, cell: Cell, candidate: str) -> str:
    if cell.value is None:
        return NONE
    if not row.unit.as_ratio:
        return _with_unit(cell.value.median, row.unit)
    if candidate == FLOOR:
        percent = cell.value.half_width / cell.value.median * 100
        return f"{_with_unit(cell.value.median, row.unit)} ±{percent:.0f} %"
    if cell.ratio is None:
        return NONE
    return f"{_digits(cell.ratio.median)} ±{_digits(cell.ratio.half_width)}"


def _target(line: Line) -> str:
    if line.row.target is None:
        return ""
    over = "" if line.row.target_over == FLOOR else f" x {LABELS[line.row.target_over]}"
    percent = " %" if line.row.unit is Unit.PERCENT else ""
    verdict = {None: "", True: ", met", False: ", missed"}[line.target_met]
    return f"{line.row.target:g}{over}{percent}{verdict}"


def _digits(number: float) -> str:
    places = max(0, 2 - int(log10(max(number, 1))))
    return f"{number:.{places}f}"


def _with_unit(number: float, unit: Unit) -> str:
    if unit is Unit.BYTES:
        return f"{number:,.0f} B"
    if unit is Unit.PERCENT:
        return f"{number:.3f} %"
    if unit is Unit.NUMBER:
        return f"{number:.2f}" if number % 1 else f"{number:.0f}"
    for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if abs(number) * factor >= 1:
            return f"{_digits(number * factor)} {name}"
    return f"{number * 1e9:.0f} ns"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    rule = "|".join(
        "-" * (width + 1) + (":" if index else "-") for index, width in enumerate(widths)
    )
    return "\n".join([line(head), f"|{rule}|", *map(line, rows)])
