package clients;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A HikariCP pool whose driver logs in with a fresh Entra token for each new connection. */
public final class EntraDataSource {
  private static final List<String> NEEDED =
      List.of("PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGSSLROOTCERT");
  /** HikariCP takes no shorter lifetime. */
  private static final int SHORTEST_LIFETIME_SECONDS = 30;

  private EntraDataSource() {}

  /** The JDBC URL, as the stack output `connections.<app>.jdbc` gives it, with tokens by {@link FreshTokens}. */
  public static String url() {
    List<String> missing = NEEDED.stream().filter(name -> env(name, "").isEmpty()).toList();
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "Not set: " + String.join(", ", missing)
              + ".\nnext: eval \"$(pulumi stack output connections --json | jq -r .<app>.environment)\"");
    }
    return "jdbc:postgresql://" + env("PGHOST", "") + ":" + env("PGPORT", "") + "/" + encoded(env("PGDATABASE", ""))
        + "?user=" + encoded(env("PGUSER", ""))
        + "&sslmode=verify-full&sslrootcert=" + encoded(env("PGSSLROOTCERT", ""))
        + "&loginTimeout=15"
        + "&authenticationPluginClassName=com.azure.identity.extensions.jdbc.postgresql.AzurePostgresqlAuthenticationPlugin"
        + "&azure.scopes=" + encoded(FreshTokens.SCOPE)
        + "&azure.tokenCredentialProviderClassName=" + FreshTokens.class.getName();
  }

  /**
   * An open connection outlives its token; the maximum lifetime sees to it that an identity that was replaced does not keep one for
   * ever. HikariCP's own is at least 30 seconds; for a shorter one all connections are evicted by the clock.
   */
  public static HikariDataSource open(int size, int maxLifetimeSeconds) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url());
    config.setMaximumPoolSize(size);
    config.setMaxLifetime(Math.max(maxLifetimeSeconds, SHORTEST_LIFETIME_SECONDS) * 1000L);
    config.setConnectionTimeout(15_000);
    HikariDataSource pool = new HikariDataSource(config);
    if (maxLifetimeSeconds < SHORTEST_LIFETIME_SECONDS) {
      ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "evict");
        thread.setDaemon(true);
        return thread;
      });
      clock.scheduleAtFixedRate(
          () -> pool.getHikariPoolMXBean().softEvictConnections(), maxLifetimeSeconds, maxLifetimeSeconds, TimeUnit.SECONDS);
    }
    return pool;
  }

  static String env(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null ? otherwise : value;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
