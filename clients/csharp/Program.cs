using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Clients;
using Npgsql;

// Connects as the article does; with `serve`, queries until standard input ends.
try
{
    return args is ["serve"] ? await new Service().RunAsync() : await ConnectAsync();
}
catch (Exception error)
{
    Console.Error.WriteLine(Refusals.Explain(error));
    return 1;
}

static async Task<int> ConnectAsync()
{
    var tokens = EntraDataSource.Tokens();
    await using var database = EntraDataSource.Open(tokens);
    Console.WriteLine("Getting access token from Azure AD...");
    await tokens.GetAsync(CancellationToken.None);
    Console.WriteLine("Opening connection using access token...");
    await using var connection = await database.OpenConnectionAsync();
    Console.WriteLine("Connected!");
    await using var command = new NpgsqlCommand("SELECT version()", connection);
    Console.WriteLine($"Postgres version: {await command.ExecuteScalarAsync()}");
    return 0;
}

/// <summary>What a web application does all day: several at once take a connection from the pool and query.</summary>
internal sealed class Service
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private int queries;
    private int retried;
    private int failed;
    private int connections;

    public async Task<int> RunAsync()
    {
        var size = Setting("POOL_SIZE", 5);
        using var ending = new CancellationTokenSource();
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            ending.Cancel();
        });
        _ = Task.Run(() =>
        {
            while (Console.In.ReadLine() is not null)
            {
            }
            ending.Cancel();
        });
        await using (var database = EntraDataSource.Open(
            EntraDataSource.Tokens(),
            size,
            Setting("POOL_MAX_LIFETIME_SECONDS", 1800),
            () => Interlocked.Increment(ref connections)))
        {
            await FirstLoginAsync(database, ending.Token);
            if (!ending.IsCancellationRequested)
            {
                Console.WriteLine("serving");
            }
            var workers = Enumerable.Range(0, size).Select(_ => WorkAsync(database, ending.Token)).ToList();
            await Task.WhenAll(workers);
        }
        Console.WriteLine(JsonSerializer.Serialize(new { queries, retried, failed, connections }));
        return failed == 0 ? 0 : 1;
    }

    /// <summary>Waits until the role can log in: a VM's service is there before its role is.</summary>
    private static async Task FirstLoginAsync(NpgsqlDataSource database, CancellationToken ending)
    {
        var began = Stopwatch.StartNew();
        var told = false;
        for (var pause = 500; !ending.IsCancellationRequested; pause = Math.Min(pause * 2, 5000))
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync();
                return;
            }
            catch (Exception error)
            {
                var waiting = Refusals.AwaitsRole(error);
                if (!waiting && (!Refusals.MayPass(error) || began.Elapsed > Patience))
                {
                    throw;
                }
                if (waiting && !told)
                {
                    var role = Environment.GetEnvironmentVariable("PGUSER");
                    Console.Error.WriteLine($"waiting for role {role}: {error.Message}");
                }
                told = told || waiting;
            }
            await Task.Delay(pause);
        }
    }

    private async Task WorkAsync(NpgsqlDataSource database, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            await PatientlyAsync(database);
            await Task.Delay(50);
        }
    }

    /// <summary>
    /// One query, again on another connection when the first one broke. Only what can be done twice may be tried twice.
    /// </summary>
    private async Task PatientlyAsync(NpgsqlDataSource database)
    {
        var began = Stopwatch.StartNew();
        Interlocked.Increment(ref queries);
        for (var (pause, again) = (100, false); ; (pause, again) = (Math.Min(pause * 2, 2000), true))
        {
            try
            {
                await using var command = database.CreateCommand("SELECT current_user");
                await command.ExecuteScalarAsync();
                if (again)
                {
                    Interlocked.Increment(ref retried);
                }
                return;
            }
            catch (Exception error)
            {
                if (!Refusals.MayPass(error) || began.Elapsed > Patience)
                {
                    Interlocked.Increment(ref failed);
                    Console.Error.WriteLine(Refusals.Explain(error));
                    return;
                }
            }
            await Task.Delay(pause);
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}
