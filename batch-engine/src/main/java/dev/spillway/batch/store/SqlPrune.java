package dev.spillway.batch.store;

import dev.spillway.batch.Arns;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Forgets ended jobs, a bite at a time. The children of an array go before their parent, however
 * many bites that takes; what hangs on a job goes with it.
 */
final class SqlPrune {
  private final Connection connection;
  private final Arns arns;

  SqlPrune(Connection connection, Arns arns) {
    this.connection = connection;
    this.arns = arns;
  }

  void endedBefore(Instant time) throws SQLException {
    List<String> children =
        ids(
            """
            select child.job_id from job parent join job child on child.account = parent.account
              and child.region = parent.region and child.parent_id = parent.job_id
            where parent.account = ? and parent.region = ? and parent.ended_at < ?
              and parent.parent_id is null and parent.array_size is not null limit ?""",
            time);
    delete(children, "job");
    List<String> jobs =
        ids(
            """
            select job_id from job where account = ? and region = ? and ended_at < ? and parent_id is null
              and (array_size is null or not exists (select 1 from job child where child.account = job.account
                and child.region = job.region and child.parent_id = job.job_id))
            order by ended_at limit ?""",
            time);
    delete(jobs, "job_consumable");
    delete(jobs, "array_chunk");
    delete(jobs, "job_detail");
    delete(jobs, "job");
    bite("outbox", "sequence", "at", time);
    bite("charge", "what", "ended_at", time);
  }

  /** What is older than that, and hangs on nothing. */
  private void bite(String table, String key, String when, Instant time) throws SQLException {
    try (Statement lines =
        statement(
            """
            delete from %1$s where account = ? and region = ? and %2$s in (select %2$s from %1$s
              where account = ? and region = ? and %3$s < ? order by %3$s limit ?)"""
                .formatted(table, key, when))) {
      lines.keyed().keyed(time, Journal.PRUNE_BITE).update();
    }
  }

  private List<String> ids(String sql, Instant before) throws SQLException {
    List<String> ids = new ArrayList<>();
    try (Statement select = statement(sql);
        ResultSet rows = select.keyed(before, Journal.PRUNE_BITE).query()) {
      while (rows.next()) {
        ids.add(rows.getString(1));
      }
    }
    return ids;
  }

  private void delete(List<String> ids, String table) throws SQLException {
    try (Statement delete =
        statement("delete from " + table + " where account = ? and region = ? and job_id = ?")) {
      for (String id : ids) {
        delete.keyed(id).later();
      }
      delete.flush();
    }
  }

  private Statement statement(String sql) throws SQLException {
    return new Statement(connection.prepareStatement(sql), arns);
  }
}
