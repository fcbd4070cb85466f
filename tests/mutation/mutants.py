"""What ``python tests/mutation`` asks of mutmut; run in the copy of the project to be mutated.

Mutmut changes operators, numbers, texts, arguments and what is assigned, inside of functions. The
operators below add what a runner's faults mostly are: a condition turned round, a step left out.

One kind of its mutants is left out: ``None`` for ``False``. Whoever reads a flag takes both for
false, so nothing can kill it, and ``True`` for ``False``, which is left in, says more.
"""

from __future__ import annotations

import ast
import difflib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Final

import libcst as cst
from mutmut.__main__ import cli
from mutmut.mutation import file_mutation
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import generated_function_names, get_diff_for_mutant
from mutmut.mutation.mutators import OPERATORS_TYPE, mutation_operators, operator_assignment
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key


def negate(node: cst.If | cst.While | cst.CompIf) -> Iterator[cst.CSTNode]:
    """Turn a condition round."""
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), test))


def leave_out_call(node: cst.Expr) -> Iterator[cst.CSTNode]:
    """Leave a call out whose result isn't used."""
    if isinstance(node.value, cst.Call | cst.Await):
        yield cst.Pass()


def leave_out_raise(node: cst.Raise) -> Iterator[cst.CSTNode]:
    """Leave a ``raise`` out."""
    yield cst.Pass()


def return_nothing(node: cst.Return) -> Iterator[cst.CSTNode]:
    """Return ``None`` instead of something."""
    if node.value is not None and not _is_name(node.value, "None", "False"):
        yield node.with_changes(value=cst.Name("None"))


def assign_nothing(node: cst.Assign | cst.AnnAssign) -> Iterator[cst.CSTNode]:
    """Do as mutmut does, but for a flag."""
    if node.value is not None and not _is_name(node.value, "False"):
        yield from operator_assignment(node)


def _is_name(node: cst.BaseExpression, *names: str) -> bool:
    return isinstance(node, cst.Name) and node.value in names


OPERATORS: Final[OPERATORS_TYPE] = [
    *((kind, make) for kind, make in mutation_operators if make is not operator_assignment),
    (cst.Assign, assign_nothing),
    (cst.AnnAssign, assign_nothing),
    (cst.If, negate),
    (cst.While, negate),
    (cst.CompIf, negate),
    (cst.Expr, leave_out_call),
    (cst.Raise, leave_out_raise),
    (cst.Return, return_nothing),
]


# Something matches at each place, so that the tokens together are the text.
TOKEN: Final = re.compile(r"\w+|\s+|[^\w\s()\[\]{},.:'\"]+|.")
LONGEST: Final = 40


def change(old: str, new: str) -> str:
    """Return the tokens that a mutation takes away, and those that it puts in; cut short."""
    sides = [TOKEN.findall(old), TOKEN.findall(new)]
    for _ in range(2):  # what is the same at the beginning, then at the end
        pairs = zip(*sides, strict=False)
        same = len([*takewhile(lambda pair: pair[0] == pair[1], pairs)])
        sides = [side[same:][::-1] for side in sides]
    taken, put = (" ".join("".join(side).split())[:LONGEST] for side in sides)
    return f"{taken} -> {put}".strip()


def number(told: Sequence[dict[str, str]]) -> None:
    """Add `` #2`` where a function has the same change for the second time, and so on."""
    seen = Counter[tuple[str, str]]()
    for mutant in told:
        key = mutant["where"], mutant["change"]
        seen[key] += 1
        if seen[key] > 1:
            mutant["change"] += f" #{seen[key]}"


def results(path: Path) -> list[dict[str, str]]:
    """Return what became of the mutants of a file's functions."""
    data = SourceFileMutationData(path=path)
    data.load()
    functions = {
        node.name: node
        for node in ast.walk(ast.parse(("mutants" / path).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    told: list[dict[str, str]] = []
    for name, exit_code in data.exit_code_by_key.items():
        function, class_name = orig_function_and_class_names_from_key(name)
        both = [functions[generated] for generated in generated_function_names(name)]
        for each in both:
            each.name = function
        status = status_by_exit_code[exit_code]
        killed = status in {"killed", "timeout"}
        told.append(
            {
                "name": name,
                "where": f"{class_name}.{function}" if class_name else function,
                # Written anew, both have the same layout, whatever that of the source is.
                "change": change(*map(ast.unparse, both)),
                "status": status,
                "diff": "" if killed else get_diff_for_mutant(name, path=path),
            }
        )
    return told


def outside_functions(path: Path) -> list[dict[str, str]]:
    """Make the mutants that mutmut leaves out: constants of the module and of classes."""
    source = path.read_text()
    module, mutations, *_ = file_mutation.create_mutations(str(path), source)
    made: list[dict[str, str]] = []
    for mutation in mutations:
        if isinstance(mutation.contained_by_top_level_function, cst.FunctionDef):
            continue
        mutant = module.deep_replace(mutation.original_node, mutation.mutated_node)
        if not isinstance(mutant, cst.Module):
            raise TypeError(mutant)
        old, new = next(
            both
            for both in zip(*map(statements, (source, mutant.code)), strict=True)
            if both[0] != both[1]
        )
        where = re.findall(r"(?m)^(?:class )?(\w+)", old)[0]  # decorators don't begin like that
        diff = difflib.unified_diff(
            source.splitlines(), mutant.code.splitlines(), str(path), str(path), lineterm="", n=1
        )
        made.append(
            {
                "name": f"{path.stem}:{len(made)}",
                "where": where,
                "change": change(old, new),
                "source": mutant.code,
                "diff": "\n".join(diff),
            }
        )
    return made


def statements(source: str) -> list[str]:
    """Return the statements of a module."""
    return [ast.unparse(statement) for statement in ast.parse(source).body]


def main() -> None:
    """Run mutmut with the further operators, or tell as JSON about a file."""
    file_mutation.mutation_operators = OPERATORS  # type: ignore[attr-defined] # only imported there
    questions = {"results": results, "outside": outside_functions}
    match sys.argv[1:]:
        case [("results" | "outside") as question, path]:
            told = questions[question](Path(path))
            number(told)
            sys.stdout.write(json.dumps(told))
        case _:
            cli()


if __name__ == "__main__":
    main()
