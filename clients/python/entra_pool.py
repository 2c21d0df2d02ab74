"""A psycopg pool that logs in with a fresh Entra token for each new connection."""

from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from entra_token import Tokens, settings


def entra_pool(size: int = 5, max_lifetime_seconds: float = 1800) -> ConnectionPool:
    """An open connection outlives its token; the maximum lifetime sees to it that an identity that was replaced
    does not keep one for ever."""
    tokens = Tokens()

    class EntraConnection(psycopg.Connection[Any]):
        @classmethod
        def connect(cls, conninfo: str = "", **kwargs: Any) -> "psycopg.Connection[Any]":
            return super().connect(conninfo, **{**kwargs, "password": tokens.get()})

    return ConnectionPool(
        kwargs=settings(),
        connection_class=EntraConnection,
        min_size=size,
        max_size=size,
        max_lifetime=max_lifetime_seconds,
        # A connection that broke while it was idle is replaced before it is handed out.
        check=ConnectionPool.check_connection,
        reconnect_timeout=30,
        timeout=30,
        open=False,
    )
