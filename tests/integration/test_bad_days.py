"""Loops meet a server that is away, hangs, cuts connections or refuses."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import defectio
import pytest
from stand_in import CHANNEL_ID, StandIn, Treatment

import defectio_tasks as tasks

Connect = Callable[..., AbstractAsyncContextManager[None]]


class Poster(defectio.Client):
    """Posts numbers, and keeps a record of each attempt."""

    def __init__(self, api_url: str) -> None:
        super().__init__(api_url=api_url)
        self.attempts: list[tuple[int, Exception | None]] = []
        self.attempted = asyncio.Event()
        self.failure: Exception | None = None

    @tasks.loop(seconds=0.05)
    async def post(self) -> None:
        number = self.post.current_loop
        outcome: Exception | None = None
        try:
            channel = self.get_channel(CHANNEL_ID)
            assert channel is not None
            # A server that hangs would hang for longer than any test: 30 s and more.
            async with asyncio.timeout(0.5):
                await channel.send(str(number))
        except Exception as error:
            outcome = error
            raise
        finally:
            self.attempts.append((number, outcome))
            self.attempted.set()

    @post.error
    async def note_failure(self, error: Exception) -> None:
        self.failure = error

    async def errors(self, count: int) -> list[Exception]:
        """Wait until `count` attempts in a row have failed, and tell how."""
        while True:
            latest = [error for _, error in self.attempts[-count:] if error is not None]
            if len(latest) == count:
                return latest
            self.attempted.clear()
            await self.attempted.wait()


def contents(server: StandIn) -> list[str]:
    """Tell what has arrived."""
    return [message.content for message in server.messages]


@pytest.mark.usefixtures("quick_retries")
async def test_a_server_that_goes_away_and_comes_back(
    server: StandIn, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    client = Poster(server.url)
    async with connect(client, client.post):
        client.post.start()
        await server.wait_for_message("1")
        await server.go_away()
        errors = await client.errors(3)
        heard = len(server.messages)
        await server.come_back()
        await server.wait_until(lambda: len(server.messages) >= heard + 2)
    assert all(isinstance(error, aiohttp.ClientConnectorError) for error in errors)
    # No number was lost, none came twice: it was the same iteration that was tried again.
    assert contents(server) == [str(number) for number in range(len(server.messages))]
    retries = [
        record
        for record in caplog.records
        if record.levelno == logging.WARNING and "retrying" in record.getMessage()
    ]
    assert len(retries) >= 3
    assert "Connect call failed" in retries[0].getMessage()


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize(
    ("treatment", "expected"),
    [(Treatment.HANG, TimeoutError), (Treatment.CUT, aiohttp.ServerDisconnectedError)],
)
async def test_a_server_that_hangs_or_cuts_the_connection(
    server: StandIn, connect: Connect, treatment: Treatment, expected: type[Exception]
) -> None:
    client = Poster(server.url)
    async with connect(client, client.post):
        client.post.start()
        await server.wait_for_message("1")
        server.treat_posts(treatment)
        errors = await client.errors(2)
        heard = len(server.messages)
        server.treat_posts(Treatment.TAKE)
        await server.wait_until(lambda: len(server.messages) >= heard + 2)
    assert [type(error) for error in errors] == [expected, expected]
    assert contents(server) == [str(number) for number in range(len(server.messages))]


@pytest.mark.usefixtures("quick_retries")
async def test_a_hang_cut_by_wait_for(server: StandIn, connect: Connect) -> None:
    client = defectio.Client(api_url=server.url)
    attempts = 0

    @tasks.loop(count=1)
    async def post() -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 2:
            server.treat_posts(Treatment.TAKE)
        channel = client.get_channel(CHANNEL_ID)
        assert channel is not None
        await asyncio.wait_for(channel.send("at last"), timeout=0.5)

    async with connect(client, post):
        server.treat_posts(Treatment.HANG)
        await post.start()
    assert attempts == 2
    assert contents(server) == ["at last"]


@pytest.mark.usefixtures("quick_retries")
async def test_the_hosts_missing_gateway_is_retried(server: StandIn, connect: Connect) -> None:
    client = defectio.Client(api_url=server.url)
    attempts = 0

    @tasks.loop(count=1)
    async def search() -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise defectio.GatewayNotFound

    async with connect(client, search):
        await search.start()
    assert attempts == 3


async def test_a_server_that_refuses_is_a_failure(server: StandIn, connect: Connect) -> None:
    client = Poster(server.url)
    async with connect(client, client.post):
        server.treat_posts(Treatment.REFUSE)
        task = client.post.start()
        with pytest.raises(defectio.HTTPException) as caught:
            await task
        assert client.failure is caught.value
        assert caught.value.status == 403
        assert client.post.failed()
        # It can start again, and has nothing to do with its failure any more.
        server.treat_posts(Treatment.TAKE)
        client.post.start()
        await server.wait_for_message("1")
        assert not client.post.failed()
    assert client.attempts[0] == (0, caught.value)


async def test_without_reconnect_a_server_that_is_away_is_a_failure(
    server: StandIn, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    client = defectio.Client(api_url=server.url)

    @tasks.loop(reconnect=False)
    async def post() -> None:
        channel = client.get_channel(CHANNEL_ID)
        assert channel is not None
        await channel.send("anybody there?")

    async with connect(client, post):
        await server.go_away()
        with pytest.raises(aiohttp.ClientConnectionError):
            await post.start()
        await server.come_back()
    complaint = capsys.readouterr().err
    assert "post" in complaint.splitlines()[0]
    assert "ClientConnectorError" in complaint


@pytest.mark.usefixtures("quick_retries")
async def test_stop_while_the_server_is_away_waits_for_the_iteration(
    server: StandIn, connect: Connect
) -> None:
    client = Poster(server.url)
    async with connect(client, client.post):
        await server.go_away()
        task = client.post.start()
        await client.errors(1)
        client.post.stop()
        await client.errors(3)
        assert client.post.is_running()
        await server.come_back()
        await task
    assert contents(server) == ["0"]


async def test_cancel_while_the_server_is_away_ends_at_once(
    server: StandIn, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: 1.0)  # The first back-off takes 2 s.
    client = Poster(server.url)
    async with connect(client, client.post):
        await server.go_away()
        task = client.post.start()
        await client.errors(1)
        client.post.cancel()
        async with asyncio.timeout(1):
            await asyncio.wait([task])
        await server.come_back()
    assert task.cancelled()
    assert len(client.attempts) == 1
