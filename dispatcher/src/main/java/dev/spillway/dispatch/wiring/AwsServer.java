package dev.spillway.dispatch.wiring;

import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.aws.SdkClients;
import dev.spillway.dispatch.aws.SdkStackCheck;
import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.Setting;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.stack.Stack;
import dev.spillway.dispatch.stack.StackReader;
import dev.spillway.dispatch.stack.Template;
import dev.spillway.dispatch.stack.TemplateException;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server whose tasks run in AWS: the dispatcher, its API and its store, and nothing else. No
 * engine, no function service and no S3 is started, and no wire API is served.
 *
 * <p>The template says what there is; it is deployed by other means, and the start checks that it
 * was.
 */
public final class AwsServer implements RunningServer {
  private static final Logger LOG = LoggerFactory.getLogger(AwsServer.class);

  /** What is open before any bean is made. */
  record Opened(
      Configuration settings,
      InstantSource clock,
      SdkClients clients,
      DispatchSettings dispatch,
      Stack stack) {}

  private final DataFolder folder;
  private final SdkClients clients;
  private final EmbeddedServer http;
  private final Duration startTime;

  private AwsServer(
      DataFolder folder, SdkClients clients, EmbeddedServer http, Duration startTime) {
    this.folder = folder;
    this.clients = clients;
    this.http = http;
    this.startTime = startTime;
  }

  /**
   * Starts a server and returns when it takes requests.
   *
   * @param begun when the process began, for the ready line
   * @throws DataFolder.HeldException when another server has the folder
   * @throws TemplateException when AWS has not what the template says, all of it named
   * @throws IllegalStateException when there is no template, no region, or the port is taken
   */
  static AwsServer start(Configuration settings, Instant begun) {
    Path file =
        settings
            .path(Setting.TEMPLATE)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "With backend aws the template says which functions and queues there are,"
                            + " and none is given: serve --backend aws --template FILE."));
    DataFolder folder = DataFolder.hold(settings.path(Setting.DATA_DIR).orElseThrow());
    try {
      folder.belongTo("aws");
      SdkClients clients =
          new SdkClients(
              new SdkClients.Options(
                  Optional.of(settings)
                      .filter(s -> s.given(Setting.REGION))
                      .map(s -> s.text(Setting.REGION)),
                  _ -> {}));
      try {
        return start(settings, folder, clients, file, begun);
      } catch (RuntimeException e) {
        clients.close();
        throw e;
      }
    } catch (RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private static AwsServer start(
      Configuration settings, DataFolder folder, SdkClients clients, Path file, Instant begun) {
    Template.Place place = new Template.Place(clients.region(), settings.text(Setting.ACCOUNT));
    Stack stack = StackReader.read(Template.read(file, Map.of(), place), true);
    InstantSource clock = InstantSource.system();
    check(settings, clients, clock, stack);
    int concurrency =
        settings.given(Setting.FUNCTION_CONCURRENCY)
            ? settings.whole(Setting.FUNCTION_CONCURRENCY)
            : AccountConcurrency.of(clients.lambdaControl());
    ApplicationContext context = HttpPort.context(settings, folder);
    context.registerSingleton(
        Opened.class,
        new Opened(
            settings,
            clock,
            clients,
            ModuleSettings.dispatch(settings, folder.path(), concurrency),
            stack));
    try {
      context.start();
      context.getBean(Dispatcher.class).start();
      EmbeddedServer http = HttpPort.listen(context);
      folder.announce(
          new DataFolder.Holder(
              ProcessHandle.current().pid(),
              HttpPort.url(http).toString(),
              clients.s3Endpoint().toString()));
      LOG.info(
          "backend=aws region={} template={} workloads={} queues={} functionConcurrency={}",
          clients.region(),
          stack.template(),
          stack.workloads().size(),
          stack.queues().stream().map(BatchQueue::name).toList(),
          concurrency);
      return new AwsServer(folder, clients, http, Duration.between(begun, Instant.now()));
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
  }

  /** Before any task is taken: a task that is sent to what is not there would only fall back. */
  private static void check(
      Configuration settings, SdkClients clients, InstantSource clock, Stack stack) {
    try (var batch = AwsGateways.batch(clients, settings, clock)) {
      List<String> faults =
          new SdkStackCheck(clients.lambdaControl(), clients.batch(), clients.s3(), batch)
              .faults(
                  new SdkStackCheck.Wanted(
                      stack.workloads().stream()
                          .flatMap(w -> w.function().stream())
                          .map(Workload.FunctionForm::functionName)
                          .toList(),
                      stack.queues().stream().map(BatchQueue::name).toList(),
                      stack.workloads().stream()
                          .flatMap(w -> w.jobDefinition().stream())
                          .map(Workload.JobForm::jobDefinition)
                          .toList(),
                      settings.text(Setting.TASKS_BUCKET)));
      if (!faults.isEmpty()) {
        throw new TemplateException(stack.template(), faults);
      }
    }
  }

  @Override
  public URI url() {
    return HttpPort.url(http);
  }

  @Override
  public URI s3() {
    return clients.s3Endpoint();
  }

  @Override
  public String readyLine() {
    return String.format(
        Locale.ROOT,
        "spillway ready in %.1f s: %s  s3 %s  runner aws %s  data %s",
        startTime.toMillis() / 1000.0,
        url(),
        s3(),
        clients.region(),
        folder.path());
  }

  /** Stops taking requests, then sending. Invocations and jobs in AWS go on. */
  @Override
  public void close() {
    try {
      // Closes the beans too, the dispatcher and the gateways first.
      http.stop();
    } catch (RuntimeException e) {
      LOG.warn("HTTP did not stop cleanly: {}", e.toString());
    }
    clients.close();
    folder.close();
  }
}
