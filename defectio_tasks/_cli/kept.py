"""A ledger that a user names, and what is in it. Nothing is made where there is none."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from defectio_tasks import ledgers
from defectio_tasks._cli.errors import UsageError, one_line
from defectio_tasks.ledgers._ledger import KnownLoop, KnownSlot, Ledger, LedgerError

_NAMED: Final = 5
_URL: Final = re.compile(r"([a-z][a-z0-9+.-]*)://(.*)", re.IGNORECASE | re.DOTALL)
# `host=... dbname=...`, as PostgreSQL's own programs take it.
_CONNINFO: Final = re.compile(r"\s*\w+\s*=")
_RULE: Final = (
    "a ledger is a file's path, or begins with sqlite:///, postgresql://, redis://, rediss:// or "
    "unix://"
)


class Kept(NamedTuple):
    """What a ledger has of a loop."""

    loop: KnownLoop
    slots: Sequence[KnownSlot]
    """The last ones, the newest last."""
    earlier: int
    """How many come before those."""


def read_ledger(where: str, names: Sequence[str], n: int) -> Sequence[Kept]:
    """Return what a ledger has of its loops, by name.

    Args:
        where: The ledger's path or URL.
        names: The loops, all if it is empty; ``*`` stands for anything.
        n: How many slots of each.

    Raises:
        UsageError: It can't be understood or read, or has no loop of a name.
    """
    try:
        return asyncio.run(_read(_ledger_at(where), names, n))
    except (ImportError, LedgerError) as error:
        raise UsageError(one_line(error)) from None
    except (TypeError, ValueError):
        # What a driver says of a URL may be a part of a password.
        raise UsageError("the ledger's URL can't be understood by its driver") from None


async def _read(ledger: Ledger, names: Sequence[str], n: int) -> Sequence[Kept]:
    async with ledger:
        known = await ledger.loops()
        for name in names:
            if not any(fnmatchcase(loop.name, name) for loop in known):
                raise UsageError(_unknown(name, [loop.name for loop in known]))
        kept: list[Kept] = []
        for loop in known:
            if not names or any(fnmatchcase(loop.name, name) for name in names):
                slots = await ledger.slots(loop.name)
                kept.append(Kept(loop, slots[-n:], max(len(slots) - n, 0)))
        return kept


def _unknown(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    others = ", ".join(map(one_line, close or known[:_NAMED])) or "no loops at all"
    hint = f"did you mean {others}?" if close else f"it has {others}"
    return f"there is no loop {name!r} in the ledger ({hint})"


def _ledger_at(where: str) -> Ledger:
    url = _URL.fullmatch(where)
    if url is None:
        if _CONNINFO.match(where) and not _is_file(where):
            return ledgers.PostgresLedger(where).only_read()
        return _file(where)
    scheme, rest = url[1].lower(), url[2]
    if scheme == "sqlite" and rest.startswith("/"):
        return _file(rest[1:])
    credentials, _, _ = rest.rpartition("@")
    if set("/?#@").intersection(credentials):
        # Drivers would take a part of the password for the host, and name it when there is none.
        raise UsageError("in a ledger's URL, user and password have /?#@ as %2F, %3F, %23 and %40")
    if scheme in {"postgresql", "postgres"}:
        return ledgers.PostgresLedger(where).only_read()
    if scheme in {"redis", "rediss", "unix"}:
        return ledgers.RedisLedger(where).only_read()
    raise UsageError(f"{_RULE}, got {scheme}://")


def _file(path: str) -> Ledger:
    if _is_file(path):
        return ledgers.SqliteLedger(path).only_read()
    if {"@", "="}.intersection(path):
        # Whatever else was meant, it may be a secret.
        raise UsageError(f"there is no such file; {_RULE}")
    raise UsageError(f"there is no file {path!r}")


def _is_file(path: str) -> bool:
    # What can't be a path, such as one that is too long, is none.
    with suppress(OSError):
        return Path(path).is_file()
    return False
