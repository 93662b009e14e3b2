package dev.spillway.dispatch.routing.prediction;

import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * What a history comes to, for people. All but {@code runs} are of the runs that are remembered,
 * each counted once; one that was cut short counts as long as it ran.
 *
 * @param runs ever learnt from
 * @param remembered of them
 * @param medianSeconds as many are shorter as are longer
 * @param longSeconds nine runs in ten are shorter
 * @param memoryMib that 19 runs in 20 did not exceed, of those whose memory was seen
 * @param medianInputBytes of those whose input's size is known
 */
public record Figures(
    long runs,
    int remembered,
    OptionalDouble medianSeconds,
    OptionalDouble longSeconds,
    OptionalLong memoryMib,
    OptionalLong medianInputBytes) {

  /** Of a history. */
  public static Figures of(RunHistory history) {
    long[] durations = codes(history).map(RunCode::durationCode).sorted().toArray();
    long[] memory = codes(history).map(RunCode::memoryCode).filter(c -> c > 0).sorted().toArray();
    long[] inputs = codes(history).map(RunCode::inputCode).filter(c -> c > 0).sorted().toArray();
    return new Figures(
        history.count(),
        history.size(),
        seconds(durations, 0.5),
        seconds(durations, 0.9),
        memory.length == 0
            ? OptionalLong.empty()
            : OptionalLong.of(RunCode.mib((int) quantile(memory, 0.95))),
        inputs.length == 0
            ? OptionalLong.empty()
            : OptionalLong.of(RunCode.bytes((int) quantile(inputs, 0.5))));
  }

  private static LongStream codes(RunHistory history) {
    return IntStream.range(0, history.size()).mapToLong(history::code);
  }

  private static OptionalDouble seconds(long[] sorted, double share) {
    return sorted.length == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(RunCode.seconds((int) quantile(sorted, share)));
  }

  /** The least of them that this share does not exceed. */
  private static long quantile(long[] sorted, double share) {
    return sorted[(int) Math.ceil(share * sorted.length) - 1];
  }
}
