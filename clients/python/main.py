"""Connects as the article does; with `serve`, queries until standard input ends.
`--with pool|sqlalchemy` chooses the library."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from entra_token import MissingSettings, settings
from refusals import awaits_role, explain, may_pass

PATIENCE_SECONDS = 30

Query = Callable[[str], str]


class Client(NamedTuple):
    """What is done with a library's pool."""

    first_login: Callable[[], object]
    query: Query
    connections: Callable[[], int]
    """How many were opened."""
    close: Callable[[], None]


def open_pool(size: int, lifetime: float) -> Client:
    from entra_pool import entra_pool

    pool = entra_pool(size, lifetime)

    def first_login() -> None:
        # Beside the pool, which keeps to itself why it cannot connect.
        pool.connection_class.connect(**pool.kwargs).close()
        pool.open()

    def query(sql: str) -> str:
        with pool.connection() as connection:
            return str(connection.execute(sql).fetchone()[0])

    def connections() -> int:
        stats = pool.get_stats()
        return stats.get("connections_num", 0) - stats.get("connections_errors", 0)

    return Client(first_login, query, connections, pool.close)


def open_engine(size: int, lifetime: float) -> Client:
    from sqlalchemy import event, text

    from entra_engine import entra_engine

    engine = entra_engine(size, lifetime)
    opened = [0]

    @event.listens_for(engine, "connect")
    def _count(*_: object) -> None:
        opened[0] += 1

    def query(sql: str) -> str:
        with engine.connect() as connection:
            return str(connection.execute(text(sql)).scalar())

    return Client(lambda: query("SELECT 1"), query, lambda: opened[0], engine.dispose)


def connect() -> int:
    """The article's lines, on one connection of psycopg's."""
    import psycopg

    from entra_token import Tokens

    where = settings()
    print("Getting access token from Azure AD...")
    token = Tokens().get()
    print("Opening connection using access token...")
    with psycopg.connect(**where, password=token) as connection:
        version = connection.execute("SELECT version()").fetchone()[0]
    print(f"Connected!\nPostgres version: {version}")
    return 0


class Totals:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.values = {"queries": 0, "retried": 0, "failed": 0, "connections": 0}

    def add(self, name: str) -> None:
        with self.lock:
            self.values[name] += 1


def wait_for_role(first_login: Callable[[], object], ending: threading.Event) -> None:
    """Until the role can log in: a VM's service is there before its role is."""
    until = time.monotonic() + PATIENCE_SECONDS
    pause, told = 0.5, False
    while not ending.is_set():
        try:
            first_login()
            return
        except Exception as error:  # Each library has its own; the words decide.
            waiting = awaits_role(error)
            if not waiting and (not may_pass(error) or time.monotonic() > until):
                raise
            if waiting and not told:
                print(f"waiting for role {os.environ['PGUSER']}: {str(error).splitlines()[0]}", file=sys.stderr)
            told = told or waiting
        ending.wait(pause)
        pause = min(pause * 2, 5)


def patiently(query: Query, totals: Totals) -> None:
    """One query, again on another connection when the first one broke. Only what can be done twice may be tried twice."""
    until = time.monotonic() + PATIENCE_SECONDS
    pause, again = 0.1, False
    totals.add("queries")
    while True:
        try:
            query("SELECT current_user")
            if again:
                totals.add("retried")
            return
        except Exception as error:  # Each library has its own; the words decide.
            if not may_pass(error) or time.monotonic() > until:
                totals.add("failed")
                print(explain(error), file=sys.stderr)
                return
        time.sleep(pause)
        pause, again = min(pause * 2, 2), True


def serve(library: str) -> int:
    """Queries in as many threads as the pool is large, until standard input ends or SIGTERM comes."""
    size = int(os.environ.get("POOL_SIZE", "5"))
    lifetime = float(os.environ.get("POOL_MAX_LIFETIME_SECONDS", "1800"))
    client = (open_pool if library == "pool" else open_engine)(size, lifetime)
    totals, ending = Totals(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    threading.Thread(target=lambda: (sys.stdin.read(), ending.set()), daemon=True).start()

    def work() -> None:
        while not ending.wait(0.05):
            patiently(client.query, totals)

    wait_for_role(client.first_login, ending)
    if not ending.is_set():
        print("serving", flush=True)
    threads = [threading.Thread(target=work) for _ in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    totals.values["connections"] = client.connections()
    client.close()
    print(json.dumps(totals.values), flush=True)
    return 0 if totals.values["failed"] == 0 else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--with", dest="library", choices=["pool", "sqlalchemy"], default="pool")
    parser.add_argument("mode", nargs="?", choices=["connect", "serve"], default="connect")
    arguments = parser.parse_args()
    # The pool and the SDK log each attempt that fails; what matters of it is explained below.
    logging.disable(logging.CRITICAL)
    try:
        return connect() if arguments.mode == "connect" else serve(arguments.library)
    except MissingSettings as error:
        print(error, file=sys.stderr)
    except Exception as error:
        print(explain(error), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
