package clients;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.PGConnection;

/** Connects as the article does; with `serve`, queries until standard input ends. */
public final class Main {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final AtomicInteger queries = new AtomicInteger();
  private final AtomicInteger retried = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  /** The connections that were used, by their server processes. */
  private final Set<Integer> connections = ConcurrentHashMap.newKeySet();
  private final CountDownLatch ending = new CountDownLatch(1);

  public static void main(String[] args) {
    int exitCode = 1;
    try {
      exitCode = args.length > 0 && args[0].equals("serve") ? new Main().serve() : connect();
    } catch (Exception error) {
      System.err.println(Refusals.explain(error));
    }
    System.exit(exitCode);
  }

  /** The article's lines. */
  private static int connect() throws SQLException {
    String url = EntraDataSource.url();
    System.out.println("Getting access token from Azure AD...");
    new FreshTokens().get().getTokenSync(FreshTokens.DATABASE);
    System.out.println("Opening connection using access token...");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT version()")) {
      rows.next();
      System.out.println("Connected!\nPostgres version: " + rows.getString(1));
    }
    return 0;
  }

  private int serve() throws SQLException, InterruptedException {
    int size = Integer.parseInt(EntraDataSource.env("POOL_SIZE", "5"));
    int lifetime = Integer.parseInt(EntraDataSource.env("POOL_MAX_LIFETIME_SECONDS", "1800"));
    Thread input = new Thread(this::readInput, "input");
    input.setDaemon(true);
    input.start();
    if (firstLogin()) {
      try (HikariDataSource pool = EntraDataSource.open(size, lifetime)) {
        ExecutorService workers = Executors.newFixedThreadPool(size);
        System.out.println("serving");
        for (int i = 0; i < size; i++) {
          workers.submit(() -> {
            while (!ending.await(50, TimeUnit.MILLISECONDS)) {
              patiently(pool);
            }
            return null;
          });
        }
        ending.await();
        workers.shutdown();
        workers.awaitTermination(1, TimeUnit.MINUTES);
      }
    }
    System.out.printf("{\"queries\": %d, \"retried\": %d, \"failed\": %d, \"connections\": %d}%n",
        queries.get(), retried.get(), failed.get(), connections.size());
    return failed.get() == 0 ? 0 : 1;
  }

  private void readInput() {
    try {
      System.in.readAllBytes();
    } catch (IOException closed) {
      // As good as its end.
    }
    ending.countDown();
  }

  /**
   * Waits until the role can log in: a VM's service is there before its role is. Beside the pool, whose constructor fails at the first
   * refusal.
   *
   * @return false when the input ended before
   */
  private boolean firstLogin() throws SQLException, InterruptedException {
    String url = EntraDataSource.url();
    long began = System.nanoTime();
    boolean told = false;
    for (long pause = 500; ; pause = Math.min(pause * 2, 5000)) {
      try (Connection connection = DriverManager.getConnection(url)) {
        return true;
      } catch (SQLException error) {
        boolean waiting = Refusals.awaitsRole(error);
        if (!waiting && (!Refusals.mayPass(error) || System.nanoTime() - began > PATIENCE_NANOS)) {
          throw error;
        }
        if (waiting && !told) {
          System.err.println("waiting for role " + EntraDataSource.env("PGUSER", "") + ": " + error.getMessage());
        }
        told = told || waiting;
      }
      if (ending.await(pause, TimeUnit.MILLISECONDS)) {
        return false;
      }
    }
  }

  /** One query, again on another connection when the first one broke. Only what can be done twice may be tried twice. */
  private void patiently(HikariDataSource pool) throws InterruptedException {
    long began = System.nanoTime();
    queries.incrementAndGet();
    boolean again = false;
    for (long pause = 100; ; pause = Math.min(pause * 2, 2000)) {
      try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
        connections.add(connection.unwrap(PGConnection.class).getBackendPID());
        statement.execute("SELECT current_user");
        if (again) {
          retried.incrementAndGet();
        }
        return;
      } catch (SQLException error) {
        if (!Refusals.mayPass(error) || System.nanoTime() - began > PATIENCE_NANOS) {
          failed.incrementAndGet();
          System.err.println(Refusals.explain(error));
          return;
        }
      }
      TimeUnit.MILLISECONDS.sleep(pause);
      again = true;
    }
  }
}
