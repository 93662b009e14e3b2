package dev.spillway.dispatch.task;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.flywaydb.core.Flyway;

/**
 * A schema of a PostgreSQL database. {@code synchronous_commit} is on: a commit is on disk when it
 * returns.
 *
 * <p>Any number of dispatchers write. An advisory lock, held from the beginning of a transaction to
 * its commit, lets them in one after the other. One that stops in the middle is ended by the
 * database after {@link #IDLE_IN_TRANSACTION}, so the others wait no longer.
 */
final class PostgresDialect implements SqlDialect {
  private static final String IDLE_IN_TRANSACTION = "10s";

  /** Seconds; far above what a statement needs and what other writers can take. */
  private static final String SOCKET_TIMEOUT = "60";

  private final PostgresSchema schema;
  private final String lockName;

  PostgresDialect(PostgresSchema schema) {
    this.schema = schema;
    this.lockName = "spillway tasks " + schema.name();
  }

  @Override
  public String name() {
    return schema.toString();
  }

  @Override
  public void migrate() {
    try (Connection connection = connect()) {
      // Two dispatchers that start together must not both make the schema; freed with the session.
      ask(connection, "select pg_advisory_lock(hashtextextended('migrate ' || ?, 0))", lockName);
      if (ask(connection, "select to_regnamespace(?)", quoted()) == null) {
        make(connection);
      }
      Flyway.configure()
          .dataSource(schema.url(), schema.user().orElse(null), schema.password().orElse(null))
          .schemas(schema.name())
          .createSchemas(false)
          .locations("classpath:db/tasks/postgresql")
          .loggers("slf4j")
          .load()
          .migrate();
    } catch (SQLException e) {
      throw new IllegalStateException(
          "The store %s cannot be opened: %s".formatted(name(), e.getMessage()), e);
    }
  }

  private void make(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("create schema " + quoted());
    } catch (SQLException e) {
      String user = connection.getMetaData().getUserName();
      throw new IllegalStateException(
          "The store %s cannot be made: %s. Let its owner run: create schema %s authorization \"%s\""
              .formatted(name(), e.getMessage(), quoted(), user),
          e);
    }
  }

  private String quoted() {
    return '"' + schema.name().replace("\"", "\"\"") + '"';
  }

  private static Object ask(Connection connection, String sql, String value) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setString(1, value);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getObject(1);
      }
    }
  }

  @Override
  public Connection reader() throws SQLException {
    Connection connection = connect();
    try {
      connection.setSchema(schema.name());
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  @Override
  public Connection writer() throws SQLException {
    Connection connection = reader();
    try (Statement statement = connection.createStatement()) {
      statement.execute("set synchronous_commit = on");
      statement.execute("set idle_in_transaction_session_timeout = '" + IDLE_IN_TRANSACTION + "'");
      connection.setAutoCommit(false);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  private Connection connect() throws SQLException {
    var properties = new Properties();
    schema.user().ifPresent(user -> properties.setProperty("user", user));
    schema.password().ifPresent(password -> properties.setProperty("password", password));
    properties.setProperty("ApplicationName", "spillway process " + ProcessHandle.current().pid());
    properties.setProperty("connectTimeout", "10");
    properties.setProperty("socketTimeout", SOCKET_TIMEOUT);
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("reWriteBatchedInserts", "true");
    return DriverManager.getConnection(schema.url(), properties);
  }

  @Override
  public void begin(Session session) throws SQLException {
    session.query(
        "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", row -> row.getObject(1), lockName);
  }

  @Override
  public void commit(Session session) throws SQLException {
    session.commit();
  }

  @Override
  public void rollback(Session session) throws SQLException {
    session.rollback();
  }

  /** No text of PostgreSQL holds a NUL; logs of functions may. */
  @Override
  public String text(String value) {
    return value.indexOf('\0') < 0 ? value : value.replace('\0', '\u2400');
  }
}
