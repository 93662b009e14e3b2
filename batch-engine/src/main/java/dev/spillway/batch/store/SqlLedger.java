package dev.spillway.batch.store;

import dev.spillway.batch.capacity.Charge;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tables charge and ledger_day; an object of it gathers what one step adds. */
final class SqlLedger {
  static final String CHARGE_COLUMNS =
      "compute_environment, job_id, attempt, job_queue, share_identifier, instance_id,"
          + " instance_type, spot, began_at, ended_at, nanos";
  static final String ADD_TO_DAY =
      """
      insert into ledger_day (account, region, day, kind, compute_environment, job_queue, share_identifier,
        number, millis, nanos) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      on conflict (account, region, day, kind, compute_environment, job_queue, share_identifier) do update
        set number = ledger_day.number + excluded.number, millis = ledger_day.millis + excluded.millis,
          nanos = ledger_day.nanos + excluded.nanos""";

  private final Map<LedgerDay, LedgerDay> days = new LinkedHashMap<>();

  /** Writes the charge now, and what it adds to its day at {@link #flush}. */
  void add(Charge charge, Statement putCharge) {
    Optional<Charge.Attempt> attempt = charge.attempt();
    putCharge
        .keyed(
            attempt.map(a -> a.jobId() + "/" + a.number()).or(charge::instanceId).orElseThrow(),
            charge.computeEnvironment(),
            attempt.map(Charge.Attempt::jobId),
            attempt.map(Charge.Attempt::number),
            attempt.map(Charge.Attempt::jobQueue),
            attempt.flatMap(Charge.Attempt::share),
            charge.instanceId(),
            charge.instanceType(),
            charge.spot(),
            charge.from(),
            charge.to(),
            charge.nanos())
        .later();
    LedgerDay line = LedgerDay.of(charge);
    days.merge(line.empty(), line, LedgerDay::plus);
  }

  /** One row for each day and place, whatever a step came to. */
  void flush(Statement addToDay) {
    for (LedgerDay line : days.values()) {
      addToDay
          .keyed(
              line.day().toString(),
              line.kind().name(),
              line.computeEnvironment(),
              line.jobQueue(),
              line.share(),
              line.number(),
              line.millis(),
              line.nanos())
          .later();
    }
    days.clear();
  }

  static List<Charge> of(SqlReads reads, String jobId) throws SQLException {
    return reads.rows(
        "select " + CHARGE_COLUMNS + " from charge",
        "and job_id = ? order by attempt",
        SqlLedger::charge,
        jobId);
  }

  static List<LedgerDay> days(SqlReads reads) throws SQLException {
    return reads.rows(
        "select * from ledger_day",
        "order by day, kind, compute_environment, job_queue, share_identifier",
        row ->
            new LedgerDay(
                LocalDate.parse(row.getString("day")),
                LedgerDay.Kind.valueOf(row.getString("kind")),
                row.getString("compute_environment"),
                row.getString("job_queue"),
                row.getString("share_identifier"),
                row.getLong("number"),
                row.getLong("millis"),
                row.getLong("nanos")));
  }

  private static Charge charge(ResultSet row) throws SQLException {
    return new Charge(
        row.getString("compute_environment"),
        Optional.of(
            new Charge.Attempt(
                row.getString("job_id"),
                row.getInt("attempt"),
                row.getString("job_queue"),
                Optional.ofNullable(row.getString("share_identifier")))),
        Optional.ofNullable(row.getString("instance_id")),
        Optional.ofNullable(row.getString("instance_type")),
        row.getInt("spot") == 1,
        SqlReads.instant(row, "began_at"),
        SqlReads.instant(row, "ended_at"),
        row.getLong("nanos"));
  }
}
