"""The observers of ``docs/observers.md``, with the real libraries, and stand-ins beyond them."""

import asyncio
import gzip
import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import ModuleType
from typing import Any
from urllib.request import urlopen

import aiohttp
import defectio
import prometheus_client
import pytest
import sentry_sdk
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from stand_in import CHANNEL_ID, StandIn
from support.documents import PIECES, metrics_of_its_own

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock

Connect = Callable[..., AbstractAsyncContextManager[None]]


def recipe(number: int) -> Any:
    """Run a piece of the document as a module, which anything may be asked of."""
    name = f"observers_{number}"
    module = ModuleType(name)
    exec(compile(PIECES[name], name, "exec", dont_inherit=True), vars(module))  # noqa: S102 -- ours
    return module


async def a_hard_day(observer: Callable[[tasks.Event], object], seen: list[str]) -> None:
    """Run loops to which all happens that can happen.

    Args:
        observer: Is told of it.
        seen: What the bodies saw of the span that they are in.
    """

    async def note(body: str) -> None:
        context = trace.get_current_span().get_span_context()
        seen.append(f"{body} {context.span_id:x}")
        await asyncio.sleep(0)

    lasting = tasks.Policy(max_failures=None)
    # Iteration 0 succeeds, 1 at its third attempt; 2 fails for good; 3 takes so long that of three
    # slots two are skipped; 4 is cancelled, with two slots in the meantime.
    steps: list[float | Exception] = [0, OSError("1"), OSError("2"), 0, KeyError("key"), 210, 1e6]

    @tasks.loop(minutes=1, name="backup", policy=lasting)
    async def backup() -> None:
        step = steps.pop(0)
        await note("backup")
        if isinstance(step, Exception):
            raise step
        await asyncio.sleep(step)
        await note("backup")

    @backup.after_loop
    async def end() -> None:
        await note("end")

    @tasks.loop(minutes=1, name="poll", policy=tasks.Policy(overlap=2, max_failures=None))
    async def poll() -> None:
        number = poll.current_loop
        await note(f"poll {number}")
        # The first is over after the second, and in vain.
        await asyncio.sleep(5 if number else 90)
        await note(f"poll {number}")
        if number == 0:
            poll.stop()
            raise ValueError

    @tasks.loop(minutes=1, name="broken")
    async def broken() -> None: ...

    @broken.before_loop
    async def fail() -> None:
        raise LookupError

    unobserve = tasks.observe(observer)
    running = [backup.start(), poll.start(), broken.start()]
    await asyncio.sleep(500)
    backup.cancel()
    await asyncio.wait(running)
    unobserve()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Draw no lots in a hard day, and see that no observer failed."""
    monkeypatch.setattr(random, "random", lambda: 0.5)
    yield []
    logged = [record.getMessage() for record in caplog.get_records("call")]
    assert logged
    assert not [message for message in logged if message.startswith("observer")]


class Requests(BaseHTTPRequestHandler):
    """Keeps what it is sent, in the server's list, and answers as the server is told to."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        gzipped = self.headers["Content-Encoding"] == "gzip"
        assert isinstance(self.server, HttpStandIn)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if status == 200:
            self.server.requests.append((self.path, gzip.decompress(body) if gzipped else body))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class HttpStandIn(HTTPServer):
    """A service at the other end."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Requests)
        self.requests: list[tuple[str, bytes]] = []
        self.statuses: list[int] = []
        self.address = f"127.0.0.1:{self.server_port}"


@pytest.fixture
def service() -> Iterator[HttpStandIn]:
    with HttpStandIn() as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.01,))
        thread.start()
        yield service
        service.shutdown()
        thread.join()


async def test_one_place_for_all_errors(server: StandIn, connect: Connect, seen: list[str]) -> None:
    errors = recipe(1)
    await asyncio.to_thread(VirtualClock().run, a_hard_day(errors.report, seen))
    expected = [
        "broken has ended: LookupError()",
        "poll, due at 00:00 UTC: ValueError()",
        "backup, due at 00:02 UTC: KeyError('key')",
    ]
    assert list(errors.lines) == expected

    client = defectio.Client(api_url=server.url)
    async with connect(client):
        await errors.send_lines(client.get_channel(CHANNEL_ID))
        await errors.send_lines(client.get_channel(CHANNEL_ID))
    assert [message.content for message in server.messages] == [
        "\n".join(["```", *expected, "```"])
    ]


def test_prometheus(seen: list[str]) -> None:
    with metrics_of_its_own():
        metrics = recipe(2)
        VirtualClock().run(a_hard_day(metrics.measure, seen))
        server, thread = prometheus_client.start_http_server(0, "127.0.0.1")
        address = f"http://127.0.0.1:{server.server_port}/metrics"
        with urlopen(address) as answer:
            text = answer.read().decode()
        server.shutdown()
        server.server_close()
        thread.join()
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("loop_")
    }
    counted = {key: value for key, value in samples.items() if key[0].endswith("_total")}
    assert counted == {
        ("loop_iterations_total", "backup", "success"): 3,
        ("loop_iterations_total", "backup", "failure"): 1,
        ("loop_iterations_total", "backup", "cancelled"): 1,
        ("loop_iterations_total", "poll", "failure"): 1,
        ("loop_iterations_total", "poll", "success"): 1,
        ("loop_retries_total", "backup"): 2,
        ("loop_skipped_slots_total", "backup", "busy"): 4,
    }
    # Two waits of the back-off: 1 s and 2 s; a long one; and 500 - 390 s until it was cancelled.
    assert samples["loop_iteration_duration_seconds_sum", "backup"] == pytest.approx(3 + 210 + 110)
    assert samples["loop_iteration_duration_seconds_count", "backup"] == 5
    assert samples["loop_last_success_timestamp_seconds", "backup"] > 0


def test_sentry(seen: list[str], service: HttpStandIn) -> None:
    crons = recipe(3)
    client = sentry_sdk.Client(dsn=f"http://key@{service.address}/1", default_integrations=False)
    sentry_sdk.get_global_scope().set_client(client)
    try:
        VirtualClock().run(a_hard_day(crons.check_in_to_sentry, seen))
    finally:
        client.close(timeout=5)
        sentry_sdk.get_global_scope().set_client(None)
    told: dict[str, list[tuple[str, str]]] = {"backup": [], "poll": []}
    for path, body in service.requests:
        assert path == "/api/1/envelope/"
        _, header, content = body.splitlines()[:3]
        assert json.loads(header)["type"] == "check_in"
        check_in = json.loads(content)
        assert check_in["monitor_config"] == crons.MONITORS[check_in["monitor_slug"]]
        told[check_in["monitor_slug"]].append((check_in["check_in_id"], check_in["status"]))
    statuses = [status for _, status in told["backup"]]
    assert statuses[::2] == ["in_progress"] * 5
    assert statuses[1::2] == ["ok", "ok", "error", "ok", "error"]
    # Each iteration is one check-in.
    identities = [identity for identity, _ in told["backup"]]
    assert identities[::2] == identities[1::2]
    assert len(set(identities)) == 5
    (first, _), (second, _), *ends = told["poll"]
    assert ends == [(second, "ok"), (first, "error")]


def test_healthchecks(seen: list[str], service: HttpStandIn) -> None:
    checks = recipe(4)
    checks.CHECKS = {name: f"http://{service.address}/{name}" for name in ("backup", "poll")}
    VirtualClock().run(a_hard_day(checks.ping, seen))
    assert len(checks.pings) == 14
    service.statuses += [200, 503]
    with pytest.raises(aiohttp.ClientResponseError):
        asyncio.run(checks.send_pings())
    asyncio.run(checks.send_pings())
    assert not checks.pings
    told: dict[str, list[tuple[str, str]]] = {"backup": [], "poll": []}
    for path, _ in service.requests:
        place, _, rid = path.partition("?rid=")
        _, name, *end = place.split("/")
        told[name].append((rid, end[0] if end else "success"))
    ends = [end for _, end in told["backup"]]
    assert ends[::2] == ["start"] * 5
    assert ends[1::2] == ["success", "success", "fail", "success", "fail"]
    rids = [rid for rid, _ in told["backup"]]
    assert rids[::2] == rids[1::2]
    assert len(set(rids)) == 5
    (first, _), (second, _), *others = told["poll"]
    assert others == [(second, "success"), (first, "fail")]


def test_opentelemetry(seen: list[str]) -> None:
    spans = recipe(5)
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans.tracer = provider.get_tracer("test")
    with spans.tracer.start_as_current_span("a command that starts loops") as command:
        VirtualClock().run(a_hard_day(spans.trace_iterations, seen))
    *iterations, _ = exporter.get_finished_spans()
    assert all(span.parent is None for span in iterations)
    assert len({span.context.trace_id for span in iterations}) == len(iterations) == 7
    told = {
        name: [
            (
                span.status.status_code.name,
                [(event.attributes or {})["exception.type"] for event in span.events],
            )
            for span in iterations
            if span.name == name
        ]
        for name in ("backup", "poll")
    }
    assert told == {
        "backup": [
            ("UNSET", []),
            ("UNSET", ["OSError", "OSError"]),
            ("ERROR", ["KeyError"]),
            ("UNSET", []),
            ("UNSET", ["asyncio.exceptions.CancelledError"]),
        ],
        "poll": [("UNSET", []), ("ERROR", ["ValueError"])],
    }
    # What the bodies saw: each its own iteration, also beside another and after a wait.
    of_backup = [f"{span.context.span_id:x}" for span in iterations if span.name == "backup"]
    times = [2, 4, 1, 2, 1]
    assert [each.split()[1] for each in seen if each.startswith("backup")] == [
        identity for identity, n in zip(of_backup, times, strict=True) for _ in range(n)
    ]
    assert f"end {command.get_span_context().span_id:x}" in seen
    second, first = (f"{span.context.span_id:x}" for span in iterations if span.name == "poll")
    assert [each for each in seen if each.startswith("poll")] == [
        *(f"poll 0 {first}", f"poll 1 {second}", f"poll 1 {second}", f"poll 0 {first}"),
    ]
