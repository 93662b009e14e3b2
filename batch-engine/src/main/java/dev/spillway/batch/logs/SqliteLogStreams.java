package dev.spillway.batch.logs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index in a file of its own, {@code logs/streams.db}. Changes are written by one thread, those
 * that gathered meanwhile together; whoever reads waits for the changes told before.
 */
public final class SqliteLogStreams implements LogStreams, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SqliteLogStreams.class);
  private static final int VERSION = 1;

  private final Path root;
  private final String url;
  private final LinkedBlockingQueue<Change> changes = new LinkedBlockingQueue<>();
  private final Thread writer;
  private volatile boolean closed;

  /** One change, or a reader that waits for those before it. */
  private sealed interface Change {
    record Opened(Stream stream) implements Change {}

    record Ended(String owner, Instant at) implements Change {}

    record Pruned(Instant before) implements Change {}

    record Reader(CompletableFuture<Void> reached) implements Change {}
  }

  /** {@code dataDirectory}: what the files of streams lie in. */
  public SqliteLogStreams(Path dataDirectory) {
    this.root = dataDirectory.toAbsolutePath().normalize();
    Path file = root.resolve("logs").resolve("streams.db");
    this.url = "jdbc:sqlite:" + file;
    try {
      Files.createDirectories(file.getParent());
      prepare(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.writer = Thread.ofPlatform().daemon().name("log-streams").start(this::write);
  }

  private void prepare(Path file) throws IOException {
    try {
      prepare();
    } catch (SQLException e) {
      LOG.warn("the index of log streams is made anew, it could not be read: {}", e.toString());
      Files.deleteIfExists(file);
      try {
        prepare();
      } catch (SQLException again) {
        throw new IllegalStateException(file + " cannot be made", again);
      }
    }
  }

  private void prepare() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      if (statement.executeQuery("pragma user_version").getInt(1) == VERSION) {
        return;
      }
      statement.executeUpdate("drop table if exists stream");
      statement.executeUpdate(
          "create table stream (log_group text not null, name text not null, file text not null,"
              + " owner text not null, created integer not null, ended integer,"
              + " primary key (log_group, name)) without rowid");
      statement.executeUpdate("create index stream_owner on stream (owner)");
      statement.executeUpdate("create index stream_ended on stream (log_group, ended)");
      statement.executeUpdate("pragma user_version=" + VERSION);
    }
  }

  private Connection connect() throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("pragma journal_mode=wal");
      statement.execute("pragma synchronous=off");
      statement.execute("pragma busy_timeout=10000");
    }
    return connection;
  }

  @Override
  public void opened(Stream stream) {
    changes.add(new Change.Opened(stream));
  }

  @Override
  public void ended(String owner, Instant at) {
    changes.add(new Change.Ended(owner, at));
  }

  @Override
  public void prune(Instant before) {
    changes.add(new Change.Pruned(before));
  }

  private void write() {
    List<Change> batch = new ArrayList<>();
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      while (!closed || !changes.isEmpty()) {
        batch.add(changes.take());
        changes.drainTo(batch);
        for (Change change : batch) {
          apply(connection, change);
        }
        connection.commit();
        for (Change change : batch) {
          if (change instanceof Change.Reader(var reached)) {
            reached.complete(null);
          }
        }
        batch.clear();
      }
    } catch (SQLException e) {
      LOG.error("log streams are listed no more: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      closed = true;
      batch.addAll(changes);
      for (Change change : batch) {
        if (change instanceof Change.Reader(var reached)) {
          reached.complete(null);
        }
      }
    }
  }

  private void apply(Connection connection, Change change) throws SQLException {
    switch (change) {
      case Change.Opened(Stream s) -> {
        try (PreparedStatement insert =
            connection.prepareStatement(
                "insert into stream values (?, ?, ?, ?, ?, null) on conflict do update set"
                    + " owner=excluded.owner, ended=null")) {
          insert.setString(1, s.group());
          insert.setString(2, s.name());
          insert.setString(3, root.relativize(s.file().toAbsolutePath().normalize()).toString());
          insert.setString(4, s.owner());
          insert.setLong(5, s.createdAt().toEpochMilli());
          insert.executeUpdate();
        }
      }
      case Change.Ended(String owner, Instant at) -> {
        try (PreparedStatement update =
            connection.prepareStatement("update stream set ended=? where owner=?")) {
          update.setLong(1, at.toEpochMilli());
          update.setString(2, owner);
          update.executeUpdate();
        }
      }
      case Change.Pruned(Instant before) -> {
        try (PreparedStatement delete =
            connection.prepareStatement("delete from stream where ended < ?")) {
          delete.setLong(1, before.toEpochMilli());
          delete.executeUpdate();
        }
      }
      case Change.Reader _ -> {}
    }
  }

  @Override
  public List<Group> groups() {
    return read(
        "select log_group, min(created) from stream group by log_group order by log_group",
        List.of(),
        row -> new Group(row.getString(1), Instant.ofEpochMilli(row.getLong(2))));
  }

  @Override
  public Optional<Stream> find(String group, String name) {
    return read(
            "select * from stream where log_group=? and name=?", List.of(group, name), this::stream)
        .stream()
        .findFirst();
  }

  @Override
  public List<Stream> list(Listing listing) {
    boolean later = listing.from().compareTo(listing.prefix()) > 0;
    List<Object> values =
        new ArrayList<>(List.of(listing.group(), later ? listing.from() : listing.prefix()));
    String where = " where log_group=? and name>=?";
    if (!listing.prefix().isEmpty()) {
      where += " and name<?";
      values.add(listing.prefix() + Character.MAX_VALUE);
    }
    if (listing.aliveAt().isPresent()) {
      where += " and (ended is null or ended>=?)";
      values.add(listing.aliveAt().get().toEpochMilli());
    }
    String order = listing.newestFirst() ? "created" : "name";
    values.add(listing.most());
    values.add(listing.offset());
    return read(
        "select * from stream"
            + where
            + " order by "
            + order
            + (listing.descending() ? " desc" : "")
            + ", name limit ? offset ?",
        values,
        this::stream);
  }

  private Stream stream(ResultSet row) throws SQLException {
    long ended = row.getLong("ended");
    return new Stream(
        row.getString("log_group"),
        row.getString("name"),
        root.resolve(row.getString("file")),
        row.getString("owner"),
        Instant.ofEpochMilli(row.getLong("created")),
        row.wasNull() || ended == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(ended)));
  }

  private interface Reading<T> {
    T row(ResultSet row) throws SQLException;
  }

  private <T> List<T> read(String sql, List<Object> values, Reading<T> reading) {
    var reached = new CompletableFuture<Void>();
    changes.add(new Change.Reader(reached));
    if (closed) {
      reached.complete(null);
    }
    reached.join();
    try (Connection connection = connect();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.size(); i++) {
        statement.setObject(i + 1, values.get(i));
      }
      List<T> rows = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          rows.add(reading.row(result));
        }
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException("the index of log streams cannot be read", e);
    }
  }

  @Override
  public void close() {
    closed = true;
    changes.add(new Change.Reader(new CompletableFuture<>()));
    try {
      writer.join(5000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
