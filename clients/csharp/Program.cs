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
    await using var database = EntraDataSource.Open();
    Console.WriteLine("Getting access token from Azure AD...");
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
        await using (var database = EntraDataSource.Open(
            size, Setting("POOL_MAX_LIFETIME_SECONDS", 1800), () => Interlocked.Increment(ref connections)))
        {
            await PatientlyAsync(database);
            Console.WriteLine("serving");
            var workers = Enumerable.Range(0, size).Select(_ => WorkAsync(database, ending.Token)).ToList();
            _ = Task.Run(() =>
            {
                while (Console.In.ReadLine() is not null)
                {
                }
                ending.Cancel();
            });
            await Task.WhenAll(workers);
        }
        Console.WriteLine(JsonSerializer.Serialize(new { queries, retried, failed, connections }));
        return failed == 0 ? 0 : 1;
    }

    private async Task WorkAsync(NpgsqlDataSource database, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            await PatientlyAsync(database);
            await Task.Delay(50);
        }
    }

    /// <summary>One query, again on another connection when the first one broke. Only what can be done twice may be tried twice.</summary>
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
