package dev.spillway.batch.logs;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.Job;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** Reads the files that executors write. */
public final class StoredLogs implements JobLogs {
  private final LogFiles files;
  private final Function<String, Optional<Job>> jobs;

  /** {@code jobs} finds a job by id, ended or not. */
  public StoredLogs(LogFiles files, Function<String, Optional<Job>> jobs) {
    this.files = files;
    this.jobs = jobs;
  }

  @Override
  public Optional<Path> file(String jobId, int attempt) {
    return jobs.apply(jobId).flatMap(job -> file(job, attempt));
  }

  @Override
  public Slice read(String jobId, int attempt, long offset, int maxBytes) {
    Optional<Job> job = jobs.apply(jobId);
    Optional<Path> file = job.flatMap(j -> file(j, attempt));
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

  private Optional<Path> file(Job job, int attempt) {
    return job.placement(attempt).map(on -> files.file(on, new AttemptId(job.id(), attempt)));
  }
}
