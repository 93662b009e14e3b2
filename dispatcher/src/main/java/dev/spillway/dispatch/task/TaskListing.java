package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.TaskStatus;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Lists tasks, newest first. What is looked at comes by one index in the order of the answer: that
 * of the first tag; else of each status by itself, within the workload; else of the route, or of
 * all. What else is asked for is tested on those rows, so a rare mixture may look at many.
 */
final class TaskListing {
  private final StringBuilder sql = new StringBuilder();
  private final List<Object> values = new ArrayList<>();
  private final TaskStore.Filter filter;
  private final Optional<PageToken> after;
  private final int most;

  private record Placed(PageToken place, Task task) {}

  private TaskListing(TaskStore.Filter filter, Optional<PageToken> after, int most) {
    this.filter = filter;
    this.after = after;
    this.most = most;
  }

  /**
   * One page.
   *
   * @param maxResults at most so many tasks
   * @throws RefusedException for a token that is none of ours
   */
  static TaskStore.Page page(
      TaskDatabase database, TaskStore.Filter filter, Optional<String> token, int maxResults) {
    var listing = new TaskListing(filter, token.map(PageToken::of), maxResults + 1);
    listing.write();
    List<Placed> rows = database.read(listing::run);
    boolean more = rows.size() > maxResults;
    List<Placed> page = more ? rows.subList(0, maxResults) : rows;
    return new TaskStore.Page(
        page.stream().map(Placed::task).toList(),
        more ? Optional.of(page.getLast().place().text()) : Optional.empty());
  }

  private List<Placed> run(Session db) throws SQLException {
    return db.query(
        sql.toString(),
        r -> new Placed(new PageToken(r.getLong("made"), r.getLong("number")), TaskRows.task(r)),
        values.toArray());
  }

  private void write() {
    sql.append("SELECT found.made, found.number, ").append(TaskRows.COLUMNS).append(" FROM (");
    List<TaskStatus> statuses = statuses();
    if (!filter.tags().isEmpty()) {
      Map.Entry<String, String> first = filter.tags().entrySet().iterator().next();
      sql.append("SELECT t.created_at AS made, t.seq AS number FROM task_tag t")
          .append(" JOIN task ON task.seq = t.seq WHERE t.tag=? AND t.value=?");
      values.addAll(List.of(first.getKey(), first.getValue()));
      oneOf(statuses);
      rest("t.", first.getKey());
    } else if (statuses.isEmpty()) {
      sql.append("SELECT created_at AS made, seq AS number FROM task WHERE parent IS NULL");
      rest("", "");
    } else {
      for (int i = 0; i < statuses.size(); i++) {
        sql.append(i == 0 ? "" : " UNION ALL ")
            .append("SELECT * FROM (SELECT created_at AS made, seq AS number FROM task")
            .append(" WHERE parent IS NULL AND status=?");
        values.add(statuses.get(i).name());
        rest("", "");
        sql.append(") s").append(i);
      }
      // Cut here, before the rows that hold the documents are fetched.
      sql.append(" ORDER BY made DESC, number DESC LIMIT ?");
      values.add(most);
    }
    sql.append(") found JOIN task ON task.seq = found.number")
        .append(" ORDER BY found.made DESC, found.number DESC");
  }

  /** A workload's index is by status too; so with a workload each of them is asked. */
  private List<TaskStatus> statuses() {
    return filter.statuses().isEmpty() && filter.workload().isPresent() && filter.tags().isEmpty()
        ? List.of(TaskStatus.values())
        : filter.statuses().stream().distinct().toList();
  }

  private void oneOf(List<TaskStatus> statuses) {
    if (!statuses.isEmpty()) {
      sql.append(" AND status IN (")
          .append(String.join(",", statuses.stream().map(_ -> "?").toList()))
          .append(")");
      statuses.forEach(s -> values.add(s.name()));
    }
  }

  /** What is left to ask, in order and cut. */
  private void rest(String driver, String tagAsked) {
    filter.workload().ifPresent(w -> and("workload=?", w));
    filter.route().ifPresent(r -> and("route=?", r.word()));
    filter
        .tags()
        .forEach(
            (tag, value) -> {
              if (!tag.equals(tagAsked)) {
                and(
                    "EXISTS (SELECT 1 FROM task_tag o WHERE o.tag=? AND o.value=?"
                        + " AND o.created_at=t.created_at AND o.seq=t.seq)",
                    tag,
                    value);
              }
            });
    filter.after().ifPresent(a -> and(driver + "created_at > ?", a.toEpochMilli()));
    filter.before().ifPresent(b -> and(driver + "created_at < ?", b.toEpochMilli()));
    after.ifPresent(
        place ->
            and(
                "(%screated_at, %sseq) < (?, ?)".formatted(driver, driver),
                place.createdAt(),
                place.sequence()));
    sql.append(" ORDER BY %screated_at DESC, %sseq DESC LIMIT ?".formatted(driver, driver));
    values.add(most);
  }

  private void and(String test, Object... asked) {
    sql.append(" AND ").append(test);
    values.addAll(List.of(asked));
  }
}
