package dev.spillway.dispatch.wiring;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.engine.EngineLifecycle;
import dev.spillway.batch.execution.docker.DockerEngine;
import dev.spillway.batch.execution.process.ProcessSupervisor;
import dev.spillway.batch.execution.process.SupervisorClient;
import dev.spillway.batch.execution.process.supervisor.Isolation;
import dev.spillway.batch.execution.process.supervisor.JobUser;
import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.Setting;
import dev.spillway.dispatch.stack.AppliedStack;
import dev.spillway.dispatch.stack.Stack;
import dev.spillway.dispatch.stack.StackApplication;
import dev.spillway.dispatch.stack.StackReader;
import dev.spillway.dispatch.stack.Template;
import dev.spillway.dispatch.storage.AttemptCredentials;
import dev.spillway.dispatch.storage.LocalS3;
import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.async.AsyncInvocations;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.BindException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server: everything in this process, over one data folder.
 *
 * <p>Order of a start: hold the folder, listen for S3, build the beans, start the engine, apply the
 * template, start the dispatcher and the queue of events, and only then listen for requests. A stop
 * goes the other way and leaves jobs running.
 */
public final class Server implements RunningServer {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);
  private static final Duration INIT_LIMIT = Duration.ofSeconds(10);

  /** What is open before any bean is made. */
  record Opened(
      InstantSource clock,
      BatchSettings batch,
      LambdaSettings lambda,
      DispatchSettings dispatch,
      Runner runner,
      ProcessSupervisor supervisor,
      Endpoints endpoints,
      LocalS3 s3,
      URI s3Url) {}

  private final DataFolder folder;
  private final Opened opened;
  private final EmbeddedServer http;
  private final EngineLifecycle engine;
  private final URI url;
  private final Duration startTime;

  private Server(
      DataFolder folder,
      Opened opened,
      EmbeddedServer http,
      EngineLifecycle engine,
      URI url,
      Duration startTime) {
    this.folder = folder;
    this.opened = opened;
    this.http = http;
    this.engine = engine;
    this.url = url;
    this.startTime = startTime;
  }

  /**
   * Starts a server and returns when it takes requests.
   *
   * @param begun when the process began, for the ready line
   * @throws DataFolder.HeldException when another server has the folder
   * @throws dev.spillway.dispatch.stack.TemplateException when the template cannot be applied
   * @throws IllegalStateException when a port is taken or no Docker engine answers
   */
  public static Server start(Configuration settings, Instant begun) {
    // First, because it is the most likely to be wrong and costs least.
    Optional<Template> template =
        settings
            .path(Setting.TEMPLATE)
            .map(
                file ->
                    Template.read(
                        file,
                        Map.of(),
                        new Template.Place(
                            settings.text(Setting.REGION), settings.text(Setting.ACCOUNT))));
    template.ifPresent(known -> StackReader.read(known, true));
    Path data = settings.path(Setting.DATA_DIR).orElseThrow();
    DataFolder folder = DataFolder.hold(data);
    try {
      folder.belongTo("embedded");
      return start(settings, folder, template, begun);
    } catch (RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private static Server start(
      Configuration settings, DataFolder folder, Optional<Template> template, Instant begun) {
    try (var side = Executors.newVirtualThreadPerTaskExecutor()) {
      // Waiting, most of it: for a socket, for a process, for the Docker engine.
      var supervisor =
          CompletableFuture.supplyAsync(
              () ->
                  SupervisorClient.connect(
                      folder.path().resolve("supervisor"), supervisorOptions(settings)),
              side);
      var engine =
          CompletableFuture.supplyAsync(() -> Runner.engine(settings.text(Setting.RUNNER)), side);
      // The listener of S3 takes longest, so all that does not need its address is done meanwhile.
      var s3 = CompletableFuture.supplyAsync(() -> storage(settings, folder), side);
      ApplicationContext context = HttpPort.context(settings, folder);
      Opened opened = open(settings, folder, s3, joined(engine), supervisor);
      try {
        boolean images = opened.runner().workers().gateway().isPresent();
        Optional<Stack> stack = template.map(known -> StackReader.read(known, images));
        return start(folder, opened, context, stack, begun);
      } catch (RuntimeException e) {
        context.close();
        close(opened);
        throw e;
      }
    }
  }

  private static SupervisorClient.Options supervisorOptions(Configuration settings) {
    SupervisorClient.Options standard = SupervisorClient.Options.DEFAULT;
    return new SupervisorClient.Options(
            standard.quiet(),
            standard.durableExits(),
            JobUser.parse(settings.text(Setting.RUNNER_PROCESS_USER)),
            standard.patience())
        .with(Isolation.parse(settings.text(Setting.RUNNER_PROCESS_ISOLATION)));
  }

  private static <T> T joined(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** S3 that listens. */
  private record Storage(LocalS3 s3, URI url) {}

  private static Storage storage(Configuration settings, DataFolder folder) {
    LocalS3 s3 = LocalS3.open(folder.path().resolve("s3"));
    s3.makeBucket(settings.text(Setting.TASKS_BUCKET));
    URI url =
        bound(
            settings.whole(Setting.SERVER_S3_PORT),
            folder.previous().map(DataFolder.Holder::s3Port),
            Setting.SERVER_S3_PORT,
            port -> s3.listen(settings.text(Setting.SERVER_HOST), port));
    return new Storage(s3, url);
  }

  private static Opened open(
      Configuration settings,
      DataFolder folder,
      CompletableFuture<Storage> storage,
      Optional<DockerEngine> engine,
      CompletableFuture<? extends ProcessSupervisor> supervising) {
    AttemptCredentials credentials = AttemptCredentials.load(folder.path().resolve("s3.key"));
    InstantSource clock = InstantSource.system();
    ModuleSettings modules = new ModuleSettings(settings, folder.path(), AppHome.find());
    BatchSettings batch = modules.batch(engine.isEmpty());
    LambdaSettings lambda = modules.lambda(INIT_LIMIT);
    DispatchSettings dispatch = modules.dispatch();
    Storage opened = joined(storage);
    ProcessSupervisor supervisor = joined(supervising);
    Endpoints endpoints = new Endpoints(opened.url(), settings.text(Setting.REGION), credentials);
    Runner runner = Runner.choose(batch, engine, supervisor, endpoints, clock);
    return new Opened(
        clock, batch, lambda, dispatch, runner, supervisor, endpoints, opened.s3(), opened.url());
  }

  private static Server start(
      DataFolder folder,
      Opened opened,
      ApplicationContext context,
      Optional<Stack> stack,
      Instant begun) {
    context.registerSingleton(Opened.class, opened);
    context.start();
    opened.runner().gateway().ifPresent(gateway -> guard(opened, context, gateway));
    EngineLifecycle engine = context.getBean(EngineLifecycle.class);
    engine.start();
    stack.ifPresent(declared -> apply(context, declared));
    context.getBean(Dispatcher.class).start();
    context.getBean(AsyncInvocations.class).start();
    EmbeddedServer http = HttpPort.listen(context);
    URI url = HttpPort.url(http);
    folder.announce(
        new DataFolder.Holder(
            ProcessHandle.current().pid(), url.toString(), opened.s3Url().toString()));
    return new Server(folder, opened, http, engine, url, Duration.between(begun, Instant.now()));
  }

  /** Containers reach S3 at the gateway of their network; there, only their own keys open it. */
  private static void guard(Opened opened, ApplicationContext context, InetAddress gateway) {
    LivingAttempts living =
        new LivingAttempts(context.getBean(dev.spillway.batch.api.BatchOperations.class));
    AttemptCredentials credentials = opened.endpoints().credentials();
    URI address =
        bound(
            0,
            Optional.of(opened.s3Url().getPort()),
            Setting.SERVER_S3_PORT,
            port ->
                opened
                    .s3()
                    .listenGuarded(
                        gateway.getHostAddress(),
                        port,
                        credentials,
                        caller ->
                            opened.runner().workers().runs(caller.jobId()) || living.test(caller)));
    opened.endpoints().jobsReachS3At(address);
  }

  private static void apply(ApplicationContext context, Stack stack) {
    List<String> changes = context.getBean(StackApplication.class).apply(stack);
    context.getBean(AppliedStack.class).show(stack);
    LOG.info(
        "template={} changed={} workloads={} routes={}",
        stack.template(),
        changes,
        stack.workloads().size(),
        stack.queues().stream().map(queue -> queue.route()).distinct().toList());
    if (!stack.kept().isEmpty()) {
      LOG.info("template={} kept, not acted on here: {}", stack.template(), stack.kept());
    }
  }

  /** Listens on a port. */
  private interface Listener {
    URI on(int port) throws BindException;
  }

  /** A port that was asked for, or a free one: the wished one when it is free. */
  private static URI bound(
      int asked, Optional<Integer> wished, Setting setting, Listener listener) {
    try {
      if (asked == 0 && wished.isPresent()) {
        try {
          return listener.on(wished.get());
        } catch (BindException _) {
          // Somebody else has it now.
        }
      }
      return listener.on(asked);
    } catch (BindException _) {
      throw HttpPort.taken(setting, asked);
    }
  }

  @Override
  public URI url() {
    return url;
  }

  @Override
  public URI s3() {
    return opened.s3Url();
  }

  /** A part of this server, for tests that go around HTTP. */
  <T> T part(Class<T> type) {
    return http.getApplicationContext().getBean(type);
  }

  @Override
  public String readyLine() {
    return String.format(
        java.util.Locale.ROOT,
        "spillway ready in %.1f s: %s  s3 %s  runner %s  data %s",
        startTime.toMillis() / 1000.0,
        url,
        opened.s3Url(),
        opened.runner().description(),
        folder.path());
  }

  /** Stops taking requests, then everything else. Jobs go on running. */
  @Override
  public void close() {
    // Closes the beans too: the dispatcher and the functions end before the engine they use.
    quietly("HTTP", http::stop);
    quietly("engine", engine::stop);
    close(opened);
    folder.close();
  }

  private static void close(Opened opened) {
    quietly("runner", opened.runner().leave());
    quietly("S3", opened.s3()::close);
    quietly("supervisor", opened.supervisor()::close);
  }

  /** One part that cannot stop must not keep the others from stopping. */
  private static void quietly(String part, Runnable stop) {
    try {
      stop.run();
    } catch (RuntimeException e) {
      LOG.warn("{} did not stop cleanly: {}", part, e.toString());
    }
  }
}
