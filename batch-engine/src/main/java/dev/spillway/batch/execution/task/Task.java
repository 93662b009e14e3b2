package dev.spillway.batch.execution.task;

import dev.spillway.batch.execution.Attempt;
import java.util.Optional;

/** What runs for one attempt of a job. */
public record Task(TaskOutline outline, Source source) {

  /** What a container is started with, worked out when its time has come. */
  public interface Source {

    /**
     * One container of the outline.
     *
     * @param mainNode address of the main node, for containers of other nodes
     * @throws NotRunnableException when nothing here can run it
     */
    Attempt of(TaskOutline.Container container, Optional<String> mainNode);
  }
}
