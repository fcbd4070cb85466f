"""The end of `Client.run`, which cancels every task, and with them every loop."""

import asyncio
import signal

import defectio
import pytest
from stand_in import CHANNEL_ID, StandIn

import defectio_tasks as tasks


class Worker(defectio.Client):
    """Runs a loop that tells how it ended."""

    def __init__(self, api_url: str, event_loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(api_url=api_url, loop=event_loop)
        self.ends: list[bool] = []
        self.is_ready_for_the_end = asyncio.Event()

    @tasks.loop(hours=1)
    async def work(self, place: str) -> None:
        channel = self.get_channel(CHANNEL_ID)
        assert channel is not None
        await channel.send("at work")
        self.is_ready_for_the_end.set()
        if place == "in the body":
            await asyncio.sleep(3600)

    @work.before_loop
    async def prepare(self) -> None:
        await self.wait_until_ready()

    @work.after_loop
    async def clean_up(self) -> None:
        await asyncio.sleep(0)  # Cleaning up may take a while.
        self.ends.append(self.work.is_being_cancelled())

    async def close(self) -> None:
        """Hang up, which the host leaves out when its task is cancelled."""
        if self.websocket is not None:
            await self.websocket.close()
        if self.session is not None:
            await self.session.close()


async def interrupt(client: Worker) -> bool:
    """Press Ctrl-C once the client is ready for it, or late; tell whether it was ready."""
    try:
        async with asyncio.timeout(5):
            await client.is_ready_for_the_end.wait()
            await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    finally:
        signal.raise_signal(signal.SIGINT)
    return True


@pytest.mark.parametrize("place", ["asleep", "in the body"])
def test_ctrl_c_cancels_a_loop(
    server_elsewhere: StandIn, own_event_loop: asyncio.AbstractEventLoop, place: str
) -> None:
    client = Worker(server_elsewhere.url, own_event_loop)
    task = client.work.start(place)  # Before the event loop runs.

    interrupting = own_event_loop.create_task(interrupt(client))
    client.run("any")
    assert interrupting.result()
    assert task.cancelled()
    assert client.ends == [True]
    assert not client.work.is_running()
    assert not client.work.failed()
    assert client.work.get_task() is None
    assert [message.content for message in server_elsewhere.messages] == ["at work"]


def test_ctrl_c_in_before_loop(
    server_elsewhere: StandIn, own_event_loop: asyncio.AbstractEventLoop
) -> None:
    class Waiter(Worker):
        async def wait_until_ready(self) -> None:
            await super().wait_until_ready()
            self.is_ready_for_the_end.set()
            await asyncio.sleep(3600)

    client = Waiter(server_elsewhere.url, own_event_loop)
    task = client.work.start("anywhere")

    interrupting = own_event_loop.create_task(interrupt(client))
    client.run("any")
    assert interrupting.result()
    assert task.cancelled()
    assert client.ends == [True]
    assert server_elsewhere.messages == []


def test_a_loop_starts_again_in_the_event_loop_of_another_run(server_elsewhere: StandIn) -> None:
    @tasks.loop(count=2)
    async def post(client: defectio.Client) -> None:
        await client.wait_until_ready()
        channel = client.get_channel(CHANNEL_ID)
        assert channel is not None
        await channel.send(f"{post.current_loop}")

    @post.after_loop
    async def end_the_run() -> None:
        assert posting_client.websocket is not None
        await posting_client.websocket.close()

    for _ in range(2):
        event_loop = asyncio.new_event_loop()
        asyncio.set_event_loop(event_loop)
        posting_client = defectio.Client(api_url=server_elsewhere.url, loop=event_loop)
        task = post.start(posting_client)
        event_loop.call_later(5, event_loop.stop)  # Lest it run for ever.
        posting_client.run("any")
        assert task.done()
        assert event_loop.is_closed()
    asyncio.set_event_loop(None)
    assert [message.content for message in server_elsewhere.messages] == ["0", "1", "0", "1"]
