package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What jobs and instances cost at list prices. */
@Command(
    name = "ledger",
    description = "Show what jobs and instances cost at list prices, idle time included.",
    mixinStandardHelpOptions = true)
final class LedgerCommand implements Callable<Integer> {
  @Mixin ClientOptions client;

  @Spec CommandSpec spec;

  @Option(
      names = "--by",
      paramLabel = "WHAT",
      defaultValue = "environment",
      description = "environment, queue, share or day; default: ${DEFAULT-VALUE}.")
  String by;

  @Option(names = "--job", paramLabel = "JOB", description = "The attempts of one job instead.")
  String job;

  @Override
  public Integer call() {
    JsonNode answer =
        client
            .api()
            .get(
                job == null
                    ? "/ledger?by=" + TaskApi.encoded(by)
                    : "/ledger?by=job&jobId=" + TaskApi.encoded(job));
    var out = spec.commandLine().getOut();
    if (client.json) {
      out.println(answer.toPrettyString());
      out.flush();
      return 0;
    }
    List<String> header = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    for (JsonNode line : answer.path("lines")) {
      rows.add(job == null ? sums(line, header) : attempt(line, header));
    }
    client.table().print(out, header.isEmpty() ? List.of("COST") : header, rows);
    if (client.table().terminal()) {
      out.println("total " + dollars(answer.path("cost")));
      out.flush();
    }
    return 0;
  }

  private static List<String> sums(JsonNode line, List<String> header) {
    List<String> row = new ArrayList<>();
    boolean first = header.isEmpty();
    line.properties()
        .forEach(
            member -> {
              if (first) {
                header.add(words(member.getKey()));
              }
              row.add(
                  member.getKey().toLowerCase(Locale.ROOT).endsWith("cost")
                      ? dollars(member.getValue())
                      : text(member.getValue()));
            });
    return row;
  }

  private static List<String> attempt(JsonNode line, List<String> header) {
    if (header.isEmpty()) {
      header.addAll(
          List.of("ATTEMPT", "ENVIRONMENT", "INSTANCE", "TYPE", "MARKET", "SECONDS", "COST"));
    }
    return List.of(
        line.path("attempt").asText() + (line.path("running").asBoolean() ? " (running)" : ""),
        line.path("computeEnvironment").asText(),
        line.path("instanceId").asText("-"),
        line.path("instanceType").asText("fargate"),
        line.path("spot").asBoolean() ? "spot" : "on demand",
        text(line.path("seconds")),
        dollars(line.path("cost")));
  }

  /** {@code attemptSeconds} as {@code ATTEMPT SECONDS}. */
  private static String words(String member) {
    return member.replaceAll("([a-z])([A-Z])", "$1 $2").toUpperCase(Locale.ROOT);
  }

  private static String text(JsonNode value) {
    return value.isNumber()
        ? value.decimalValue().stripTrailingZeros().toPlainString()
        : value.asText();
  }

  private static String dollars(JsonNode amount) {
    BigDecimal dollars = amount.decimalValue();
    int places = dollars.abs().compareTo(BigDecimal.ONE) < 0 ? 6 : 2;
    return "$" + dollars.setScale(places, RoundingMode.HALF_UP).toPlainString();
  }
}
