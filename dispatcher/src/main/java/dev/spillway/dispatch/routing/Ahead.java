package dev.spillway.dispatch.routing;

/** Port: what is sent to a place before the task that is planned, and stands in no line yet. */
@FunctionalInterface
public interface Ahead {
  /** Nothing. */
  Ahead NONE = (_, _) -> Work.NONE;

  /**
   * At one place.
   *
   * @param name of the queue, or of the function
   */
  Work at(Route route, String name);

  /**
   * Some work.
   *
   * @param others jobs or calls
   * @param vcpus of all of these; a call counts as 1
   * @param alike that ask for what the task itself asks for, wherever it goes
   */
  record Work(long others, double vcpus, long alike) {
    /** Nothing. */
    public static final Work NONE = new Work(0, 0, 0);

    /** With another one. */
    public Work with(long more, double moreVcpus) {
      return new Work(others + more, vcpus + moreVcpus, alike);
    }
  }
}
