package dev.spillway.lambda.function;

import java.net.URI;
import java.util.Optional;

/**
 * Where the record of an event, or a dead letter, goes.
 *
 * <p>Errors: 400 for what no one here can deliver to. Source: AWS Lambda API, DestinationConfig,
 * DeadLetterConfig; HTTP and the dispatcher are Spillway's own.
 */
public sealed interface Destination {
  /** Documents for the dispatcher are sent here. */
  String TASKS_NAME = "spillway:tasks";

  /** Another function, as a caller names it. */
  record ToFunction(String name) implements Destination {}

  /** A POST with the record as body; 2xx means delivered. */
  record ToHttp(URI endpoint) implements Destination {}

  /** The dispatcher: the record's payload is a task document. */
  record ToTasks() implements Destination {}

  /** Reads one; {@code member} is named in the refusal. */
  static Destination parse(String member, String text) {
    return read(text)
        .orElseThrow(
            () ->
                new LambdaException(
                    "InvalidParameterValueException",
                    400,
                    member
                        + " is \""
                        + (text.length() > 200 ? text.substring(0, 200) + "..." : text)
                        + "\"; there is "
                        + missing(text)
                        + " here. Use a function's ARN, an http or https URL, or "
                        + TASKS_NAME));
  }

  /** Empty when it is none that is delivered to here. */
  static Optional<Destination> read(String text) {
    if (text.equals(TASKS_NAME)) {
      return Optional.of(new ToTasks());
    }
    if (text.matches("https?://\\S+") && text.length() <= 2048) {
      try {
        URI endpoint = URI.create(text);
        return endpoint.getHost() == null ? Optional.empty() : Optional.of(new ToHttp(endpoint));
      } catch (IllegalArgumentException _) {
        return Optional.empty();
      }
    }
    if (text.startsWith("arn:") && FunctionName.matches(text)) {
      return Optional.of(new ToFunction(text));
    }
    return Optional.empty();
  }

  private static String missing(String text) {
    if (text.contains(":sqs:")) {
      return "no SQS";
    }
    if (text.contains(":sns:")) {
      return "no SNS";
    }
    if (text.contains(":events:")) {
      return "no EventBridge";
    }
    return text.contains(":s3:") ? "no delivery to S3" : "no such destination";
  }
}
