package dev.spillway.batch.api;

import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.EngineView;
import dev.spillway.batch.engine.JobFinder;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.task.TaskProgress.ContainerView;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.store.Journal;
import java.util.List;
import java.util.Optional;

/**
 * The running engine, as the API sees it. Every call throws {@link
 * dev.spillway.batch.engine.EngineBusyException} while there is none.
 */
public interface EngineAccess {

  EngineView view();

  Journal journal();

  /** Of a job that ran or runs on this host, as {@link Executor#isolation} tells it. */
  default Optional<String> isolation(Job job) {
    return Optional.empty();
  }

  /** Over both. */
  default JobFinder jobs() {
    return new JobFinder(view(), journal());
  }

  /** The containers of an attempt that has several and lives; else empty. */
  List<ContainerView> containers(AttemptId attempt);

  /** Returns when the outcome is on disk. */
  Outcome ask(Command command);
}
