package dev.spillway.handlers.workload;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/**
 * A Batch container's main: {@code BatchMain <workload> [--name value ...]}.
 *
 * <p>Shape: the payload comes from the hop's environment, or, for a job that was sent straight to
 * Batch, from the arguments. A child of an array job that carries several tasks takes its line of
 * {@code SPILLWAY_MEMBERS_S3} for variables of its own. The result goes to {@code
 * SPILLWAY_RESULT_S3} when that is set, and always to standard output as one line. <br>
 * Errors: exit code 1 and one JSON line {@code {"errorType", "errorMessage"}} on standard error,
 * the same two words a function reports; the line is left at {@code SPILLWAY_ERROR_S3}, too.
 */
public final class BatchMain {
  private BatchMain() {}

  public static void main(String[] args) {
    System.exit(run(args, System.getenv(), System.out, System.err));
  }

  static int run(String[] args, Map<String, String> environment, PrintStream out, PrintStream err) {
    WorkloadHandler<?, ?> handler = null;
    Map<String, String> own = environment;
    try {
      if (args.length == 0) {
        throw new InvalidPayloadException("no workload named; give one of: " + names());
      }
      handler = find(args[0]);
      own = handler.payloads().ownOfMember(environment);
      byte[] result = answer(handler, args, own);
      out.println(new String(result, StandardCharsets.UTF_8));
      out.flush();
      return 0;
    } catch (Throwable e) {
      // Errors too: a job that ran out of memory must say so before it ends.
      String line = report(e, err);
      leave(line, handler, own, err);
      return 1;
    }
  }

  private static byte[] answer(
      WorkloadHandler<?, ?> handler, String[] args, Map<String, String> environment)
      throws IOException {
    Optional<byte[]> payload = handler.payloads().ofJob(environment);
    List<String> rest = Arrays.asList(args).subList(1, args.length);
    byte[] result =
        handler.handle(payload.isPresent() ? payload.get() : handler.payloads().ofArguments(rest));
    String target = environment.get("SPILLWAY_RESULT_S3");
    if (target != null && !target.isBlank()) {
      handler.objects().write(result, S3Location.parse(target), "application/json");
    }
    return result;
  }

  @SuppressWarnings("rawtypes")
  private static WorkloadHandler<?, ?> find(String name) {
    return providers().stream()
        .filter(provider -> nameOf(provider).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidPayloadException(
                    "there is no workload \"" + name + "\"; there are: " + names()))
        .get();
  }

  /** Listed, not made: making a handler starts its context. */
  @SuppressWarnings("rawtypes")
  private static List<ServiceLoader.Provider<WorkloadHandler>> providers() {
    return ServiceLoader.load(WorkloadHandler.class).stream().toList();
  }

  @SuppressWarnings("rawtypes")
  private static String nameOf(ServiceLoader.Provider<WorkloadHandler> provider) {
    Workload named = provider.type().getAnnotation(Workload.class);
    return named == null ? provider.type().getName() : named.value();
  }

  private static String names() {
    return providers().stream().map(BatchMain::nameOf).sorted().collect(Collectors.joining(", "));
  }

  /** For whoever decides what comes next: the same two words that a function answers with. */
  private static void leave(
      String line,
      WorkloadHandler<?, ?> handler,
      Map<String, String> environment,
      PrintStream err) {
    String target = environment.get("SPILLWAY_ERROR_S3");
    if (handler == null || target == null || target.isBlank()) {
      return;
    }
    try {
      handler
          .objects()
          .write(
              line.getBytes(StandardCharsets.UTF_8), S3Location.parse(target), "application/json");
    } catch (IOException | RuntimeException | Error e) {
      // The exit code still says that it failed.
      err.println("The error could not be left at " + target + ": " + e);
    }
  }

  private static String report(Throwable thrown, PrintStream err) {
    // The service loader's wrapping says nothing; what it wraps does.
    Throwable error =
        thrown instanceof ServiceConfigurationError && thrown.getCause() != null
            ? thrown.getCause()
            : thrown;
    error.printStackTrace(err);
    String type = error.getClass().getName();
    String message = String.valueOf(error.getMessage());
    String line = "{\"errorType\":" + quoted(type) + ",\"errorMessage\":" + quoted(message) + "}";
    err.println(line);
    err.flush();
    return line;
  }

  /** By hand: this must work when there is no memory left for a mapper. */
  private static String quoted(String text) {
    StringBuilder line = new StringBuilder(text.length() + 16).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        line.append('\\').append(c);
      } else if (c < 0x20 || Character.isSurrogate(c)) {
        line.append("\\u").append(HEX[c >> 12 & 15]).append(HEX[c >> 8 & 15]);
        line.append(HEX[c >> 4 & 15]).append(HEX[c & 15]);
      } else {
        line.append(c);
      }
    }
    return line.append('"').toString();
  }

  private static final char[] HEX = "0123456789abcdef".toCharArray();
}
