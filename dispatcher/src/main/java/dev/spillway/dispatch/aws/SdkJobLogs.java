package dev.spillway.dispatch.aws;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.batch.BatchClient;
import software.amazon.awssdk.services.batch.model.ContainerDetail;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.OutputLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.ResourceNotFoundException;

/**
 * Logs of jobs from CloudWatch Logs: each event is a line of the log.
 *
 * <p>Offsets count bytes of UTF-8, line feeds included. CloudWatch knows only tokens, so the token
 * that led to an offset is kept for the next piece; without it a log is read from its start. <br>
 * Source: Amazon CloudWatch Logs API 2014-03-28, GetLogEvents; AWS Batch, "awslogs": group {@code
 * /aws/batch/job}, unless the job's log options name another.
 */
public final class SdkJobLogs implements JobLogReader {
  private static final String GROUP = "/aws/batch/job";
  private static final int KEPT_PLACES = 1_000;

  /** Where a page begins. */
  private record Place(long offset, String token) {}

  private record Stream(String group, String name, Optional<Instant> stoppedAt) {}

  private final BatchClient batch;
  private final CloudWatchLogsClient logs;
  private final Duration settles;
  private final InstantSource clock;
  private final Map<String, Place> places =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Place> eldest) {
          return size() > KEPT_PLACES;
        }
      };

  /**
   * Over the two services.
   *
   * @param settles how long after an attempt's end its last lines may still arrive
   */
  public SdkJobLogs(
      BatchClient batch, CloudWatchLogsClient logs, Duration settles, InstantSource clock) {
    this.batch = batch;
    this.logs = logs;
    this.settles = settles;
    this.clock = clock;
  }

  @Override
  public Optional<Piece> read(String jobId, int attempt, long offset, int mostBytes) {
    return stream(jobId, attempt).map(stream -> read(stream, offset, mostBytes));
  }

  private Optional<Stream> stream(String jobId, int attempt) {
    List<JobDetail> found = batch.describeJobs(d -> d.jobs(jobId)).jobs();
    if (found.isEmpty()) {
      return Optional.empty();
    }
    JobDetail job = found.getFirst();
    String group =
        Optional.ofNullable(job.container())
            .map(ContainerDetail::logConfiguration)
            .map(configuration -> configuration.options().get("awslogs-group"))
            .orElse(GROUP);
    if (attempt <= job.attempts().size()) {
      var past = job.attempts().get(attempt - 1);
      return Optional.ofNullable(past.container())
          .map(c -> c.logStreamName())
          .map(
              name ->
                  new Stream(
                      group,
                      name,
                      Optional.ofNullable(past.stoppedAt()).map(Instant::ofEpochMilli)));
    }
    // The attempt that runs is not among them yet; before it does, the last one's stream is shown.
    return Optional.ofNullable(job.container())
        .filter(_ -> attempt == job.attempts().size() + 1 && !SdkJobs.job(job).ended())
        .map(ContainerDetail::logStreamName)
        .filter(
            name ->
                job.attempts().stream()
                    .noneMatch(
                        a -> a.container() != null && name.equals(a.container().logStreamName())))
        .map(name -> new Stream(group, name, Optional.empty()));
  }

  private Piece read(Stream stream, long offset, int mostBytes) {
    String key = stream.group() + "\n" + stream.name();
    Place place = place(key, offset);
    var bytes = new ByteArrayOutputStream();
    boolean more = true;
    while (more && bytes.size() < mostBytes) {
      Optional<GetLogEventsResponse> page = page(stream, place.token());
      if (page.isEmpty()) {
        break;
      }
      byte[] text = text(page.get().events());
      long skip = Math.max(0, offset + bytes.size() - place.offset());
      int taken =
          (int) Math.min(text.length - Math.min(skip, text.length), mostBytes - bytes.size());
      if (taken > 0) {
        bytes.write(text, (int) skip, taken);
      }
      String next = page.get().nextForwardToken();
      more = !next.equals(place.token());
      if (skip + taken >= text.length && more) {
        place = new Place(place.offset() + text.length, next);
        keep(key, place);
      }
    }
    boolean ended =
        !more
            && bytes.size() == 0
            && stream.stoppedAt().map(t -> t.plus(settles).isBefore(clock.instant())).orElse(false);
    return new Piece(bytes.toByteArray(), offset + bytes.size(), ended);
  }

  /** Empty while the stream does not exist: a container may have written nothing yet. */
  private Optional<GetLogEventsResponse> page(Stream stream, String token) {
    try {
      return Optional.of(
          logs.getLogEvents(
              g ->
                  g.logGroupName(stream.group())
                      .logStreamName(stream.name())
                      .startFromHead(true)
                      .nextToken(token)));
    } catch (ResourceNotFoundException _) {
      return Optional.empty();
    }
  }

  private static byte[] text(List<OutputLogEvent> events) {
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.message()).append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private synchronized Place place(String key, long offset) {
    Place kept = places.get(key);
    return kept != null && kept.offset() <= offset ? kept : new Place(0, null);
  }

  private synchronized void keep(String key, Place place) {
    places.put(key, place);
  }
}
