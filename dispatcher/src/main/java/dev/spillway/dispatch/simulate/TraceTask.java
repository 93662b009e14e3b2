package dev.spillway.dispatch.simulate;

import java.util.List;
import java.util.OptionalDouble;

/**
 * One task of a trace.
 *
 * @param workflow it was submitted with
 * @param application the workflow is of this kind
 * @param workload what is learnt of it is learnt under this name
 * @param seconds that its code ran
 * @param inputBytes negative when the trace does not say
 * @param memoryMib most it used; 0 when the trace does not say
 * @param hintSeconds what its user asked for
 * @param submitSeconds when it was submitted, by the clock of the trace
 * @param parents places in its workflow, from 0
 */
public record TraceTask(
    String workflow,
    String application,
    String workload,
    double seconds,
    long inputBytes,
    long memoryMib,
    OptionalDouble hintSeconds,
    OptionalDouble submitSeconds,
    List<Integer> parents) {
  public TraceTask {
    parents = List.copyOf(parents);
  }
}
