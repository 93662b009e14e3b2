package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.job.AttemptRecord;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.store.Journal;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One turn: decide, commit, publish, reply, act. That order is the durability contract: who got an
 * answer has a durable one, and nothing starts that is not on disk.
 */
public final class EngineCycle {
  private static final Logger LOG = LoggerFactory.getLogger(EngineCycle.class);

  private final Engine engine;
  private final Journal journal;
  private final EngineView view;
  private final InstantSource clock;
  private final Outlets outlets;

  /** Where the results of a turn go. */
  public record Outlets(Consumer<List<OutboxEvent>> outbox, Consumer<Effect> effects) {}

  public EngineCycle(
      Engine engine, Journal journal, EngineView view, InstantSource clock, Outlets outlets) {
    this.engine = engine;
    this.journal = journal;
    this.view = view;
    this.clock = clock;
    this.outlets = outlets;
  }

  /** Runs a batch; {@code replies} gets the outcomes once they are on disk. */
  public void turn(List<Command> batch, Consumer<List<Outcome>> replies) {
    Step step = engine.handle(batch, clock.instant());
    if (step.writes()) {
      journal.commit(step);
    }
    view.publish(step, engine.version());
    log(step);
    replies.accept(step.outcomes());
    if (!step.outbox().isEmpty()) {
      outlets.outbox().accept(step.outbox());
    }
    step.effects().forEach(outlets.effects());
  }

  private static void log(Step step) {
    if (!LOG.isInfoEnabled()) {
      return;
    }
    for (Event event : step.events()) {
      if (event instanceof Event.JobChanged(Job before, Job after)
          && before.status() != after.status()) {
        LOG.info(
            "job={} from={} to={} attempt={}{} queue={}",
            after.id(),
            before.status(),
            after.status(),
            after.attempt(),
            why(before, after),
            after.spec().jobQueue());
      }
    }
    for (Event event : step.events()) {
      switch (event) {
        case Event.InstancePut(Instance i) ->
            LOG.info(
                "instance={} type={} phase={} environment={}",
                i.id(),
                i.type(),
                i.phase(),
                i.computeEnvironment());
        case Event.InstanceRemoved(Instance i) ->
            LOG.info(
                "instance={} type={} ended environment={}",
                i.id(),
                i.type(),
                i.computeEnvironment());
        default -> {}
      }
    }
    for (OutboxEvent event : step.outbox()) {
      if (event instanceof OutboxEvent.ChildStateChanges(_, Job parent, var indexes, var to, _)) {
        LOG.info(
            "array={} children={} to={} queue={}",
            parent.id(),
            indexes.count(),
            to,
            parent.spec().jobQueue());
      }
    }
  }

  private static String why(Job before, Job after) {
    if (after.attempts().size() > before.attempts().size()) {
      AttemptRecord last = after.attempts().getLast();
      String exitCode =
          last.end().exitCode().isPresent() ? " exitCode=" + last.end().exitCode().getAsInt() : "";
      return exitCode
          + " reason=\""
          + oneLine(last.end().reason().orElse(last.end().statusReason()))
          + '"';
    }
    return after.state() instanceof JobState.Failed failed
        ? " reason=\"" + oneLine(failed.statusReason()) + '"'
        : "";
  }

  /** Reasons come from outside. */
  private static String oneLine(String text) {
    return text.replaceAll("[\\p{Cntrl}\"]", " ");
  }
}
