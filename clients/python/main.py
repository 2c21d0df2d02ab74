"""Connects as the article does; with `serve`, queries until standard input ends. `--with pool|sqlalchemy` chooses the library."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from entra_token import MissingSettings, settings
from refusals import explain, may_pass

PATIENCE_SECONDS = 30

Query = Callable[[str], str]


def open_pool(size: int, lifetime: float) -> tuple[Query, Callable[[], None], Callable[[], int]]:
    from entra_pool import entra_pool

    pool = entra_pool(size, lifetime)
    pool.open()

    def query(sql: str) -> str:
        with pool.connection() as connection:
            return str(connection.execute(sql).fetchone()[0])

    return query, pool.close, lambda: pool.get_stats().get("connections_num", 0)


def open_engine(size: int, lifetime: float) -> tuple[Query, Callable[[], None], Callable[[], int]]:
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

    return query, engine.dispose, lambda: opened[0]


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
    query, close, connections = (open_pool if library == "pool" else open_engine)(size, lifetime)
    totals, ending = Totals(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())

    def work() -> None:
        while not ending.wait(0.05):
            patiently(query, totals)

    patiently(query, totals)
    print("serving", flush=True)
    threads = [threading.Thread(target=work) for _ in range(size)]
    for thread in threads:
        thread.start()
    threading.Thread(target=lambda: (sys.stdin.read(), ending.set()), daemon=True).start()
    for thread in threads:
        thread.join()
    totals.values["connections"] = connections()
    close()
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
