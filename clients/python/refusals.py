"""The usual refusals, by the words that the server, the SDK or TLS has for them, each with what to do."""

import re

REMEDIES = [
    (r"access token has expired", "a token was kept too long: fetch one for each new connection"),
    (r"oid mismatch|does not match", "the identity was made anew, as with a rebuilt VM: pulumi up --refresh"),
    (r"no pg_hba\.conf entry", "the server's firewall: add this machine's address to allowedAddresses"),
    (r"certificate", "PGSSLROOTCERT does not hold the authority that signed the server's certificate"),
    (r'database "[^"]*" does not exist', "PGDATABASE is none of the server's databases"),
    (
        r'role "[^"]*" does not exist|password authentication failed|validating the access token',
        "PGUSER is the role, so the identity's name, letter by letter",
    ),
    (r"permission denied", "the application's profile does not have this right: pulumi config get --path apps"),
    (r"Identity not found|identity_not_found", "AZURE_CLIENT_ID is no identity of this VM"),
    (
        r"ManagedIdentityCredential|no response from the IMDS",
        "the metadata service does not answer: run this on the VM that has the identity",
    ),
]
PASSING = re.compile(
    r"server closed the connection|terminat|starting up|shutting down|not accepting|Connection refused|connection is lost"
    r"|connection is closed|couldn't get a connection|consuming input|oid mismatch|does not match|validating the access token"
)


def explain(error: BaseException) -> str:
    """What was said, and the one next thing to do."""
    said = str(error)
    if "next:" in said:
        return said
    remedy = next((what for words, what in REMEDIES if re.search(words, said, re.I)), "look at the server's state")
    return f"{said.strip().splitlines()[0]}\nnext: {remedy}"


def may_pass(error: BaseException) -> bool:
    """Whether trying again on another connection can help: it broke, the server restarts, or the identity was just replaced."""
    return PASSING.search(str(error)) is not None
