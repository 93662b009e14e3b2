package dev.spillway.dispatch.wiring;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.CapacitySettings;
import dev.spillway.batch.ExecutionSettings;
import dev.spillway.batch.capacity.SpotMarket;
import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.RoutingSettings;
import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.ConfigurationException;
import dev.spillway.dispatch.config.Setting;
import dev.spillway.dispatch.fallback.FallbackRules;
import dev.spillway.dispatch.routing.Limits;
import dev.spillway.dispatch.task.PostgresSchema;
import dev.spillway.lambda.LambdaSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The configuration as each module takes it. */
public record ModuleSettings(Configuration settings, Path dataFolder, AppHome home) {

  /**
   * For the engine.
   *
   * @param processes whether jobs run as processes, and so need the images' stand-ins
   */
  BatchSettings batch(boolean processes) {
    return new BatchSettings(
            dataFolder,
            settings.text(Setting.REGION),
            settings.text(Setting.ACCOUNT),
            settings.whole(Setting.BATCH_HOST_VCPUS),
            settings.mib(Setting.BATCH_HOST_MEMORY),
            settings.span(Setting.BATCH_STOP_GRACE),
            settings.text(Setting.RUNNER),
            processes
                ? WorkloadsImage.processImages(settings.images(), home, dataFolder)
                : List.of(),
            settings.yes(Setting.BATCH_ALLOW_PRIVILEGED),
            settings.whole(Setting.MAX_ARRAY_SIZE),
            settings.span(Setting.RETENTION_JOBS),
            settings.span(Setting.RETENTION_LOGS))
        .storedIn(
            settings
                .optional(Setting.STORE_URL)
                .map(
                    url ->
                        new BatchSettings.Postgres(
                            url,
                            settings.optional(Setting.STORE_USER),
                            settings.optional(Setting.STORE_PASSWORD))))
        .with(capacity())
        .with(execution());
  }

  private ExecutionSettings execution() {
    return new ExecutionSettings(
        settings
            .optional(Setting.BATCH_ALLOWED_HOST_PATHS)
            .map(paths -> Arrays.stream(paths.split(",")).map(String::strip).map(Path::of).toList())
            .orElse(List.of()),
        settings.mib(Setting.LOGS_MAX_PER_ATTEMPT) << 20,
        settings.mib(Setting.RUNNER_PROCESS_TMP));
  }

  private CapacitySettings capacity() {
    String interruptions = settings.text(Setting.SPOT_INTERRUPTIONS);
    boolean off = interruptions.equals("off") || interruptions.equals("false");
    Optional<Double> perHour =
        off || interruptions.equals("market")
            ? Optional.empty()
            : Optional.of(Double.valueOf(interruptions));
    return new CapacitySettings(
        settings.span(Setting.BATCH_LAUNCH_DELAY),
        settings.span(Setting.BATCH_KEEP_IDLE),
        CapacitySettings.DEFAULT.joinWithin(),
        settings.span(Setting.SPOT_NOTICE),
        new SpotMarket(
            settings.whole(Setting.SPOT_SEED), new SpotMarket.Interruptions(!off, perHour)),
        settings.span(Setting.BATCH_AGES_AFTER));
  }

  /** For the function service. */
  public LambdaSettings lambda(Duration initLimit) {
    return new LambdaSettings(
            dataFolder,
            settings.text(Setting.REGION),
            settings.text(Setting.ACCOUNT),
            settings.whole(Setting.FUNCTION_CONCURRENCY),
            settings.span(Setting.FUNCTION_IDLE_EXPIRY),
            initLimit,
            Path.of(System.getProperty("java.home")),
            readableByWorkers(home.runtimeInterfaceClient()))
        .withLogRetention(settings.span(Setting.RETENTION_LOGS))
        .withAsyncRetryDelays(settings.spans(Setting.FUNCTION_ASYNC_RETRY_DELAYS));
  }

  DispatchSettings dispatch() {
    return dispatch(settings, dataFolder, settings.whole(Setting.FUNCTION_CONCURRENCY));
  }

  /** For the dispatcher, wherever its tasks run. */
  static DispatchSettings dispatch(
      Configuration settings, Path dataFolder, int functionConcurrency) {
    RoutingSettings routing = routing(settings);
    return new DispatchSettings(
        dataFolder,
        routing,
        fallback(settings, routing.limits()),
        functionConcurrency,
        settings.span(Setting.CIRCUIT_OPEN_FOR),
        settings.text(Setting.TASKS_BUCKET),
        settings.span(Setting.RETENTION_TASKS),
        settings.span(Setting.RETENTION_RESULTS),
        settings.whole(Setting.MAX_ARRAY_SIZE),
        postgres(settings));
  }

  /** What plans go by; for a dispatcher, and for whoever only pretends to be one. */
  public static RoutingSettings routing(Configuration settings) {
    return RoutingChoices.of(settings);
  }

  /** How hops are left; for a dispatcher, and for whoever only pretends to be one. */
  public static FallbackRules fallback(Configuration settings, Limits limits) {
    Optional<Path> causes = settings.path(Setting.FALLBACK_CAUSES);
    try {
      return DispatchDefaults.fallback(
          new DispatchDefaults.FallbackChoices(
              settings.whole(Setting.FALLBACK_MAX_HOPS),
              settings.decimal(Setting.FALLBACK_RAISE_FACTOR),
              settings.span(Setting.FALLBACK_NO_CAPACITY_AFTER),
              causes.map(ModuleSettings::text)),
          limits);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "fallback.causes is \"%s\": %s"
              .formatted(causes.map(Path::toString).orElse("built in"), e.getMessage()));
    }
  }

  private static Optional<PostgresSchema> postgres(Configuration settings) {
    return settings
        .optional(Setting.STORE_URL)
        .map(
            url ->
                PostgresSchema.of(
                    url,
                    settings.optional(Setting.STORE_USER),
                    settings.optional(Setting.STORE_PASSWORD),
                    settings.text(Setting.ACCOUNT),
                    settings.text(Setting.REGION)));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "it cannot be read (" + e + "). Name a text file, or leave the setting out.", e);
    }
  }

  /** The project may lie where the user that workers run as cannot read, in root's home say. */
  private List<Path> readableByWorkers(List<Path> jars) {
    Path folder = dataFolder.resolve("images").resolve("runtime-interface-client");
    List<Path> copies = new ArrayList<>();
    try {
      Files.createDirectories(folder);
      for (Path jar : jars) {
        Path copy = folder.resolve(jar.getFileName());
        if (!Files.exists(copy) || Files.size(copy) != Files.size(jar)) {
          Path draft = folder.resolve(jar.getFileName() + ".draft");
          Files.copy(jar, draft, StandardCopyOption.REPLACE_EXISTING);
          Files.move(draft, copy, StandardCopyOption.ATOMIC_MOVE);
        }
        copies.add(copy);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be filled", e);
    }
    return List.copyOf(copies);
  }
}
