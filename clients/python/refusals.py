"""The usual refusals, by the words that the server, the SDK or TLS has for them, each with what to do."""

import re

# Not `does not match` alone: certificates do that, too.
OTHER_IDENTITY = r"oid mismatch|oid .* does not match"
REMEDIES = [
    (r"access token has expired", "a token was kept too long: fetch one for each new connection"),
    (OTHER_IDENTITY, "the identity was made anew, as with a rebuilt VM: pulumi up --refresh"),
    (
        r"AAD_AUTH_TOKENTYPE_APP_USER",
        "the role is bound as another type of principal than this identity: pulumi up --refresh",
    ),
    (
        r"valid audience claim",
        "the token is for another service: POSTGRES_TOKEN_RESOURCE is the resource of the server's cloud",
    ),
    (r"no pg_hba\.conf entry", "the server's firewall: add this machine's address to allowedAddresses"),
    (r"certificate", "PGSSLROOTCERT does not hold the authority that signed the server's certificate"),
    (r'database "[^"]*" does not exist', "PGDATABASE is none of the server's databases"),
    (
        r'role "[^"]*" does not exist|password authentication failed|validating the access token',
        "PGUSER is the role, so the identity's name, letter by letter",
    ),
    (
        r"too many (clients|connections)|connection slots",
        "POOL_SIZE times the clients is more than the server's max_connections",
    ),
    (r"permission denied", "the application's profile does not have this right: pulumi config get --path apps"),
    (r"Identity not found|identity_not_found", "AZURE_CLIENT_ID is no identity of this VM"),
    (
        r"ManagedIdentityCredential|no response from the IMDS",
        "the metadata service does not answer: run this on the VM that has the identity",
    ),
    (r"resolve host", "PGHOST is no name that is known here: compare it with the stack's output"),
    (r"timeout expired", "silence is how a firewall refuses: add this machine's address to allowedAddresses"),
    (r"Connection refused", "the machine answers and the port is closed: start the server, or correct PGPORT"),
]
PASSING = re.compile(
    r"server closed the connection|terminat|starting up|shutting down|not accepting|Connection refused|connection is lost"
    rf"|connection is closed|couldn't get a connection|consuming input|validating the access token|{OTHER_IDENTITY}"
)
AWAITED = re.compile(
    r'password authentication failed|role "[^"]*" does not exist|permission denied for database'
    rf"|{OTHER_IDENTITY}"
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


def awaits_role(error: BaseException) -> bool:
    """Whether the role is not yet this identity's: it is not made, not bound to it, or has no rights."""
    return AWAITED.search(str(error)) is not None
