package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.config.Rule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The Spot instances that are there; and one taken away, to see what a retry policy is worth. */
@Command(
    name = "spot",
    description = "List Spot instances, or reclaim one as the market would.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {SpotCommand.ListInstances.class, SpotCommand.Reclaim.class})
final class SpotCommand {

  /** All Spot instances. */
  @Command(
      name = "list",
      description = "List the Spot instances that are there or coming.",
      mixinStandardHelpOptions = true)
  static final class ListInstances implements Callable<Integer> {
    private static final List<String> HEADER =
        List.of("INSTANCE", "TYPE", "ENVIRONMENT", "PHASE", "PRICE/H", "UP", "JOBS");

    @Mixin ClientOptions client;

    @Spec CommandSpec spec;

    @Option(names = "--all", description = "On-demand instances and hosts, too.")
    boolean all;

    @Override
    public Integer call() {
      JsonNode answer = client.api().get("/instances");
      var out = spec.commandLine().getOut();
      if (client.json) {
        out.println(answer.toPrettyString());
        out.flush();
        return 0;
      }
      List<List<String>> rows = new ArrayList<>();
      for (JsonNode instance : answer.path("instances")) {
        if (all || instance.path("market").asText().equals("SPOT")) {
          rows.add(row(instance));
        }
      }
      if (client.quiet) {
        rows.forEach(row -> out.println(row.getFirst()));
        out.flush();
      } else {
        client.table().print(out, HEADER, rows);
      }
      return 0;
    }

    private static List<String> row(JsonNode instance) {
      String up =
          instance.has("upAt")
              ? TaskView.seconds(
                  Duration.between(
                      Instant.ofEpochMilli(instance.get("upAt").longValue()), Instant.now()))
              : "-";
      return List.of(
          instance.path("instanceId").asText(),
          instance.path("instanceType").asText(),
          instance.path("computeEnvironment").asText(),
          instance.path("phase").asText(),
          "$" + instance.path("pricePerHour").asText("0"),
          up,
          Integer.toString(instance.path("jobs").size()));
    }
  }

  /** One of them goes. */
  @Command(
      name = "reclaim",
      description = {
        "Take a Spot instance away: its jobs get SIGTERM, and what still runs when the notice is"
            + " over is lost. Their retry strategy decides what comes next."
      },
      mixinStandardHelpOptions = true)
  static final class Reclaim implements Callable<Integer> {
    @Mixin ClientOptions client;

    @Spec CommandSpec spec;

    @Parameters(
        paramLabel = "INSTANCE",
        description =
            "Id, as spot list shows it, or its start; or the id of a job, whose Fargate Spot task"
                + " is taken back.")
    String instance;

    @Option(
        names = "--notice",
        paramLabel = "TIME",
        description = "Between the notice and the end: 0s, 30s, PT2M; default: spot.notice.")
    String notice;

    @Override
    public Integer call() {
      ObjectNode body = JsonNodeFactory.instance.objectNode();
      if (notice != null) {
        body.put("notice", span(notice).toString());
      }
      TaskApi api = client.api();
      String id = resolve(api);
      JsonNode answer = api.post("/instances/" + TaskApi.encoded(id) + ":reclaim", body);
      var out = spec.commandLine().getOut();
      if (client.json) {
        out.println(answer.toPrettyString());
      } else if (client.quiet) {
        out.println(id);
      } else {
        out.println(
            answer.has("jobId")
                ? "The Fargate Spot task of job %s was given notice.".formatted(id)
                : "Instance %s (%s) of compute environment %s was given notice; it ends %s."
                    .formatted(
                        id,
                        answer.path("instanceType").asText(),
                        answer.path("computeEnvironment").asText(),
                        answer.has("endsAt")
                            ? "at "
                                + Instant.ofEpochMilli(answer.get("endsAt").longValue())
                                + ", or when its jobs have ended"
                            : "now"));
      }
      out.flush();
      return 0;
    }

    private String resolve(TaskApi api) {
      List<String> found = new ArrayList<>();
      for (JsonNode i : api.get("/instances").path("instances")) {
        String id = i.path("instanceId").asText();
        if (id.startsWith(instance)) {
          found.add(id);
        }
      }
      if (found.size() > 1) {
        throw new CommandFailure(
            CommandFailure.REFUSED,
            "%s is the start of %d instances: %s."
                .formatted(instance, found.size(), String.join(", ", found)));
      }
      return found.isEmpty() ? instance : found.getFirst();
    }

    private static Duration span(String text) {
      try {
        return (Duration) new Rule.Span("PT0S", "PT1H").read(text);
      } catch (IllegalArgumentException e) {
        throw new CommandFailure(
            CommandFailure.REFUSED, "--notice is \"%s\"; %s.".formatted(text, e.getMessage()));
      }
    }
  }
}
