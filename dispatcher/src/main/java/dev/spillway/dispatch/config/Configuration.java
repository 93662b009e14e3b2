package dev.spillway.dispatch.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * The settings as they hold, each with where it came from: a flag, the environment, the file, or
 * its default, in that order.
 */
public final class Configuration {

  /** File that is read when none is named and the working directory has it. */
  public static final String FILE = "spillway.yaml";

  /**
   * One value.
   *
   * @param origin {@code flag}, {@code SPILLWAY_...}, the file's path, or {@code default}
   */
  public record Entry(Setting setting, String text, String origin) {}

  /** What surrounds the program. */
  public record Host(
      Map<String, String> environment,
      Path workingDirectory,
      Path home,
      boolean homeOpenToOthers,
      int cores,
      long memoryMib) {

    /** The same machine without an environment, in a folder of its own. */
    public Host alone(Path folder) {
      return new Host(Map.of(), folder, home, homeOpenToOthers, cores, memoryMib);
    }
  }

  private record Value(Object typed, String text, String origin) {}

  private final Map<Setting, Value> values;

  private Configuration(Map<Setting, Value> values) {
    this.values = values;
  }

  /**
   * Reads everything.
   *
   * @param file named with {@code --config}
   * @param flags by key; absent when not given
   * @throws ConfigurationException naming key, value and rule
   */
  public static Configuration load(Optional<Path> file, Map<Setting, String> flags, Host host) {
    Optional<Path> chosen =
        file.or(
            () -> Optional.of(host.workingDirectory().resolve(FILE)).filter(Files::isRegularFile));
    Map<Setting, Object> fromFile =
        chosen.map(Configuration::read).orElseGet(() -> new EnumMap<>(Setting.class));
    Map<Setting, Value> values = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      String flag = flags.get(setting);
      String variable = host.environment().get(setting.variable());
      Object written = fromFile.get(setting);
      if (flag != null) {
        put(values, setting, flag, "flag", host.workingDirectory());
      } else if (variable != null && !variable.isEmpty()) {
        put(values, setting, variable, setting.variable(), host.workingDirectory());
      } else if (written != null) {
        Path folder = chosen.orElseThrow().toAbsolutePath().getParent();
        put(values, setting, written, chosen.orElseThrow().toString(), folder);
      } else {
        boolean aws =
            setting != Setting.BACKEND && values.get(Setting.BACKEND).text().equals("aws");
        standard(setting, host, aws)
            .ifPresent(text -> put(values, setting, text, "default", host.workingDirectory()));
      }
    }
    return new Configuration(values);
  }

  private static void put(
      Map<Setting, Value> values, Setting setting, Object written, String origin, Path base) {
    try {
      Object typed = setting.rule().read(written);
      if (typed instanceof Path path) {
        typed = base.resolve(path).toAbsolutePath().normalize();
      }
      String text = typed instanceof Path ? typed.toString() : setting.rule().shown(written);
      values.put(setting, new Value(typed, text, origin));
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "%s is \"%s\" (%s): %s."
              .formatted(setting.key(), setting.rule().shown(written), origin, e.getMessage()));
    }
  }

  private static Optional<String> standard(Setting setting, Host host, boolean aws) {
    // Tasks of one backend mean nothing to the other, so both have a folder of their own.
    String suffix = aws ? "-aws" : "";
    return switch (setting) {
      case DATA_DIR ->
          // Jobs and function workers of a server that root started run as another user, who must
          // be able to reach their work folders; root's home is closed to everyone.
          Optional.of(
              host.homeOpenToOthers()
                  ? host.home().resolve(".spillway" + suffix).toString()
                  : "/var/lib/spillway" + suffix);
      case FUNCTION_CONCURRENCY, BATCH_HOST_VCPUS -> Optional.of(String.valueOf(host.cores()));
      case BATCH_HOST_MEMORY -> Optional.of(Math.max(64, host.memoryMib() * 3 / 4) + " MiB");
      case BACKEND,
          SERVER_HOST,
          SERVER_PORT,
          SERVER_S3_PORT,
          STORE_URL,
          STORE_USER,
          STORE_PASSWORD,
          REGION,
          ACCOUNT,
          TEMPLATE,
          RUNNER,
          RUNNER_PROCESS_IMAGES,
          RUNNER_PROCESS_USER,
          RUNNER_PROCESS_ISOLATION,
          RUNNER_PROCESS_TMP,
          FUNCTION_IDLE_EXPIRY,
          FUNCTION_ASYNC_RETRY_DELAYS,
          BATCH_ALLOW_PRIVILEGED,
          BATCH_ALLOWED_HOST_PATHS,
          LOGS_MAX_PER_ATTEMPT,
          MAX_ARRAY_SIZE,
          BATCH_STOP_GRACE,
          BATCH_LAUNCH_DELAY,
          BATCH_KEEP_IDLE,
          BATCH_AGES_AFTER,
          SPOT_INTERRUPTIONS,
          SPOT_SEED,
          SPOT_NOTICE,
          AWS_SUBMIT_RATE,
          AWS_PACK_ARRAYS,
          AWS_POLL_INTERVAL,
          TASKS_BUCKET,
          CIRCUIT_OPEN_FOR,
          ROUTING_OBJECTIVE,
          ROUTING_FUNCTION_MARGIN,
          ROUTING_FIRST_SIGHT,
          ROUTING_CANARY,
          ROUTING_PRICES,
          ROUTING_LIMITS,
          FALLBACK_MAX_HOPS,
          FALLBACK_RAISE_FACTOR,
          FALLBACK_NO_CAPACITY_AFTER,
          FALLBACK_CAUSES,
          RETENTION_TASKS,
          RETENTION_RESULTS,
          RETENTION_JOBS,
          RETENTION_LOGS ->
          Optional.of(setting.fallback()).filter(text -> !text.isEmpty());
    };
  }

  private static Map<Setting, Object> read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new ConfigurationException("The configuration file " + file + " does not exist.");
    }
    Object document;
    try {
      LoaderOptions options = new LoaderOptions();
      options.setAllowDuplicateKeys(false);
      document = new Yaml(new SafeConstructor(options)).load(Files.readString(file));
    } catch (YAMLException e) {
      throw new ConfigurationException(file + " is not YAML: " + e.getMessage().strip());
    } catch (IOException e) {
      throw new ConfigurationException(file + " cannot be read: " + e.getMessage());
    }
    Map<Setting, Object> found = new EnumMap<>(Setting.class);
    switch (document) {
      case null -> {}
      case Map<?, ?> map -> collect(file, "", map, found);
      default -> throw new ConfigurationException(file + " must hold keys and values, one a line.");
    }
    return found;
  }

  /** Keys may be dotted or nested: {@code server.port: 0} or {@code server: {port: 0}}. */
  private static void collect(Path file, String prefix, Map<?, ?> map, Map<Setting, Object> found) {
    map.forEach(
        (name, value) -> {
          String key = prefix + name;
          Optional<Setting> setting = Setting.of(key);
          if (setting.isEmpty() && value instanceof Map<?, ?> nested) {
            collect(file, key + ".", nested, found);
          } else if (setting.isEmpty()) {
            throw new ConfigurationException(
                "%s: \"%s\" is not a setting. The nearest is \"%s\"; `spillway config` lists all."
                    .formatted(file, key, Setting.nearest(key).key()));
          } else if (value == null) {
            throw new ConfigurationException(
                "%s: %s has no value. Give one, or remove the line.".formatted(file, key));
          } else if (found.put(setting.get(), value) != null) {
            throw new ConfigurationException(file + ": " + key + " is set twice.");
          }
        });
  }

  /** Every setting, in the order of {@link Setting}; one without a value is shown as none. */
  public List<Entry> entries() {
    return java.util.Arrays.stream(Setting.values())
        .map(
            setting -> {
              Value value = values.get(setting);
              return value == null
                  ? new Entry(setting, "none", "default")
                  : new Entry(setting, value.text(), value.origin());
            })
        .toList();
  }

  /** Values by key, for people who read JSON. */
  public Map<String, Entry> byKey() {
    Map<String, Entry> map = new LinkedHashMap<>();
    entries().forEach(entry -> map.put(entry.setting().key(), entry));
    return map;
  }

  /** Whether somebody chose it: it is not the default. */
  public boolean given(Setting setting) {
    return values.containsKey(setting) && !values.get(setting).origin().equals("default");
  }

  public String text(Setting setting) {
    return (String) typed(setting);
  }

  /** Empty when none was given. */
  public Optional<String> optional(Setting setting) {
    return Optional.ofNullable(values.get(setting)).map(value -> (String) value.typed());
  }

  public int whole(Setting setting) {
    return (Integer) typed(setting);
  }

  public double decimal(Setting setting) {
    return (Double) typed(setting);
  }

  public boolean yes(Setting setting) {
    return (Boolean) typed(setting);
  }

  public Duration span(Setting setting) {
    return (Duration) typed(setting);
  }

  public List<Duration> spans(Setting setting) {
    return ((List<?>) typed(setting)).stream().map(Duration.class::cast).toList();
  }

  public long mib(Setting setting) {
    return (Long) typed(setting);
  }

  /** Absolute; empty when none was given. */
  public Optional<Path> path(Setting setting) {
    return Optional.ofNullable(values.get(setting)).map(value -> (Path) value.typed());
  }

  /** The images that the process runner stands in for. */
  public List<Rule.Images.Image> images() {
    return ((List<?>) typed(Setting.RUNNER_PROCESS_IMAGES))
        .stream().map(Rule.Images.Image.class::cast).toList();
  }

  private Object typed(Setting setting) {
    return values.get(setting).typed();
  }
}
