"""A store in Redis: nobody imports this room but who has a ledger there.

A loop has four keys. Moments are text of eighteen digits, microseconds since the year 1: they sort
as they are, and Lua's numbers, which are floats, can't hold them.
"""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, cast, get_args

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError
from redis.retry import Retry

from defectio_tasks.ledgers._ledger import Refusal, SchemaError, StoreUnavailableError
from defectio_tasks.ledgers._store import AHEAD, EPOCH, MICROSECOND, NO_LEDGER, SECOND, Key, Row

VERSION: Final = 1
PREFIX: Final = "defectio_tasks:"
BEFORE_EPOCH: Final = (EPOCH - datetime(1, 1, 1, tzinfo=UTC)) // MICROSECOND
DIGITS: Final = 18
NONE: Final = "-"

COMMON: Final = """
local loop, slots, rows, at_work = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local function plus(moment, microseconds)
    local seconds = tonumber(string.sub(moment, 1, 12))
    local rest = tonumber(string.sub(moment, 13)) + microseconds
    return string.format('%012d%06d', seconds + math.floor(rest / 1000000), rest % 1000000)
end

local time = redis.call('TIME')
local now = string.format('%012d%06d', tonumber(time[1]) + 62135596800, tonumber(time[2]))

local function read(slot)
    local text = redis.call('HGET', rows, slot)
    if not text then return nil end
    local row, word = {}, string.gmatch(text, '%S+')
    row.fence, row.owner, row.claimed, row.lease, row.settled =
        word(), word(), word(), word(), word()
    return row
end

local function write(slot, row)
    redis.call('HSET', rows, slot, table.concat(
        {row.fence, row.owner, row.claimed, row.lease, row.settled}, ' '))
end

local function raise(floor)
    if floor > redis.call('HGET', loop, 'floor') then redis.call('HSET', loop, 'floor', floor) end
end

local function has_lapsed(row)
    return row.settled == '-' and row.lease ~= '-' and row.lease <= now
end
"""
OPEN: Final = """
local schedule = ARGV[1]
local known = redis.call('HGET', loop, 'schedule')
if not known then
    redis.call('HSET', loop, 'schedule', schedule, 'floor', now, 'fence', '0')
elseif known ~= schedule then
    redis.call('HSET', loop, 'schedule', schedule)
    raise(now)
end
return {redis.call('HGET', loop, 'floor'), redis.call('ZREVRANGE', slots, 0, 0)[1] or ''}
"""
RESTORE: Final = """
if redis.call('EXISTS', loop) == 0 then
    local fence = (tonumber(time[1]) * 1000000) + tonumber(time[2])
    redis.call('HSET', loop, 'schedule', ARGV[1], 'floor', ARGV[2],
        'fence', string.format('%.0f', fence))
end
"""
CLAIM: Final = """
local slot, owner, lease, closed, ahead = unpack(ARGV)
local floor, fence = unpack(redis.call('HMGET', loop, 'floor', 'fence'))
if not floor then return '' end
local row = read(slot)
if row and row.settled ~= '-' then return 'settled' end
if slot <= floor then return 'closed' end
if slot > plus(now, tonumber(ahead)) then return 'early' end
if row and row.owner ~= owner and not has_lapsed(row) then return 'claimed' end
fence = string.format('%.0f', tonumber(fence) + 1)
if closed > floor then floor = closed end
redis.call('HSET', loop, 'floor', floor, 'fence', fence)
if lease ~= '-' then
    lease = plus(now, tonumber(lease))
    redis.call('ZADD', at_work, 0, slot)
end
write(slot, {fence = fence, owner = owner, claimed = now, lease = lease, settled = '-'})
redis.call('ZADD', slots, 0, slot)
return fence
"""
RENEW: Final = """
local owner, lease = ARGV[1], plus(now, tonumber(ARGV[2]))
local renewed = {}
for index = 3, #ARGV do
    local row = read(ARGV[index])
    if row and row.owner == owner and row.settled == '-' then
        row.lease = lease
        write(ARGV[index], row)
        table.insert(renewed, ARGV[index])
    end
end
return renewed
"""
SETTLE: Final = """
local slot, fence, owner = unpack(ARGV)
local row = read(slot)
if not row or row.fence ~= fence or row.owner ~= owner then return 0 end
if row.settled == '-' then
    row.settled = now
    write(slot, row)
    if row.lease ~= '-' then redis.call('ZREM', at_work, slot) end
end
return 1
"""
GIVE_BACK: Final = """
local slot, owner = unpack(ARGV)
local row = read(slot)
if row and row.owner == owner and row.settled == '-' then
    row.owner, row.lease = '-', now
    write(slot, row)
    redis.call('ZADD', at_work, 0, slot)
end
"""
# As many as don't keep others waiting are forgotten at once.
AT_ONCE: Final = 1000
PRUNE: Final = """
local before = plus(now, -tonumber(ARGV[1]))
for _, slot in ipairs(redis.call('ZRANGE', slots, 0, tonumber(ARGV[2]) - 1)) do
    local row = read(slot)
    local last = row.settled
    if last == '-' then last = row.lease end
    if last == '-' then last = row.claimed end
    if last > before then return 0 end
    raise(slot)
    redis.call('HDEL', rows, slot)
    redis.call('ZREM', slots, slot)
    redis.call('ZREM', at_work, slot)
end
return redis.call('ZCARD', slots)
"""
KNOWN: Final = """
return {redis.call('HGET', loop, 'schedule') or '', redis.call('HGET', loop, 'floor') or '',
    redis.call('ZREVRANGE', slots, 0, 0)[1] or ''}
"""
SLOTS: Final = """
local found = {now}
for _, slot in ipairs(redis.call('ZRANGE', slots, 0, -1)) do
    table.insert(found, slot .. ' ' .. redis.call('HGET', rows, slot))
end
return found
"""
LEASED: Final = """
local found, floor = {now}, redis.call('HGET', loop, 'floor')
for _, slot in ipairs(redis.call('ZRANGE', at_work, 0, -1)) do
    if slot > floor and read(slot).lease ~= '-' then
        table.insert(found, slot .. ' ' .. redis.call('HGET', rows, slot))
    end
end
return found
"""


