"""A SQLAlchemy engine that logs in with a fresh Entra token for each new connection."""

from typing import Any

from sqlalchemy import Engine, create_engine, event

from entra_token import Tokens, settings


def entra_engine(size: int = 5, max_lifetime_seconds: float = 1800) -> Engine:
    """`pool_recycle` is the maximum lifetime; `pool_pre_ping` replaces a connection that broke while it was idle."""
    tokens = Tokens()
    engine = create_engine(
        "postgresql+psycopg://",
        connect_args=settings(),
        pool_size=size,
        max_overflow=0,
        pool_recycle=int(max_lifetime_seconds),
        pool_pre_ping=True,
    )

    @event.listens_for(engine, "do_connect")
    def _with_token(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
        parameters["password"] = tokens.get()

    return engine
