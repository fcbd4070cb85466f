"""The recipe that hands slots over to procrastinate, over a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import procrastinate
import psycopg
import pytest
from procrastinate.exceptions import AlreadyEnqueued
from support import servers
from support.documents import DOCS, PIECES

import defectio_tasks as tasks

PAGE = DOCS / "guides" / "engines.md"
SLOT = "2026-01-01T08:30:00+00:00"


class Recipe(SimpleNamespace):
    """What the page's piece of Python defines."""

    queue: procrastinate.App
    make_digest: Any


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    if not servers.has_postgres():
        pytest.skip(servers.NO_POSTGRES)
    with servers.postgres() as conninfo:
        yield conninfo


@pytest.fixture
async def recipe(postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Recipe]:
    """Do as the page says."""
    database = servers.unique_database(postgres)
    monkeypatch.setenv("DATABASE_URL", database)
    names: dict[str, object] = {"__name__": "bot"}
    exec(PIECES["guides_engines_1"], names)  # noqa: S102 -- our own
    _, statement = PAGE.read_text(encoding="utf-8").split("```sql\n")
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await connection.execute(statement.partition("```")[0].encode())
    recipe = Recipe(**names)
    async with recipe.queue.open_async():
        await recipe.queue.schema_manager.apply_schema_async()
        yield recipe
    await tasks.shutdown()
    await recipe.ledger.close()


async def jobs(recipe: Recipe) -> list[tuple[object, str]]:
    """Return for which slots there are jobs, and how they are."""
    listed = await recipe.queue.job_manager.list_jobs_async()
    return [(job.task_kwargs["slot"], str(job.status)) for job in listed]


async def test_a_slot_is_one_job_however_often_it_is_handed_over(
    recipe: Recipe, capsys: pytest.CaptureFixture[str]
) -> None:
    """As by two processes at once, and by one that comes back when the job is done."""
    await asyncio.gather(*(recipe.hand_over(SLOT) for _ in range(4)))
    assert await jobs(recipe) == [(SLOT, "todo")]
    await recipe.queue.run_worker_async(wait=False, install_signal_handlers=False)
    assert capsys.readouterr().out == f"the digest of {SLOT}\n"
    await recipe.hand_over(SLOT)
    assert await jobs(recipe) == [(SLOT, "succeeded")]


async def test_a_key_without_its_job_is_not_written(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is broken off in between has handed over nothing."""
    with monkeypatch.context() as patched:
        patched.setattr(recipe.make_digest, "configure", lambda **_: None)
        with pytest.raises(AttributeError):
            await recipe.hand_over(SLOT)
    await recipe.hand_over(SLOT)
    assert await jobs(recipe) == [(SLOT, "todo")]


async def test_d12_the_loop_hands_its_slot_over(recipe: Recipe) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    digest: tasks.Loop[[], None] = recipe.digest
    digest.change_interval(schedule=tasks.At(soon))
    async with asyncio.timeout(20):
        await digest.start()
    assert await jobs(recipe) == [(soon.isoformat(), "todo")]
    [known] = await recipe.ledger.slots("digest")
    assert (known.slot, known.state) == (soon, "settled")


async def test_the_lock_of_the_queue_alone_is_not_enough(recipe: Recipe) -> None:
    """As the page says: it holds as long as a job waits."""
    for _ in range(2):
        with suppress(AlreadyEnqueued):
            await recipe.make_digest.configure(queueing_lock=SLOT).defer_async(slot=SLOT)
    assert await jobs(recipe) == [(SLOT, "todo")]
    await recipe.queue.run_worker_async(wait=False, install_signal_handlers=False)
    await recipe.make_digest.configure(queueing_lock=SLOT).defer_async(slot=SLOT)
    assert await jobs(recipe) == [(SLOT, "succeeded"), (SLOT, "todo")]
