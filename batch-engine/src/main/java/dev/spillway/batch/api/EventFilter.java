package dev.spillway.batch.api;

import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.events.BatchEvent;
import dev.spillway.batch.job.JobStatus;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Which events a reader wants; all of them when it does not say. */
record EventFilter(
    Optional<String> jobQueue, Optional<JobStatus> status, Optional<BatchEvent.Type> type) {

  static EventFilter of(String jobQueue, String status, String detailType, Arns arns) {
    return new EventFilter(
        Optional.ofNullable(jobQueue).map(q -> Names.of(q, "job-queue", arns)),
        Optional.ofNullable(status).map(EventFilter::status),
        Optional.ofNullable(detailType).map(EventFilter::type));
  }

  private static BatchEvent.Type type(String text) {
    return Arrays.stream(BatchEvent.Type.values())
        .filter(t -> t.detailType().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                BatchApiException.client(
                    "detail-type is %s; it should be one of %s."
                        .formatted(
                            text,
                            Arrays.stream(BatchEvent.Type.values())
                                .map(BatchEvent.Type::detailType)
                                .toList())));
  }

  private static JobStatus status(String text) {
    return Arrays.stream(JobStatus.values())
        .filter(s -> s.name().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                BatchApiException.client(
                    "status is %s; it should be one of %s."
                        .formatted(text, List.of(JobStatus.values()))));
  }

  boolean wants(BatchEvent event) {
    return jobQueue.map(q -> q.equals(event.job().spec().jobQueue())).orElse(true)
        && status.map(s -> s == event.job().status()).orElse(true)
        && type.map(t -> t == event.type()).orElse(true);
  }
}
