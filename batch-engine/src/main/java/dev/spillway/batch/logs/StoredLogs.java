package dev.spillway.batch.logs;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.Job;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Reads the files that executors write. */
public final class StoredLogs implements JobLogs {
  private static final int PIECE = 1024 * 1024;

  private final LogFiles files;
  private final Function<String, Optional<Job>> jobs;

  /** {@code jobs} finds a job by id, ended or not. */
  public StoredLogs(LogFiles files, Function<String, Optional<Job>> jobs) {
    this.files = files;
    this.jobs = jobs;
  }

  @Override
  public Optional<Path> file(String jobId, int attempt) {
    return job(jobId).flatMap(job -> file(job, jobId, attempt));
  }

  @Override
  public int lastAttempt(String jobId) {
    return job(jobId).map(Job::attempt).orElse(0);
  }

  @Override
  public Lines lines(String jobId, int attempt, long offset, int most) {
    Optional<Job> job = job(jobId);
    Optional<Path> file = job.flatMap(j -> file(j, jobId, attempt));
    boolean over = job.isEmpty() || over(job.get(), attempt);
    if (file.isEmpty()) {
      return new Lines(List.of(), offset, over);
    }
    try (LogLines log = LogLines.open(file.get(), over)) {
      List<Line> lines =
          log.forward(offset, most, PIECE).stream()
              .map(l -> new Line(l.next(), l.time(), l.text()))
              .toList();
      long next = lines.isEmpty() ? offset : lines.getLast().next();
      return new Lines(lines, next, over && next >= log.length());
    } catch (NoSuchFileException e) {
      return new Lines(List.of(), offset, over);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file.get(), e);
    }
  }

  private Optional<Job> job(String jobId) {
    return jobs.apply(new AttemptId(jobId, 1).task().jobId());
  }

  private static boolean over(Job job, int attempt) {
    return job.attempts().stream().anyMatch(a -> a.number() == attempt) || job.status().terminal();
  }

  @Override
  public Slice read(String jobId, int attempt, long offset, int maxBytes) {
    Optional<Job> job = job(jobId);
    Optional<Path> file = job.flatMap(j -> file(j, jobId, attempt));
    if (file.isEmpty()) {
      return new Slice(new byte[0], offset, job.map(j -> j.status().terminal()).orElse(true));
    }
    // Looked at before the file is read: what an ended attempt wrote is all there.
    boolean attemptEnded = job.get().attempts().stream().anyMatch(a -> a.number() == attempt);
    try (var input = new RandomAccessFile(file.get().toFile(), "r")) {
      long length = input.length();
      Optional<LogCap.Cut> cut = LogCap.of(file.get());
      if (cut.isPresent() && offset >= cut.get().from() && offset < cut.get().to()) {
        return new Slice(
            ("\n" + cut.get().notice() + "\n").getBytes(StandardCharsets.UTF_8),
            cut.get().to(),
            false);
      }
      long end = cut.map(LogCap.Cut::from).filter(from -> offset < from).orElse(length);
      int count = Math.clamp(end - offset, 0, maxBytes);
      byte[] bytes = new byte[count];
      input.seek(Math.min(offset, length));
      input.readFully(bytes);
      return new Slice(bytes, offset + count, attemptEnded && offset + count >= length);
    } catch (java.io.FileNotFoundException | NoSuchFileException e) {
      return new Slice(new byte[0], offset, attemptEnded);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file.get(), e);
    }
  }

  private Optional<Path> file(Job job, String container, int attempt) {
    return job.placement(attempt).map(on -> files.file(on, new AttemptId(container, attempt)));
  }
}