class RedisStore:
    """A store in Redis."""

    def __init__(self, url: str, patience: float) -> None:
        """Begin without a connection.

        Args:
            url: Where to.
            patience: How many seconds an answer may take.

        Raises:
            ValueError: It isn't a URL of Redis.
        """
        self.clock: Callable[[], float] = time.time
        self.makes = True
        # A connection may have been lost since the last time, as they are when a server restarts.
        # Each script may thus run twice: what it has done before, it doesn't do again.
        retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
        self._pool = redis.ConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]
            url,
            decode_responses=True,
            socket_timeout=patience,
            socket_connect_timeout=patience,
            retry=retry,
        )
        self._client: redis.Redis | None = None
        self._checked = False

    def open(self, name: str, schedule: str, /) -> int:
        """Note a loop and its schedule; return the last slot known, or the present."""
        self._check_version()
        with _telling():
            self._connected().sadd(f"{PREFIX}loops", name)
        floor, last = _texts(self._run(OPEN, name, schedule))
        return _number(max(floor, last))

    def restore(self, name: str, schedule: str, floor: int, /) -> None:
        """Note a loop that the store has forgotten."""
        with _telling():
            self._connected().sadd(f"{PREFIX}loops", name)
        self._run(RESTORE, name, schedule, _text(floor))

    def claim(
        self, key: Key, owner: str, lease: float | None, /, *, closes: bool
    ) -> int | Refusal | None:
        """Claim a slot; return its fence, or why there is none; ``None`` for an unknown loop."""
        self._check_version()
        length = NONE if lease is None else _microseconds(lease)
        closed = _text(key.slot - 1) if closes else ""
        answer = self._run(CLAIM, key.name, _text(key.slot), owner, length, closed, str(AHEAD))
        if not answer:
            return None
        # What is no number is one of these.
        return cast("Refusal", answer) if answer in get_args(Refusal) else int(str(answer))

    def leased(self, name: str, /) -> Sequence[Row]:
        """Return the slots of a loop that have a lease, may be claimed and aren't settled."""
        return self._rows(LEASED, name)

    def renew(self, held: Collection[Key], owner: str, lease: float, /) -> Collection[Key]:
        """Renew the leases of an owner; return those slots of which it could be done."""
        by_name: dict[str, list[str]] = {}
        for key in held:
            by_name.setdefault(key.name, []).append(_text(key.slot))
        return {
            Key(name, _number(slot))
            for name, slots in by_name.items()
            for slot in _texts(self._run(RENEW, name, owner, _microseconds(lease), *slots))
        }

    def settle(self, key: Key, fence: int, owner: str, /) -> bool:
        """Settle a slot; return whether it is settled by this claim, maybe a moment ago."""
        return bool(self._run(SETTLE, key.name, _text(key.slot), str(fence), owner))

    def give_back(self, key: Key, owner: str, /) -> None:
        """Give a slot of an owner back, if it has that: others may claim it."""
        self._run(GIVE_BACK, key.name, _text(key.slot), owner)

    def prune(self, name: str, keep: float, /) -> None:
        """Forget the slots of a loop with which nothing has happened for so long."""
        while self._run(PRUNE, name, _microseconds(keep), str(AT_ONCE)):
            pass

    def loops(self) -> Sequence[tuple[str, str, int]]:
        """Return names, schedules and the last slots known, by name."""
        self._check_version()
        with _telling():
            names = sorted(_texts(list(self._connected().smembers(f"{PREFIX}loops"))))
        known = ((name, *_texts(self._run(KNOWN, name))) for name in names)
        # A name is noted before its loop: of one that was killed between, there is no more.
        return [
            (name, schedule, _number(max(floor, last)))
            for name, schedule, floor, last in known
            if floor
        ]

    def slots(self, name: str, /) -> Sequence[Row]:
        """Return the slots of a loop, in order."""
        return self._rows(SLOTS, name)

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None
        self._pool.disconnect()

    def _rows(self, script: str, name: str) -> Sequence[Row]:
        self._check_version()
        now, *rows = _texts(self._run(script, name))
        return [_row(text, _number(now)) for text in rows]

    def _check_version(self) -> None:
        if self._checked:
            return
        with _telling():
            client = self._connected()
            if self.makes:
                client.setnx(f"{PREFIX}schema", VERSION)
            found = client.get(f"{PREFIX}schema")
        if found is None:
            raise SchemaError(NO_LEDGER)
        version = int(str(found))
        if version > VERSION:
            message = (
                f"the ledger's keys in Redis have version {version}, and this defectio_tasks knows "
                f"none after {VERSION}: upgrade it"
            )
            raise SchemaError(message)
        self._checked = True

    def _run(self, script: str, name: str, *values: str) -> object:
        keys = _keys(name)
        with _telling():
            client = self._connected()
            try:
                return client.evalsha(_hash(script), len(keys), *keys, *values)
            except NoScriptError:
                # Who asks first, and after a restart of the server, brings it along.
                return client.eval(COMMON + script, len(keys), *keys, *values)

    def _connected(self) -> redis.Redis:
        if self._client is None:
            # To take a connection from a pool takes longer than what is done with it.
            self._client = redis.Redis(connection_pool=self._pool, single_connection_client=True)
        return self._client


