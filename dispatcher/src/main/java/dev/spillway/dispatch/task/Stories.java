package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.ArrayStory;
import dev.spillway.dispatch.fallback.Story;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;

/** Takes out of a task what its story needs. */
public final class Stories {
  private Stories() {}

  /** The lines of a task's story, or of an array's. */
  public static List<String> tell(Task task, UnaryOperator<String> otherTitle, Instant now) {
    Story.Subject subject = subject(task, otherTitle);
    return task.array()
        .map(array -> ArrayStory.tell(subject, task.journey(), array, now))
        .orElseGet(() -> Story.tell(subject, task.journey(), now));
  }

  public static Story.Subject subject(Task task, UnaryOperator<String> otherTitle) {
    return new Story.Subject(
        task.document().title(),
        Task.shortId(task.taskId()),
        task.createdAt(),
        task.plan(),
        task.orders(),
        task.document().deadline().map(d -> d.due(task.createdAt())),
        task.document().routes().size() == 1,
        otherTitle);
  }
}
