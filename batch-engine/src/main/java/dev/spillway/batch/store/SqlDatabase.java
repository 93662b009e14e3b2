package dev.spillway.batch.store;

import java.sql.Connection;
import java.sql.SQLException;

/** What differs between databases; the statements do not. */
interface SqlDatabase extends AutoCloseable {

  /** For messages. */
  String name();

  /** Makes or migrates the tables. */
  void migrate();

  /** A connection whose commits are on disk when they return. */
  Connection connect() throws SQLException;

  /** Lets another writer in. */
  @Override
  void close();
}
