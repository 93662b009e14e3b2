package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.TaskStatus;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lists children of an array: by one index, a status at a time, in the order of their index. */
final class ChildListing {
  private record Placed(long seq, Task task) {}

  private ChildListing() {}

  /** One page; see {@link TaskStore#children}. */
  static TaskStore.Page page(
      TaskDatabase database,
      String parentId,
      List<TaskStatus> statuses,
      Optional<String> token,
      int maxResults) {
    long after = token.map(PageToken::of).map(PageToken::sequence).orElse(-1L);
    List<TaskStatus> asked = statuses.isEmpty() ? List.of(TaskStatus.values()) : statuses;
    List<Placed> found =
        database.read(
            db -> {
              List<Placed> all = new ArrayList<>();
              for (TaskStatus status : asked) {
                all.addAll(some(db, parentId, status, after, maxResults + 1));
              }
              all.sort(Comparator.comparingLong(Placed::seq));
              return all;
            });
    boolean more = found.size() > maxResults;
    List<Placed> page = more ? found.subList(0, maxResults) : found;
    return new TaskStore.Page(
        page.stream().map(Placed::task).toList(),
        more ? Optional.of(new PageToken(0, page.getLast().seq()).text()) : Optional.empty());
  }

  private static List<Placed> some(
      Session db, String parentId, TaskStatus status, long after, int most) throws SQLException {
    return db.query(
        "SELECT seq, "
            + TaskRows.COLUMNS
            + " FROM task WHERE parent=? AND status=? AND seq>? ORDER BY seq LIMIT ?",
        r -> new Placed(r.getLong("seq"), TaskRows.task(r)),
        parentId,
        status.name(),
        after,
        most);
  }

  static Map<TaskStatus, Integer> counts(Session db, String parentId) throws SQLException {
    Map<TaskStatus, Integer> counts = new EnumMap<>(TaskStatus.class);
    for (TaskStatus status : TaskStatus.values()) {
      int count =
          db.query(
                  "SELECT COUNT(*) FROM task WHERE parent=? AND status=?",
                  r -> r.getInt(1),
                  parentId,
                  status.name())
              .getFirst();
      if (count > 0) {
        counts.put(status, count);
      }
    }
    return counts;
  }
}
