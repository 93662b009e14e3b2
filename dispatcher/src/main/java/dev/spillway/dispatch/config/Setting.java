package dev.spillway.dispatch.config;

import dev.spillway.dispatch.text.Nearest;
import java.util.Arrays;
import java.util.Optional;

/** Every key that acts, with its default and its rule. {@code docs/configuration.md} lists them. */
public enum Setting {
  // First: the default of the data folder depends on it.
  BACKEND(
      "backend",
      new Rule.OneOf("embedded", "aws"),
      "embedded",
      "where tasks run: here, or in AWS Lambda and AWS Batch"),
  SERVER_HOST(
      "server.host",
      new Rule.Loopback(),
      "127.0.0.1",
      "address that the HTTP API and S3 listen on; only the loopback until requests are verified"),
  SERVER_PORT(
      "server.port", new Rule.Whole(0, 65_535), "8080", "port of the API; 0 takes a free one"),
  SERVER_S3_PORT(
      "server.s3Port", new Rule.Whole(0, 65_535), "8081", "port of S3; 0 takes a free one"),
  DATA_DIR(
      "data.dir",
      new Rule.Folder(),
      "",
      "the data folder; default `.spillway` in the home folder, `/var/lib/spillway` for root"),
  STORE_URL(
      "store.url",
      new Rule.PostgresUrl(),
      "",
      "PostgreSQL database that keeps jobs and tasks; by default they are in the data folder"),
  STORE_USER(
      "store.user", new Rule.Matching(".+", "a name"), "", "who opens store.url; none by default"),
  STORE_PASSWORD("store.password", new Rule.Secret(), "", "opens store.url; never shown"),
  REGION(
      "region",
      new Rule.Matching("[a-z]{2}(-[a-z]+)+-[0-9]", "a region, for example us-east-1"),
      "us-east-1",
      "region in ARNs and signatures"),
  ACCOUNT(
      "account", new Rule.Matching("[0-9]{12}", "12 digits"), "123456789012", "account in ARNs"),
  TEMPLATE("template", new Rule.Folder(), "", "SAM template that `serve` applies; none by default"),
  RUNNER(
      "runner",
      new Rule.OneOf("auto", "docker", "process"),
      "auto",
      "where jobs run; auto is docker when an engine answers, else process"),
  RUNNER_PROCESS_IMAGES(
      "runner.process.images",
      new Rule.Images(),
      "spillway/workloads",
      "images that the process runner stands in for: names, or `{name, entryPoint}`"),
  RUNNER_PROCESS_USER(
      "runner.process.user",
      new Rule.Matching("[0-9]{1,9}:[0-9]{1,9}", "uid:gid in numbers, for example 65534:65534"),
      "65534:65534",
      "whom jobs and function workers run as when the server is root; the default is nobody"),
  RUNNER_PROCESS_ISOLATION(
      "runner.process.isolation",
      new Rule.OneOf("full", "none"),
      "full",
      "how far processes are kept apart: full is all that the host lets us"),
  RUNNER_PROCESS_TMP(
      "runner.process.tmp",
      new Rule.Size(1),
      "20 GiB",
      "what the temporary files of one job of the process runner may take"),
  FUNCTION_CONCURRENCY(
      "function.concurrency",
      new Rule.Whole(1, 1_000),
      "",
      "most function environments at once; default: the host's cores"),
  FUNCTION_IDLE_EXPIRY(
      "function.idleExpiry",
      new Rule.Span("PT1S", "PT24H"),
      "PT5M",
      "an environment that waited this long is ended"),
  FUNCTION_ASYNC_RETRY_DELAYS(
      "function.asyncRetryDelays",
      new Rule.Spans("PT0S", "PT6H"),
      "PT1M,PT2M",
      "before the second and the third attempt of an event that its function failed"),
  BATCH_HOST_VCPUS(
      "batch.hostVcpus",
      new Rule.Whole(1, 4_096),
      "",
      "vCPUs of this host that jobs share; default: all cores"),
  BATCH_HOST_MEMORY(
      "batch.hostMemory",
      new Rule.Size(64),
      "",
      "memory of this host that jobs share; default: 75 % of it"),
  BATCH_ALLOW_PRIVILEGED(
      "batch.allowPrivileged", new Rule.YesNo(), "false", "whether containers may be privileged"),
  BATCH_ALLOWED_HOST_PATHS(
      "batch.allowedHostPaths",
      new Rule.Matching(
          "(/[^:,]*(,\\s*/[^:,]*)*)?", "paths from the root, with commas between them"),
      "",
      "volumes and devices of the host that containers may have: these, and what lies beneath"),
  MAX_ARRAY_SIZE(
      "maxArraySize",
      new Rule.Whole(2, 1_000_000),
      "10000",
      "children that one array of tasks, or one array job, may have; AWS allows 10,000 in a job"),
  BATCH_STOP_GRACE(
      "batch.stopGrace",
      new Rule.Span("PT0S", "PT10M"),
      "PT30S",
      "between SIGTERM and SIGKILL of a job"),
  BATCH_LAUNCH_DELAY(
      "batch.launchDelay",
      new Rule.Span("PT0S", "PT1H"),
      "PT0S",
      "from the launch of an instance until it takes jobs; real ones need minutes"),
  BATCH_KEEP_IDLE(
      "batch.keepIdle",
      new Rule.Span("PT0S", "P7D"),
      "PT1M",
      "how long an idle instance is kept; `minScaleDownDelayMinutes` of an environment wins"),
  BATCH_AGES_AFTER(
      "batch.agesAfter",
      new Rule.Span("PT1S", "P7D"),
      "PT15M",
      "a job that has stood at the head of its queue for so long is passed by no other"),
  SPOT_INTERRUPTIONS(
      "spot.interruptions",
      new Rule.Matching(
          "off|false|market|0\\.[0-9]{1,6}|1",
          "off, market, or the chance that an instance is reclaimed within an hour, up to 1"),
      "off",
      "whether Spot instances are reclaimed by themselves: market is each type's usual rate"),
  SPOT_SEED(
      "spot.seed",
      new Rule.Whole(0, Integer.MAX_VALUE),
      "1",
      "seed of the Spot market's prices and interruptions"),
  SPOT_NOTICE(
      "spot.notice",
      new Rule.Span("PT0S", "PT1H"),
      "PT2M",
      "between the notice that a Spot instance is reclaimed, and its end"),
  AWS_SUBMIT_RATE(
      "aws.submitRate",
      new Rule.Whole(1, 10_000),
      "50",
      "most SubmitJob calls a second with backend aws; more wait in order"),
  AWS_PACK_ARRAYS(
      "aws.packArrays",
      new Rule.YesNo(),
      "true",
      "whether like tasks that are sent together share one SubmitJob with backend aws"),
  AWS_POLL_INTERVAL(
      "aws.pollInterval",
      new Rule.Span("PT0.1S", "PT10M"),
      "PT3S",
      "between two looks at live jobs with backend aws; up to ten times as long while none changes"),
  TASKS_BUCKET(
      "tasks.bucket",
      new Rule.Matching("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "a bucket's name"),
      "spillway",
      "bucket that payloads and results of tasks travel through; with backend aws it must exist"),
  CIRCUIT_OPEN_FOR(
      "circuit.openFor",
      new Rule.Span("PT1S", "PT1H"),
      "PT30S",
      "how long a function, queue or bucket whose service breaks is left alone"),
  ROUTING_OBJECTIVE(
      "routing.objective",
      new Rule.OneOf("cost", "speed", "balanced"),
      "cost",
      "what decides among routes for tasks and workloads that name no objective"),
  ROUTING_FUNCTION_MARGIN(
      "routing.functionMargin",
      new Rule.Span("PT0S", "PT14M"),
      "PT60S",
      "kept free under Lambda's limit: what is expected to run longer goes to no function"),
  ROUTING_FIRST_SIGHT(
      "routing.firstSight",
      new Rule.OneOf("auto", "function", "batch"),
      "auto",
      "where a workload goes that never ran and has no hint; auto goes by its input and Timeout"),
  ROUTING_CANARY(
      "routing.canary",
      new Rule.Whole(0, 1_000),
      "8",
      "children of an array that run first, to decide where the rest goes"),
  ROUTING_PRICES(
      "routing.prices", new Rule.Folder(), "", "file of list prices, in place of the built-in one"),
  ROUTING_LIMITS(
      "routing.limits",
      new Rule.Folder(),
      "",
      "file of the routes' limits and start-up times, in place of the built-in one"),
  FALLBACK_MAX_HOPS(
      "fallback.maxHops",
      new Rule.Whole(1, 20),
      "4",
      "most routes that one task is tried on; a retry on the same route is not one more"),
  FALLBACK_RAISE_FACTOR(
      "fallback.raiseFactor",
      new Rule.Decimal("1", "16"),
      "2",
      "memory that the next route is asked for, where the last ran out of it: so many times as much"),
  FALLBACK_NO_CAPACITY_AFTER(
      "fallback.noCapacityAfter",
      new Rule.Span("PT1S", "P7D"),
      "PT10M",
      "a job that has been in its queue for so long is given up for the next route, if there is one"),
  FALLBACK_CAUSES(
      "fallback.causes",
      new Rule.Folder(),
      "",
      "file that tells causes of failed hops apart, in place of the built-in one"),
  RETENTION_TASKS(
      "retention.tasks",
      new Rule.Span("PT1M", "P3650D"),
      "P90D",
      "how long ended tasks are kept, with their hops, logs of hops and idempotency keys"),
  RETENTION_RESULTS(
      "retention.results",
      new Rule.Span("PT1M", "P3650D"),
      "P30D",
      "how long payloads and results of ended tasks stay in S3; never longer than their task"),
  RETENTION_JOBS(
      "retention.jobs", new Rule.Span("PT1M", "P3650D"), "P7D", "how long ended jobs are kept"),
  LOGS_MAX_PER_ATTEMPT(
      "logs.maxPerAttempt",
      new Rule.Size(1),
      "64 MiB",
      "of a longer log the beginning and the end are kept"),
  RETENTION_LOGS(
      "retention.logs",
      new Rule.Span("PT1M", "P3650D"),
      "P30D",
      "how long logs of ended attempts and of functions are kept");

  private final String key;
  private final Rule rule;
  private final String fallback;
  private final String meaning;

  Setting(String key, Rule rule, String fallback, String meaning) {
    this.key = key;
    this.rule = rule;
    this.fallback = fallback;
    this.meaning = meaning;
  }

  /** As in the file: {@code server.s3Port}. */
  public String key() {
    return key;
  }

  /** As an environment variable: {@code SPILLWAY_SERVER_S3_PORT}. */
  public String variable() {
    return "SPILLWAY_"
        + key.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
            .replace('.', '_')
            .toUpperCase(java.util.Locale.ROOT);
  }

  public Rule rule() {
    return rule;
  }

  /** Text of the default; empty when it depends on the host or is none. */
  public String fallback() {
    return fallback;
  }

  /** One line for people. */
  public String meaning() {
    return meaning;
  }

  static Optional<Setting> of(String key) {
    return Arrays.stream(values()).filter(setting -> setting.key.equals(key)).findFirst();
  }

  /** The known key with the fewest changed characters. */
  static Setting nearest(String key) {
    String nearest = Nearest.to(key, Arrays.stream(values()).map(Setting::key).toList());
    return of(nearest).orElseThrow();
  }
}
