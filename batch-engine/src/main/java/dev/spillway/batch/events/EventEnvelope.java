package dev.spillway.batch.events;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.JobDetailMapper;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.job.JobDetail;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/**
 * An event in EventBridge's envelope.
 *
 * <p>Units: {@code time} is ISO-8601 in seconds; times inside {@code detail} are epoch
 * milliseconds. <br>
 * The id follows from the sequence: who reads an event twice can tell. <br>
 * Source: user guide, EventBridge events; events of the shape of JobDetail.
 */
public final class EventEnvelope {
  private final Arns arns;
  private final JobDetailMapper mapper;

  public EventEnvelope(Arns arns) {
    this.arns = arns;
    this.mapper = new JobDetailMapper(arns);
  }

  /** {@code kept}: of the event's job. */
  public ObjectNode of(BatchEvent event, JobDetail kept) {
    ObjectNode envelope = Json.object();
    String seed = arns.account() + "/" + arns.region() + "/" + event.sequence();
    envelope
        .put("version", "0")
        .put("id", UUID.nameUUIDFromBytes(seed.getBytes(StandardCharsets.UTF_8)).toString())
        .put("detail-type", event.type().detailType())
        .put("source", "aws.batch")
        .put("account", arns.account())
        .put("time", event.at().truncatedTo(ChronoUnit.SECONDS).toString())
        .put("region", arns.region());
    String jobArn = arns.job(event.job().id());
    var resources = envelope.putArray("resources").add(jobArn);
    if (event.type() == BatchEvent.Type.QUEUE_BLOCKED) {
      resources.add(arns.jobQueue(event.job().spec().jobQueue()));
    }
    ObjectNode detail =
        mapper.detail(
            event.job(),
            kept,
            new JobDetailMapper.Wait(Optional.ofNullable(event.statusReason()), Optional.empty()));
    ((ObjectNode) detail.get("tags")).put("resourceArn", jobArn);
    envelope.set("detail", detail);
    return envelope;
  }
}
