package dev.spillway.dispatch.task;

import java.sql.Connection;
import java.sql.SQLException;

/** What differs between databases; the statements do not. */
interface SqlDialect {

  /** For messages; never a password. */
  String name();

  /**
   * Makes or migrates the tables.
   *
   * @throws IllegalStateException when the database cannot be reached or refuses; says what to do
   */
  void migrate();

  /** A connection that reads, each statement by itself. */
  Connection reader() throws SQLException;

  /** A connection whose commits are on disk when they return. */
  Connection writer() throws SQLException;

  /**
   * Begins a transaction that writes: waits until no other writer has one open, in this process or
   * another. So numbers that are given inside rise in the order of the commits, and two writers
   * never wait for each other's rows.
   */
  void begin(Session session) throws SQLException;

  void commit(Session session) throws SQLException;

  void rollback(Session session) throws SQLException;

  /** A text as this database can keep it. */
  String text(String value);
}
