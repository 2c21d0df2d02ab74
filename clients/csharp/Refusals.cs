using System.Net.Sockets;
using System.Text.RegularExpressions;
using Npgsql;

namespace Clients;

/// <summary>The usual refusals, by the words that the server, the SDK or TLS has for them, each with what to do.</summary>
public static class Refusals
{
    // Not `does not match` alone: certificates do that, too.
    private const string OtherIdentity = "oid mismatch|oid .* does not match";
    private const string Awaited =
        "password authentication failed|role \"[^\"]*\" does not exist|permission denied for database|" + OtherIdentity;

    private static readonly (string Words, string Remedy)[] Remedies =
    [
        ("access token has expired", "a token was kept too long: fetch one for each new connection"),
        (OtherIdentity, "the identity was made anew, as with a rebuilt VM: pulumi up --refresh"),
        ("AAD_AUTH_TOKENTYPE_APP_USER",
            "the role is bound as another type of principal than this identity: pulumi up --refresh"),
        ("valid audience claim",
            "the token is for another service: POSTGRES_TOKEN_RESOURCE is the resource of the server's cloud"),
        (@"no pg_hba\.conf entry", "the server's firewall: add this machine's address to allowedAddresses"),
        ("certificate", "PGSSLROOTCERT does not hold the authority that signed the server's certificate"),
        ("database \"[^\"]*\" does not exist", "PGDATABASE is none of the server's databases"),
        ("role \"[^\"]*\" does not exist|password authentication failed|validating the access token",
            "PGUSER is the role, so the identity's name, letter by letter"),
        ("too many (clients|connections)|connection slots",
            "POOL_SIZE times the clients is more than the server's max_connections"),
        ("permission denied", "the application's profile does not have this right: pulumi config get --path apps"),
        ("identity not found|identity_not_found", "AZURE_CLIENT_ID is no identity of this VM"),
        ("ManagedIdentityCredential|DefaultAzureCredential|CredentialUnavailable",
            "the metadata service does not answer: run this on the VM that has the identity"),
        ("HostNotFound|TryAgain|NoData", "PGHOST is no name that is known here: compare it with the stack's output"),
        ("ConnectionRefused", "the machine answers and the port is closed: start the server, or correct PGPORT"),
        ("TimedOut|timed out|Timeout during",
            "silence is how a firewall refuses: add this machine's address to allowedAddresses"),
    ];

    /// <summary>What was said, and the one next thing to do.</summary>
    public static string Explain(Exception error)
    {
        var said = Said(error);
        if (said.Contains("next:"))
        {
            return said;
        }
        var remedy = Remedies
            .Where(known => Regex.IsMatch(said, known.Words, RegexOptions.IgnoreCase))
            .Select(known => known.Remedy)
            .FirstOrDefault("look at the server's state");
        return $"{said.Split('\n')[0]}\nnext: {remedy}";
    }

    /// <summary>
    /// Whether trying again on another connection can help: it broke, the server restarts, or the identity was just replaced.
    /// </summary>
    public static bool MayPass(Exception error)
    {
        if (error is PostgresException refused)
        {
            return Regex.IsMatch(refused.SqlState, "^(08|57P0)")
                || Regex.IsMatch(refused.MessageText, OtherIdentity + "|validating the access token");
        }
        return error is NpgsqlException && Causes(error).Any(cause => cause is IOException or SocketException or TimeoutException);
    }

    /// <summary>Whether the role is not yet this identity's: it is not made, not bound to it, or has no rights.</summary>
    public static bool AwaitsRole(Exception error) => Regex.IsMatch(Said(error), Awaited);

    // A socket's message is the operating system's; its code is .NET's.
    private static string Said(Exception error) => string.Join(": ", Causes(error).Select(cause =>
        cause is SocketException socket ? $"{socket.Message} ({socket.SocketErrorCode})" : cause.Message));

    private static IEnumerable<Exception> Causes(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
