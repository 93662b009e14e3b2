package dev.spillway.dispatch.fallback;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What was seen of a hop that did not succeed.
 *
 * @param errorType of the function or the service, {@code Sandbox.Timedout} ..., or of a job that
 *     left its error
 * @param message that came with it
 * @param exitCode of the container
 * @param statusReason of the Batch job
 * @param reason of the container
 * @param httpStatus of the service's refusal
 */
public record Failure(
    Optional<String> errorType,
    Optional<String> message,
    OptionalInt exitCode,
    Optional<String> statusReason,
    Optional<String> reason,
    OptionalInt httpStatus) {

  /** A function's error object. */
  public static Failure ofFunction(String errorType, String message) {
    return new Failure(
        Optional.of(errorType),
        Optional.of(message),
        OptionalInt.empty(),
        Optional.empty(),
        Optional.empty(),
        OptionalInt.empty());
  }

  /** A service's refusal. */
  public static Failure ofService(int httpStatus, String errorType, String message) {
    return new Failure(
        Optional.of(errorType),
        Optional.of(message),
        OptionalInt.empty(),
        Optional.empty(),
        Optional.empty(),
        OptionalInt.of(httpStatus));
  }

  /** A failed job. */
  public static Failure ofJob(
      OptionalInt exitCode, Optional<String> statusReason, Optional<String> reason) {
    return new Failure(
        Optional.empty(), Optional.empty(), exitCode, statusReason, reason, OptionalInt.empty());
  }

  /** The same with what the code said of itself before it ended. */
  public Failure saying(String type, String text) {
    return new Failure(
        Optional.of(type), Optional.of(text), exitCode, statusReason, reason, httpStatus);
  }

  /** One line with all that is known. */
  public String text() {
    StringBuilder text = new StringBuilder();
    message.or(() -> reason).or(() -> statusReason).ifPresent(text::append);
    errorType.filter(t -> !text.toString().contains(t)).ifPresent(t -> text.insert(0, t + ": "));
    if (exitCode.isPresent() && reason.isEmpty()) {
      text.append(text.isEmpty() ? "" : ", ").append("exit code ").append(exitCode.getAsInt());
    }
    return text.isEmpty() ? "no reason was given" : text.toString();
  }
}
