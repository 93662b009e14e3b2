package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a task's code wrote, or a job's. */
@Command(
    name = "logs",
    description = "Print the log of a task, or of a job.",
    mixinStandardHelpOptions = true)
final class LogsCommand implements Callable<Integer> {
  private static final long LOOK_MILLIS = 500;

  @Mixin ClientOptions client;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "TASK", arity = "0..1", description = "Id, or its first 8 characters.")
  String task;

  @Option(
      names = "--job",
      paramLabel = "JOB",
      description =
          "Instead of a task: a job's id, id:index of an array, id#node, or id/container.")
  String job;

  @Option(
      names = {"-t", "--timestamps"},
      description = "With --job: when each line was written.")
  boolean timestamps;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until the task has ended.")
  boolean follow;

  @Option(names = "--hop", paramLabel = "N", description = "Which hop; else the last.")
  Integer hop;

  @Option(names = "--attempt", paramLabel = "N", description = "Which attempt; else the last.")
  Integer attempt;

  @Override
  public Integer call() throws InterruptedException {
    if ((task == null) == (job == null)) {
      throw new CommandFailure(CommandFailure.REFUSED, "Name a task, or a job with --job.");
    }
    TaskApi api = client.api();
    if (!follow) {
      return job == null ? print(api) : printJob(api);
    }
    try (var _ = Detach.from("logs -f " + (job == null ? task : "--job " + job), client)) {
      return job == null ? print(api) : printJob(api);
    }
  }

  private int printJob(TaskApi api) throws InterruptedException {
    var out = spec.commandLine().getOut();
    long offset = 0;
    while (true) {
      JsonNode page =
          api.get(
              "/batch/logs?jobId="
                  + TaskApi.encoded(job)
                  + "&offset="
                  + offset
                  + (attempt == null ? "" : "&attempt=" + attempt));
      for (JsonNode line : page.path("lines")) {
        String time = timestamps ? Instant.ofEpochMilli(line.path("timestamp").asLong()) + " " : "";
        out.println(time + line.path("message").asText());
      }
      out.flush();
      boolean nothing = offset == page.path("nextOffset").asLong();
      offset = page.path("nextOffset").asLong();
      if (page.path("ended").asBoolean() || nothing && !follow) {
        return 0;
      }
      if (nothing) {
        Thread.sleep(LOOK_MILLIS);
      }
    }
  }

  private int print(TaskApi api) throws InterruptedException {
    var out = spec.commandLine().getOut();
    int hopNow = 0;
    long offset = 0;
    while (true) {
      TaskView view = new TaskView(api.get("/tasks/" + TaskApi.encoded(task)));
      int wanted = hop == null ? view.hops() : hop;
      if (wanted != hopNow) {
        offset = 0;
        hopNow = wanted;
        if (follow && wanted > 0) {
          System.err.println("--- hop " + wanted + " " + view.route() + " ---");
        }
      }
      TaskApi.Log log = api.log(path(wanted, offset));
      out.print(log.text());
      out.flush();
      offset = log.nextOffset();
      boolean rest = log.ended() || !log.text().isEmpty();
      if (!follow || (view.ended() && !(rest && !log.ended()))) {
        return 0;
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  private String path(int wanted, long offset) {
    StringBuilder path =
        new StringBuilder("/tasks/" + TaskApi.encoded(task) + "/logs?offset=" + offset);
    if (wanted > 0) {
      path.append("&hop=").append(wanted);
    }
    if (attempt != null) {
      path.append("&attempt=").append(attempt);
    }
    return path.toString();
  }
}
