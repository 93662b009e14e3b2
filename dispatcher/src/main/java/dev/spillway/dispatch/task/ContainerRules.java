package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.routing.Amounts;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads what a task says of its container: image, command, environment.
 *
 * <p>Source: a job's container overrides in AWS Batch.
 */
final class ContainerRules {
  /** All overrides of a job together may have 8,192 bytes; the rest is Spillway's. */
  private static final int MOST_ENVIRONMENT_BYTES = 6144;

  private static final Pattern IMAGE = Pattern.compile("[\\x21-\\x7e]{1,512}");
  private static final Pattern VARIABLE = Pattern.compile("[^=\\x00]{1,256}");

  /** What Batch replaces by a parameter. */
  private static final Pattern REF = Pattern.compile("Ref::[a-zA-Z0-9_-]+");

  private ContainerRules() {}

  static Optional<TaskDocument.Container> read(Members m) {
    if (m.has("command") && !m.has("image")) {
      m.fault("command", "needs an image beside it. A workload brings its own command.");
    }
    List<String> command =
        m.list(
            "command",
            1000,
            node -> {
              if (!node.isTextual() || node.textValue().isEmpty() || zero(node.textValue())) {
                m.fault(
                    "command", "has an entry that is not a text, or empty, or has a zero byte.");
                return Optional.empty();
              }
              REF.matcher(node.textValue())
                  .results()
                  .forEach(
                      ref ->
                          m.fault(
                              "command",
                              "has "
                                  + ref.group()
                                  + ", but a task without a workload has no parameters. Write the"
                                  + " value itself, or register a workload."));
              return Optional.of(node.textValue());
            });
    return m.text("image", IMAGE, "is not the name of an image: 1 to 512 characters, no space.")
        .map(image -> new TaskDocument.Container(image, command));
  }

  static Map<String, String> environment(Members m) {
    Map<String, String> variables = new LinkedHashMap<>();
    m.list(
        "environment",
        200,
        node -> {
          JsonNode name = node.path("name");
          JsonNode value = node.path("value");
          if (!node.isObject()
              || node.size() != 2
              || !name.isTextual()
              || !value.isTextual()
              || !VARIABLE.matcher(name.textValue()).matches()
              || zero(value.textValue())) {
            m.fault(
                "environment",
                "has an entry that is not {name, value} with two texts, the name of 1 to 256"
                    + " characters without =, both without a zero byte.");
          } else if (name.textValue().startsWith("AWS_BATCH")
              || name.textValue().startsWith("SPILLWAY_")) {
            m.fault(
                "environment",
                "sets "
                    + name.textValue()
                    + "; names that begin with AWS_BATCH or SPILLWAY_ are set for the job.");
          } else if (variables.put(name.textValue(), value.textValue()) != null) {
            m.fault("environment", "sets " + name.textValue() + " twice.");
          }
          return Optional.empty();
        });
    int bytes =
        variables.entrySet().stream()
            .mapToInt(e -> bytes(e.getKey()) + bytes(e.getValue()) + 2)
            .sum();
    if (bytes > MOST_ENVIRONMENT_BYTES) {
      m.fault(
          "environment",
          "has "
              + Amounts.count(bytes)
              + " bytes; the most is "
              + Amounts.count(MOST_ENVIRONMENT_BYTES)
              + ", because Batch takes 8,192 for all overrides. Put data into payload.");
    }
    return variables;
  }

  /** The operating system would end the text there. */
  private static boolean zero(String text) {
    return text.indexOf('\0') >= 0;
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
