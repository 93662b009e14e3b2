package dev.spillway.batch.testkit;

import dev.spillway.batch.BatchSettings;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** A real PostgreSQL, one for the JVM, ended with it. */
public final class PostgresServer {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private PostgresServer() {}

  private static final class Started {
    private static final EmbeddedPostgres SERVER = start();

    private static EmbeddedPostgres start() {
      try {
        return EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
      } catch (IOException e) {
        throw new UncheckedIOException("PostgreSQL does not start", e);
      }
    }
  }

  /** A database of its own. */
  public static BatchSettings.Postgres database() {
    String name = "test_" + NUMBER.incrementAndGet();
    try (Connection connection = Started.SERVER.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create database " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return new BatchSettings.Postgres(
        "jdbc:postgresql://localhost:" + Started.SERVER.getPort() + "/" + name,
        Optional.of("postgres"),
        Optional.of("postgres"));
  }
}
