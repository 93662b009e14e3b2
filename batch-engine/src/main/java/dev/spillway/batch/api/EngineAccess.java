package dev.spillway.batch.api;

import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.EngineView;
import dev.spillway.batch.engine.JobFinder;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.task.TaskProgress.ContainerView;
import dev.spillway.batch.store.Journal;
import java.util.List;

/**
 * The running engine, as the API sees it. Every call throws {@link
 * dev.spillway.batch.engine.EngineBusyException} while there is none.
 */
public interface EngineAccess {

  EngineView view();

  Journal journal();

  /** Over both. */
  default JobFinder jobs() {
    return new JobFinder(view(), journal());
  }

  /** The containers of an attempt that has several and lives; else empty. */
  List<ContainerView> containers(AttemptId attempt);

  /** Returns when the outcome is on disk. */
  Outcome ask(Command command);
}
