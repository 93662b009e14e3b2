package dev.spillway.dispatch.routing.prediction;

/**
 * One run of a workload, as it is remembered.
 *
 * @param seconds how long the code ran, without any wait before it
 * @param inputBytes size of its input; negative when nobody knows it
 * @param memoryMib most memory it was seen to use; 0 when it was not seen
 * @param diskMib most scratch space likewise
 * @param kind of the place: runs of one kind are told apart from those of the other, because the
 *     same code may run slower there
 * @param afterFailure true when another place had failed the same task before: only the hard ones
 *     come here that way, so they say nothing of how fast the place is
 * @param cutShort true when it was stopped and would have run longer than {@code seconds}
 */
public record Run(
    double seconds,
    long inputBytes,
    long memoryMib,
    long diskMib,
    Kind kind,
    boolean afterFailure,
    boolean cutShort) {

  /** Kinds of places. */
  public enum Kind {
    FUNCTION,
    JOB
  }

  /** A run that ended by itself and of which only its length is known. */
  public static Run of(double seconds, long inputBytes, Kind kind) {
    return new Run(seconds, inputBytes, 0, 0, kind, false, false);
  }
}
