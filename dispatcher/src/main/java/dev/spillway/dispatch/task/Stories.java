package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.Story;
import java.util.function.UnaryOperator;

/** Takes out of a task what its story needs. */
public final class Stories {
  private Stories() {}

  public static Story.Subject subject(Task task, UnaryOperator<String> otherTitle) {
    return new Story.Subject(
        task.document().title(),
        task.taskId().substring(0, 8),
        task.createdAt(),
        task.plan(),
        task.orders(),
        task.document().deadline().map(d -> d.due(task.createdAt())),
        task.document().routes().size() == 1,
        otherTitle);
  }
}
