"""Tokens for Azure Database for PostgreSQL, and what the connection needs to know."""

import os
import threading
import time

from azure.identity import ManagedIdentityCredential

# What a token is asked for; the stack's output names the resource of its cloud.
SCOPE = (os.environ.get("POSTGRES_TOKEN_RESOURCE") or "https://ossrdbms-aad.database.windows.net") + "/.default"
NEEDED = ["PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGSSLROOTCERT"]


class MissingSettings(Exception):
    """Environment variables that are not set, all of them named."""


def settings() -> dict[str, str]:
    """What libpq takes, from the variables that the stack output `connections.<app>.environment` sets."""
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        raise MissingSettings(
            f"Not set: {', '.join(missing)}.\n"
            'next: eval "$(pulumi stack output connections --json | jq -r .<app>.environment)"'
        )
    return {
        "host": os.environ["PGHOST"],
        "port": os.environ["PGPORT"],
        "dbname": os.environ["PGDATABASE"],
        "user": os.environ["PGUSER"],
        "sslmode": "verify-full",
        "sslrootcert": os.environ["PGSSLROOTCERT"],
        "connect_timeout": "15",
    }


class Tokens:
    """Gives a token that is still good; asks for another one when the last nears its end: within a minute of
    it, or the last tenth of a life that is shorter. One for all threads."""

    def __init__(self, client_id: str | None = None) -> None:
        # The client id is needed where the VM has more than one identity. By name, not the SDK's default chain: on a VM
        # only this can be meant, and a wrong answer would come sooner.
        self._credential = ManagedIdentityCredential(client_id=client_id or os.environ.get("AZURE_CLIENT_ID") or None)
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0

    def get(self) -> str:
        with self._lock:
            now = time.time()
            if now >= self._good_until:
                answer = self._credential.get_token(SCOPE)
                margin = max(min(60.0, (answer.expires_on - now) / 10), 1.5)
                self._token, self._good_until = answer.token, answer.expires_on - margin
            return self._token
