package dev.spillway.dispatch.aws;

import dev.spillway.dispatch.routing.Load;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Port to functions: embedded service here, AWS Lambda there.
 *
 * <p>Shape: asynchronous. A start returns at once and its end comes to the listener, at least once.
 * What runs is in memory only: after a restart nothing is running, and the tasks' journeys say what
 * must be started again. <br>
 * Errors: all are ends. <br>
 * Source: AWS Lambda API 2015-03-31, Invoke.
 */
public interface FunctionGateway extends AutoCloseable {

  /**
   * One hop to start.
   *
   * @param hopKey {@code taskId/hop}: starting the same key twice while it runs does nothing
   * @param payload read when it is sent: a line of large ones would fill the memory
   * @param clientContext JSON text that tells the function who it is
   */
  record Start(String hopKey, String functionName, Payload payload, String clientContext) {
    /** With a payload that is there. */
    public Start carrying(byte[] bytes) {
      return new Start(hopKey, functionName, () -> bytes, clientContext);
    }
  }

  /** What a call brings. */
  @FunctionalInterface
  interface Payload {
    /**
     * Reads it.
     *
     * @throws NoPayloadException when it is gone, or cannot be read now
     */
    byte[] read();
  }

  /** A payload could not be read; it says so as a service would. */
  final class NoPayloadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * With what a service would answer.
     *
     * @param status 400 when it will never be there, 503 when it may be later
     */
    public NoPayloadException(int status, String message, Throwable cause) {
      super(message, cause);
      this.status = status;
    }

    /** How the hop ends that it was for. */
    public End.ServiceFailed end(String hopKey) {
      String type = status < 500 ? "ClientException" : "ServiceUnavailableException";
      return new End.ServiceFailed(hopKey, status, type, getMessage());
    }
  }

  /** How a hop ended. */
  sealed interface End {
    String hopKey();

    record Succeeded(String hopKey, byte[] result) implements End {}

    /** The function answered with an error object, timed out or died. */
    record FunctionFailed(String hopKey, String errorType, String errorMessage) implements End {}

    /** The service refused or broke: 404, 429, 5xx; 503 also when it could not be reached. */
    record ServiceFailed(String hopKey, int status, String errorType, String message)
        implements End {}
  }

  void listen(Consumer<End> listener);

  /** Hop keys whose code has begun to run; before that a hop may wait for a free environment. */
  void listenStarts(Consumer<String> startedHopKey);

  void start(Start start);

  /**
   * Lets a hop go; harmless when it is not running. One that runs is killed here; on AWS, which
   * cannot stop an invocation, it runs on, and its end comes late: who listens must know that it
   * was given up.
   *
   * @return true when it waited to be sent: nothing of it ran, and no end will be told
   */
  boolean cancel(String hopKey);

  /** True while this process has the hop in flight; after a restart false for all. */
  boolean running(String hopKey);

  /** How busy a function is; {@link Load#UNKNOWN} for one whose calls do not wait for a place. */
  default Load load(String functionName) {
    return Load.UNKNOWN;
  }

  /** The log of a hop that ended, last part; empty when not kept. */
  Optional<String> log(String hopKey);

  /** Starts nothing more. */
  @Override
  void close();
}
