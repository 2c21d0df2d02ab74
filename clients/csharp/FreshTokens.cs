using Azure.Core;

namespace Clients;

/// <summary>Keeps a token until it nears its end: within a minute of it, or the last tenth of a life that is shorter.</summary>
public sealed class FreshTokens(TokenCredential credential)
{
    // The stack's output names the resource of its cloud.
    private static readonly string Resource =
        Environment.GetEnvironmentVariable("POSTGRES_TOKEN_RESOURCE") is { Length: > 0 } named
            ? named
            : "https://ossrdbms-aad.database.windows.net";
    private static readonly TokenRequestContext Database = new([$"{Resource}/.default"]);
    private static readonly TimeSpan LongestMargin = TimeSpan.FromMinutes(1);
    // A login takes a moment, too.
    private static readonly TimeSpan ShortestMargin = TimeSpan.FromSeconds(1.5);

    private readonly SemaphoreSlim asking = new(1, 1);
    private string last = "";
    private DateTimeOffset goodUntil = DateTimeOffset.MinValue;

    public async ValueTask<string> GetAsync(CancellationToken cancellation)
    {
        await asking.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (DateTimeOffset.UtcNow >= goodUntil)
            {
                var asked = DateTimeOffset.UtcNow;
                var token = await credential.GetTokenAsync(Database, cancellation).ConfigureAwait(false);
                var tenth = (token.ExpiresOn - asked) / 10;
                var margin = tenth < LongestMargin ? tenth : LongestMargin;
                last = token.Token;
                goodUntil = token.ExpiresOn - (margin > ShortestMargin ? margin : ShortestMargin);
            }
            return last;
        }
        finally
        {
            asking.Release();
        }
    }
}
