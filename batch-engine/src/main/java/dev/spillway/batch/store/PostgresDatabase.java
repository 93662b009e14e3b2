package dev.spillway.batch.store;

import dev.spillway.batch.Arns;
import dev.spillway.batch.BatchSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import org.flywaydb.core.Flyway;

/**
 * A schema of a PostgreSQL database. {@code synchronous_commit} is on: a commit is on disk when it
 * returns. An advisory lock of the session keeps a second writer of the same account and region
 * out; the database frees it when the process, its host or the network between is gone.
 */
final class PostgresDatabase implements SqlDatabase {
  /** A server that was killed just now may have its session a moment longer. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration BETWEEN_TRIES = Duration.ofMillis(50);
  private static final String KEY = "hashtextextended(current_schema() || ' ' || ?, 0)";

  private final BatchSettings.Postgres where;
  private final String lockName;
  private final Connection lock;

  /**
   * Takes the lock.
   *
   * @throws IllegalStateException when another process has it (names its process id and host), or
   *     the database cannot be reached
   */
  PostgresDatabase(BatchSettings.Postgres where, Arns arns) {
    this.where = where;
    this.lockName = "spillway batch " + arns.account() + " " + arns.region();
    try {
      lock = connect();
    } catch (SQLException e) {
      throw new IllegalStateException(
          "The store %s cannot be opened: %s".formatted(where, e.getMessage()), e);
    }
    try {
      take();
    } catch (SQLException | RuntimeException e) {
      close();
      throw e instanceof RuntimeException refused
          ? refused
          : new JournalException("cannot lock " + where, e);
    }
  }

  private void take() throws SQLException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (ask("select true where pg_try_advisory_lock(" + KEY + ")").isEmpty()) {
      if (System.nanoTime() > end) {
        String owner =
            ask("""
                select a.application_name || ' at ' || coalesce(host(a.client_addr), 'this host')
                from pg_locks l join pg_stat_activity a on a.pid = l.pid
                where l.locktype = 'advisory' and l.granted
                  and (l.classid::bigint << 32 | l.objid::bigint) = %s"""
                    .formatted(KEY))
                .orElse("another server");
        throw new IllegalStateException(
            "The store %s is in use by %s; stop that one, or give another database or schema."
                .formatted(where, owner));
      }
      try {
        Thread.sleep(BETWEEN_TRIES);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while waiting for the store " + where, e);
      }
    }
  }

  private Optional<String> ask(String sql) throws SQLException {
    try (PreparedStatement select = lock.prepareStatement(sql)) {
      select.setString(1, lockName);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
      }
    }
  }

  @Override
  public String name() {
    return where.toString();
  }

  @Override
  public void migrate() {
    Flyway.configure()
        .dataSource(where.url(), where.user().orElse(null), where.password().orElse(null))
        .locations("classpath:db/batch/postgresql")
        .load()
        .migrate();
  }

  @Override
  public Connection connect() throws SQLException {
    var properties = new Properties();
    where.user().ifPresent(user -> properties.setProperty("user", user));
    where.password().ifPresent(password -> properties.setProperty("password", password));
    properties.setProperty("ApplicationName", "spillway process " + ProcessHandle.current().pid());
    properties.setProperty("connectTimeout", "10");
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("reWriteBatchedInserts", "true");
    Connection connection = DriverManager.getConnection(where.url(), properties);
    try (Statement statement = connection.createStatement()) {
      statement.execute("set synchronous_commit = on");
      statement.execute("set tcp_keepalives_idle = 20");
      statement.execute("set tcp_keepalives_interval = 5");
      statement.execute("set tcp_keepalives_count = 4");
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (SQLException e) {
      throw new JournalException("cannot free the lock of " + where, e);
    }
  }
}
