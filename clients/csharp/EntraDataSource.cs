using Azure.Identity;
using Npgsql;

namespace Clients;

/// <summary>A data source that logs in with a token that is still good, for each new connection.</summary>
public static class EntraDataSource
{
    /// <summary>
    /// Reads what the stack output <c>connections.&lt;app&gt;.environment</c> sets. An open connection outlives its token; the
    /// maximum lifetime sees to it that an identity that was replaced does not keep one for ever.
    /// </summary>
    /// <param name="opened">Called for each connection that is opened.</param>
    /// <exception cref="InvalidOperationException">Names every variable that is missing.</exception>
    public static NpgsqlDataSource Open(
        FreshTokens tokens, int size = 5, int maxLifetimeSeconds = 1800, Action? opened = null)
    {
        var where = Settings("PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGSSLROOTCERT");
        var builder = new NpgsqlDataSourceBuilder();
        var connection = builder.ConnectionStringBuilder;
        connection.Host = where["PGHOST"];
        connection.Port = int.Parse(where["PGPORT"]);
        connection.Database = where["PGDATABASE"];
        connection.Username = where["PGUSER"];
        connection.SslMode = SslMode.VerifyFull;
        connection.RootCertificate = where["PGSSLROOTCERT"];
        connection.MaxPoolSize = size;
        connection.ConnectionLifetime = maxLifetimeSeconds;
        connection.Timeout = 15;
        // Not UsePeriodicPasswordProvider: that asks by the clock, whether or not anybody connects, and knows nothing of the
        // token's end.
        builder.UsePasswordProvider(
            _ => tokens.GetAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult(),
            (_, cancellation) => tokens.GetAsync(cancellation));
        if (opened is not null)
        {
            builder.UsePhysicalConnectionInitializer(
                _ => opened(),
                _ =>
                {
                    opened();
                    return Task.CompletedTask;
                });
        }
        return builder.Build();
    }

    /// <summary>Tokens of the VM's identity; on a developer's machine, of whoever is logged in there.</summary>
    public static FreshTokens Tokens() =>
        // Which of the VM's identities is meant: needed where it has more than one.
        new(new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = ClientId() }));

    private static string? ClientId() =>
        Environment.GetEnvironmentVariable("AZURE_CLIENT_ID") is { Length: > 0 } id ? id : null;

    private static Dictionary<string, string> Settings(params string[] names)
    {
        var values = names.ToDictionary(name => name, name => Environment.GetEnvironmentVariable(name) ?? "");
        var missing = names.Where(name => values[name].Length == 0).ToList();
        if (missing.Count > 0)
        {
            throw new InvalidOperationException(
                $"Not set: {string.Join(", ", missing)}.\n"
                + "next: eval \"$(pulumi stack output connections --json | jq -r .<app>.environment)\"");
        }
        return values;
    }
}
