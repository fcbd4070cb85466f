"""The arguments of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from typing_extensions import override

from defectio_tasks._cli.commands import (
    Asked,
    show_ledger,
    show_list,
    show_next,
    show_timeline,
)
from defectio_tasks._cli.errors import UsageError, one_line, without_secrets

_PROGRAM: Final = "python -m defectio_tasks"
_DESCRIPTION: Final = """\
See when loops run, without starting a bot.

Modules are imported, from the current directory or wherever Python finds them, and start
nothing: what would run an event loop, end the program or ask for input is told in one line.
"""
_EXAMPLES: Final = """\
examples:
  python -m defectio_tasks next "30 8 * * mon-fri" --tz Europe/London
  python -m defectio_tasks next 08:30 20:00 --tz Europe/London --on mon-fri
  python -m defectio_tasks next bot:News.fetch -n 10
  python -m defectio_tasks list bot
  python -m defectio_tasks timeline bot --days 7 --svg week.svg
  python -m defectio_tasks ledger ledger.db --loop digest -n 10
"""
_MOST_SLOTS: Final = 10_000
_MOST_DAYS: Final = 366


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Those of the command line; ``None`` for the program's own.

    Returns:
        The status to exit with: 0, or 2 where something is wrong, which one line on ``sys.stderr``
        tells then.
    """
    parser = _make_parser()
    given = _Given()
    try:
        parser.parse_args(arguments, given)
        if given.version:
            sys.stdout.write(f"defectio-tasks {_version()}\n")
        elif given.command == "next":
            show_next(given.asked(), given.n, given.on)
        elif given.command == "list":
            show_list(given.asked())
        elif given.command == "timeline":
            show_timeline(given.asked(), given.days, given.svg)
        elif given.command == "ledger":
            show_ledger(given.asked(), given.n, given.loop)
        else:
            parser.print_help()
    except UsageError as failure:
        sys.stderr.write(f"{_PROGRAM}: {without_secrets(str(failure))}\n")
        return 2
    return 0


class _Given(argparse.Namespace):
    """What was given, with its types, and what counts where nothing was."""

    command: str | None = None
    version: bool = False
    what: Sequence[str] = ()
    tz: str | None = None
    after: str | None = None
    json: bool = False
    n: int = 5
    on: Sequence[str] = ()
    days: int = 7
    svg: str | None = None
    loop: Sequence[str] = ()

    def asked(self) -> Asked:
        """Return what all commands are asked."""
        return Asked(self.what, self.tz, self.after, self.json)


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    @override
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{one_line(message)} (see `{self.prog} --help`)")


def _make_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=_PROGRAM,
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="show the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    command = _add(
        commands.add_parser,
        "next",
        "show the next slots of a cron expression, times, a schedule or a loop",
        tz="the zone by whose clocks they count, of a loop: in which to show them (default: UTC, "
        "of a loop: its own)",
    )
    _add_what(command, "a cron expression in quotes, times such as 08:30, or module:loop")
    _add_after(command)
    _add_number(command, "how many slots")
    command.add_argument(
        "--on",
        action="append",
        metavar="DAYS",
        help="on these weekdays only: mon-fri, or sat,sun",
    )
    _add_json(command)
    command = _add(
        commands.add_parser,
        "list",
        "list the loops of modules and packages",
        tz="the zone in which to show the next slots (default: each loop's own)",
    )
    _add_what(command, "a module, a package, or module:loop")
    _add_after(command)
    _add_json(command)
    command = _add(
        commands.add_parser,
        "timeline",
        "draw when loops run",
        tz="the zone of the picture (default: the loops' own if they share one, else UTC)",
    )
    _add_what(command, "a module, a package, or module:loop")
    _add_after(command)
    command.add_argument(
        "--days",
        type=_number("--days", _MOST_DAYS),
        metavar="N",
        help="how many days, from today on (default: 7)",
    )
    command.add_argument("--svg", metavar="FILE", help="write a picture into a file instead")
    command = _add(
        commands.add_parser,
        "ledger",
        "list the loops of a ledger, and what has become of their last slots",
        tz="the zone in which to show the slots (default: UTC)",
    )
    command.add_argument(
        "what",
        nargs=1,
        metavar="LEDGER",
        help="a file's path, or sqlite:///path, postgresql://..., redis://...",
    )
    _add_number(command, "how many slots of each loop")
    command.add_argument(
        "--loop",
        action="append",
        metavar="NAME",
        help="this loop only; * stands for anything",
    )
    _add_json(command)
    return parser


def _add(
    make: Callable[..., argparse.ArgumentParser],
    name: str,
    summary: str,
    *,
    tz: str,
) -> argparse.ArgumentParser:
    # What isn't given stays as `_Given` has it.
    command = make(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        argument_default=argparse.SUPPRESS,
    )
    command.add_argument("--tz", metavar="ZONE", help=tz)
    return command


def _add_what(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("what", nargs="+", metavar="WHAT", help=what)


def _add_after(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--after",
        metavar="MOMENT",
        help="from this moment on, in ISO format, by default in the zone (default: now)",
    )


def _add_number(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument(
        "-n", type=_number("-n", _MOST_SLOTS), metavar="N", help=f"{what} (default: 5)"
    )


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="for programs")


def _number(option: str, most: int) -> Callable[[str], int]:
    """Return what makes a number of an option's text."""

    def parse(text: str) -> int:
        # Python reads digits of all scripts, and `1_000`.
        if text.isdecimal() and 1 <= int(text) <= most:
            return int(text)
        raise UsageError(f"`{option}` must be a number from 1 to {most:,}, got {text!r}")

    return parse


def _version() -> str:
    # Not at the top: it takes longer to import than all of this.
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("defectio-tasks")
    except PackageNotFoundError:
        return "(not installed)"