@contextmanager
def _telling() -> Generator[None]:
    try:
        yield
    except redis.RedisError as error:
        message = f"the ledger in Redis: {error}"
        raise StoreUnavailableError(message) from error


@functools.cache
def _hash(script: str) -> str:
    return hashlib.sha1((COMMON + script).encode(), usedforsecurity=False).hexdigest()


def _keys(name: str) -> list[str]:
    # The braces keep them together in a cluster.
    return [f"{PREFIX}{{{name}}}:{what}" for what in ("loop", "slots", "rows", "at_work")]


def _texts(answer: object) -> list[str]:
    """Return what a script answered with a list of texts."""
    return [str(item) for item in cast("list[object]", answer)]


def _text(moment: int) -> str:
    """Return a moment as it is stored."""
    return f"{moment + BEFORE_EPOCH:0{DIGITS}}"


def _number(text: str) -> int:
    """Return a stored moment."""
    return int(text) - BEFORE_EPOCH


def _microseconds(seconds: float) -> str:
    return str(round(seconds * SECOND))


def _row(text: str, now: int) -> Row:
    slot, fence, owner, claimed, lease, settled = text.split(" ")
    return Row(
        slot=_number(slot),
        fence=int(fence),
        owner="" if owner == NONE else owner,
        claimed=_number(claimed),
        lease=None if lease == NONE else _number(lease),
        settled=None if settled == NONE else _number(settled),
        now=now,
    )
