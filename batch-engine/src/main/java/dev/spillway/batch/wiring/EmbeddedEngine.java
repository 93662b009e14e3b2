package dev.spillway.batch.wiring;

import dev.spillway.batch.Arns;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.api.EngineAccess;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.capacity.LocalProvider;
import dev.spillway.batch.engine.AttemptRunner;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Effect;
import dev.spillway.batch.engine.Engine;
import dev.spillway.batch.engine.EngineBusyException;
import dev.spillway.batch.engine.EngineCycle;
import dev.spillway.batch.engine.EngineLifecycle;
import dev.spillway.batch.engine.EngineLimits;
import dev.spillway.batch.engine.EngineLoop;
import dev.spillway.batch.engine.EngineView;
import dev.spillway.batch.engine.JobEventBus;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.engine.Recovery;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.HostEngines;
import dev.spillway.batch.execution.HostExecutors;
import dev.spillway.batch.execution.Secrets;
import dev.spillway.batch.execution.task.NotRunnableException;
import dev.spillway.batch.execution.task.TaskExecutor;
import dev.spillway.batch.execution.task.TaskFactory;
import dev.spillway.batch.execution.task.TaskProgress.ContainerView;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.logs.LogFiles;
import dev.spillway.batch.logs.LogRetention;
import dev.spillway.batch.logs.LogStreams;
import dev.spillway.batch.store.Journal;
import dev.spillway.batch.store.SqlJournal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine inside this process: one store, one executor, one loop. */
public final class EmbeddedEngine implements EngineLifecycle, EngineAccess {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedEngine.class);
  private static final Duration SWEEP_LOGS_EVERY = Duration.ofHours(1);

  private final BatchSettings settings;
  private final Surroundings surroundings;
  private final JobEventBus events;
  private volatile Started started;

  /** What the engine needs from the server. */
  public record Surroundings(
      Executor executor,
      HostEngines hosts,
      Secrets secrets,
      LogStreams streams,
      InstantSource clock,
      EngineFailure onFailure) {}

  private record Started(
      Journal journal,
      EngineView view,
      EngineLoop loop,
      ExecutorService effects,
      LocalProvider provider,
      TaskExecutor executor,
      Thread logSweeper,
      Thread hostChecks) {}

  /** Effects leave the loop's thread here. */
  private static final class EffectOutlet implements Consumer<Effect> {
    private final ExecutorService thread;
    private volatile Consumer<Effect> run;

    EffectOutlet(ExecutorService thread) {
      this.thread = thread;
    }

    @Override
    public void accept(Effect effect) {
      thread.execute(() -> run.accept(effect));
    }
  }

  public EmbeddedEngine(BatchSettings settings, Surroundings surroundings, JobEventBus events) {
    this.settings = settings;
    this.surroundings = surroundings;
    this.events = events;
  }

  @Override
  public synchronized void start() {
    if (started != null) {
      throw new IllegalStateException("The Batch engine was started before");
    }
    Arns arns = Arns.of(settings);
    Journal journal = SqlJournal.open(settings);
    try {
      started = start(journal, arns);
    } catch (RuntimeException e) {
      journal.close();
      throw e;
    }
  }

  private Started start(Journal journal, Arns arns) {
    Loaded loaded = journal.load();
    var host = new Size(settings.hostVcpus() * 1000L, settings.hostMemoryMib(), 0);
    var engine =
        new Engine(
            new EngineLimits(arns, host, settings.retainJobs(), settings.capacity()), loaded);
    var view = new EngineView(loaded, host);
    // One thread: effects keep the order they were decided in, and a slow one delays no commit.
    ExecutorService effects =
        Executors.newSingleThreadExecutor(Thread.ofVirtual().name("batch-effects").factory());
    var provider = new LocalProvider(settings.capacity().launchDelay(), surroundings.clock());
    var hosts =
        new HostExecutors(surroundings.executor(), surroundings.hosts(), surroundings.clock());
    var executor = new TaskExecutor(hosts, surroundings.clock(), settings.stopGrace());
    var runner =
        new AttemptRunner(
            executor,
            provider,
            journal::details,
            new TaskFactory(settings, surroundings.secrets(), surroundings.streams()));
    var outlet = new EffectOutlet(effects);
    var cycle =
        new EngineCycle(
            engine,
            journal,
            view,
            surroundings.clock(),
            new EngineCycle.Outlets(events::publish, outlet));
    var loop =
        new EngineLoop(engine, cycle, surroundings.clock(), surroundings.onFailure()::engineFailed);
    outlet.run = effect -> run(runner, loop, effect);
    provider.listen(event -> loop.tell(new Command.InstanceSeen(event)));
    executor.listen(event -> loop.tell(new Command.AttemptSeen(event)));
    Recovery.Result found = Recovery.run(loaded.liveJobs(), loaded.resources().instances(), runner);
    loop.tell(found.found());
    found.effects().forEach(outlet);
    events.start();
    loop.start();
    LOG.info(
        "Batch engine started: {} live jobs, {} attempts adopted or asked for, {} started again, runner {}",
        loaded.liveJobs().size(),
        found.adopted(),
        found.startedAgain(),
        surroundings.executor().kind());
    return new Started(
        journal,
        view,
        loop,
        effects,
        provider,
        executor,
        Thread.ofVirtual().name("log-retention").start(this::sweepLogs),
        Thread.ofVirtual()
            .name("host-checks")
            .start(
                new HostChecks(
                    view,
                    surroundings.hosts(),
                    hosts,
                    surroundings.clock(),
                    event -> loop.tell(new Command.InstanceSeen(event)))));
  }

  /** What an executor throws is our fault, but a job must not wait for a start for ever. */
  private void run(AttemptRunner runner, EngineLoop loop, Effect effect) {
    try {
      runner.accept(effect);
      if (effect instanceof Effect.Forget(AttemptId attempt)) {
        surroundings.streams().ended(attempt.toString(), surroundings.clock().instant());
      }
    } catch (NotRunnableException e) {
      startFailed(loop, effect, e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("The runner failed to take {}", effect.getClass().getSimpleName(), e);
      startFailed(loop, effect, "CannotStartContainerError: " + e.getMessage());
    }
  }

  private void startFailed(EngineLoop loop, Effect effect, String reason) {
    Optional<Job> started =
        switch (effect) {
          case Effect.Start(Job job) -> Optional.of(job);
          case Effect.StartOn(Job job, _) -> Optional.of(job);
          default -> Optional.empty();
        };
    if (started.isPresent()) {
      Job job = started.get();
      loop.tell(
          new Command.AttemptSeen(
              new ExecutionEvent.StartFailed(
                  new AttemptId(job.id(), job.attempt()), reason, surroundings.clock().instant())));
    }
  }

  @Override
  public synchronized void stop() {
    Started running = started;
    if (running == null) {
      return;
    }
    running.loop().stop();
    running.logSweeper().interrupt();
    running.hostChecks().interrupt();
    running.effects().shutdown();
    try {
      if (!running.effects().awaitTermination(30, TimeUnit.SECONDS)) {
        LOG.warn("Starts and stops still wait for the runner; the next start takes care of them");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    running.provider().close();
    running.executor().close();
    events.close();
    running.journal().close();
    started = null;
  }

  @Override
  public boolean running() {
    Started now = started;
    return now != null && now.loop().running();
  }

  @Override
  public EngineView view() {
    return now().view();
  }

  /** Of an instance that has gone nothing is known; hosts that were added mostly outlive theirs. */
  @Override
  public Optional<String> isolation(Job job) {
    boolean elsewhere =
        job.placement(job.attempt())
            .flatMap(on -> view().instance(on.instanceId()))
            .flatMap(Instance::host)
            .isPresent();
    JobSpec.Needs needs = job.spec().needs();
    return job.startedAt().isEmpty() || elsewhere
        ? Optional.empty()
        : surroundings.executor().isolation(needs.vcpuMillis(), needs.memoryMib());
  }

  @Override
  public Journal journal() {
    return now().journal();
  }

  @Override
  public List<ContainerView> containers(AttemptId attempt) {
    return now().executor().containers(attempt);
  }

  @Override
  public Outcome ask(Command command) {
    try {
      return now().loop().ask(command).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof EngineBusyException busy) {
        throw busy;
      }
      throw e;
    }
  }

  private Started now() {
    Started now = started;
    if (now == null) {
      throw EngineBusyException.notRunning();
    }
    return now;
  }

  private void sweepLogs() {
    LogFiles files = new LogFiles(settings.dataDirectory().resolve("logs"));
    try {
      while (true) {
        Thread.sleep(SWEEP_LOGS_EVERY);
        Set<Path> inUse = new HashSet<>();
        for (Job job : view().liveJobs()) {
          job.placement(job.attempt()).ifPresent(on -> inUse.add(files.folder(on, job.id())));
        }
        int deleted =
            LogRetention.sweep(
                files.root(), surroundings.clock().instant().minus(settings.retainLogs()), inUse);
        surroundings.streams().prune(surroundings.clock().instant().minus(settings.retainLogs()));
        LOG.debug("Deleted {} log files older than {}", deleted, settings.retainLogs());
      }
    } catch (InterruptedException | EngineBusyException _) {
      Thread.currentThread().interrupt(); // the engine stops
    }
  }
}
