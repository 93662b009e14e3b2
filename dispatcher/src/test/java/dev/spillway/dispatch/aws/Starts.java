package dev.spillway.dispatch.aws;

import dev.spillway.dispatch.aws.BatchGateway.Share;
import dev.spillway.dispatch.aws.BatchGateway.Start;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;

/** Hops of jobs for tests: a shell script on the contract's queue. */
final class Starts {
  private Starts() {}

  static String key() {
    return UUID.randomUUID() + "/1";
  }

  static Start job(String key, String script, OptionalInt timeoutSeconds, boolean again) {
    return new Start(
        key,
        name(key),
        "contract",
        "contract",
        Map.of(),
        Map.of("WHO", "Zoë & \"friends\""),
        OptionalInt.of(1),
        OptionalInt.of(64),
        timeoutSeconds,
        List.of(script),
        Map.of("team", "data"),
        Share.NONE,
        again);
  }

  static Start job(String key, String script) {
    return job(key, script, OptionalInt.empty(), false);
  }

  static Start on(Start start, String queue, String definition) {
    return new Start(
        start.hopKey(),
        start.jobName(),
        queue,
        definition,
        start.parameters(),
        start.environment(),
        start.vcpus(),
        start.memoryMib(),
        start.timeoutSeconds(),
        start.command(),
        start.tags(),
        start.share(),
        start.again());
  }

  static Start sharing(Start start, String queue, Share share) {
    return new Start(
        start.hopKey(),
        start.jobName(),
        queue,
        start.jobDefinition(),
        start.parameters(),
        start.environment(),
        start.vcpus(),
        start.memoryMib(),
        start.timeoutSeconds(),
        start.command(),
        start.tags(),
        share,
        start.again());
  }

  static Start wide(String key, int vcpus) {
    Start start = job(key, "sleep 600");
    return new Start(
        start.hopKey(),
        start.jobName(),
        start.jobQueue(),
        start.jobDefinition(),
        start.parameters(),
        start.environment(),
        OptionalInt.of(vcpus),
        start.memoryMib(),
        start.timeoutSeconds(),
        start.command(),
        start.tags(),
        start.share(),
        start.again());
  }

  private static String name(String key) {
    return "Job-" + key.replace('/', '-');
  }
}
