package dev.spillway.batch.execution.process;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * The server's side of the supervisor: one small process per data folder that forks jobs and
 * function workers, sends their output to files, keeps durable exit records, and outlives the
 * server.
 */
public interface ProcessSupervisor extends AutoCloseable {

  /**
   * One process to fork.
   *
   * @param id chosen by the caller, unique among what is not forgotten; a second start of the same
   *     id does nothing
   * @param command program and arguments; the program is looked up in PATH of {@code environment}
   * @param environment all of it: nothing of the server's own is inherited
   * @param workingDirectory created when absent, handed to the unprivileged user
   * @param output file that gets standard output and standard error, appended
   * @param tied true: killed when the server's connection ends (function workers); false: goes on
   * @param limits held by the kernel where it can, else watched
   */
  record Spawn(
      String id,
      List<String> command,
      Map<String, String> environment,
      Path workingDirectory,
      Path output,
      boolean tied,
      Limits limits) {

    /** Without limits, and in the host's {@code /tmp}. */
    public Spawn(
        String id,
        List<String> command,
        Map<String, String> environment,
        Path workingDirectory,
        Path output,
        boolean tied) {
      this(id, command, environment, workingDirectory, output, tied, Limits.NONE);
    }
  }

  /**
   * What a process and all that it starts may use together; zero is no limit.
   *
   * @param memoryMib above it the process is killed, with all that it started
   * @param vcpuMillis a share, not a cap: counts only when the processors are busy
   * @param tmpMib what its temporary files may take; with it goes a {@code /tmp} of its own, where
   *     the host lets us make one
   */
  record Limits(long memoryMib, int vcpuMillis, long tmpMib) {
    public static final Limits NONE = new Limits(0, 0, 0);
  }

  /** A limit that a process went over, and was killed for. */
  record Excess(Kind kind, long usedMib, long limitMib) {
    /** What it had too much of. */
    public enum Kind {
      MEMORY,
      TMP
    }
  }

  /** What is known of a process. */
  sealed interface Status {
    String id();

    record Running(String id, long pid, Instant startedAt) implements Status {}

    /**
     * It ended. Kept, also over a death of the supervisor, until {@link #forget}.
     *
     * @param exitCode 128 + signal when a signal ended it; empty when the supervisor died first
     * @param maxRssKib largest resident set, KiB; 0 when not known
     * @param excess the limit that it, or something that it had started, was killed for
     */
    record Ended(
        String id,
        OptionalInt exitCode,
        Instant startedAt,
        Instant at,
        long maxRssKib,
        Optional<Excess> excess)
        implements Status {}

    /** It could not be started; {@code reason} names the system's error. */
    record NotStarted(String id, String reason, Instant at) implements Status {}
  }

  /** Gets every change of every process; called from one thread, in order. */
  void listen(Consumer<Status> listener);

  /** Returns when the supervisor has taken the request; the outcome goes to the listeners. */
  void spawn(Spawn spawn);

  /** Sends a signal to the whole process group; harmless when it has ended. */
  void signal(String id, int signal);

  /** All that runs, and all that ended and is not forgotten. */
  List<Status> list();

  /** Drops the exit record. */
  void forget(String id);

  /** How far processes are kept apart here. */
  Strength strength();

  /**
   * How far processes are kept apart.
   *
   * @param text for people: {@code user 65534:65534, cgroup v1 (memory, cpu shares, pids, kill),
   *     private /tmp}
   * @param limits whether limits are held at all
   */
  record Strength(String text, boolean limits) {}

  /** Closes the connection; untied processes and the supervisor go on. */
  @Override
  void close();
}
