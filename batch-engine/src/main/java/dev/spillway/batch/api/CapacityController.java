package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.capacity.Billing;
import dev.spillway.batch.capacity.Catalogue;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.capacity.InstanceType;
import dev.spillway.batch.capacity.SpotMarket;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.EngineView;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import io.micronaut.context.annotation.Requires;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Error;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The instances of all compute environments, and what they cost: {@code GET /instances}, {@code
 * POST /instances/{id}:reclaim}, {@code GET /ledger}.
 *
 * <p>Errors: 404 for an instance that is not there, 409 for one that cannot be reclaimed, 400 for
 * the rest, in AWS's shape.
 */
@Requires(beans = BatchSettings.class)
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
@Consumes(MediaType.ALL)
@Produces(MediaType.APPLICATION_JSON)
public class CapacityController {
  private static final Duration MOST_NOTICE = Duration.ofHours(1);

  private final EngineAccess engine;
  private final InstantSource clock;
  private final SpotMarket market;
  private final Ledger ledger;

  public CapacityController(EngineAccess engine, BatchSettings settings, InstantSource clock) {
    this.engine = engine;
    this.clock = clock;
    this.market = settings.capacity().market();
    this.ledger = new Ledger(engine, new Billing(Catalogue.builtIn(), market));
  }

  /** All that are there or coming, by environment and age. */
  @Get("/instances")
  public String instances(@Nullable @QueryValue String computeEnvironment) {
    EngineView view = engine.view();
    Map<String, List<String>> jobs = new TreeMap<>();
    for (Job job : view.liveJobs()) {
      if (job.state() instanceof JobState.Starting || job.state() instanceof JobState.Running) {
        for (String id : job.placement(job.attempt()).orElseThrow().instances()) {
          jobs.computeIfAbsent(id, _ -> new ArrayList<>()).add(job.id());
        }
      }
    }
    ObjectNode answer = Json.object();
    ArrayNode list = answer.putArray("instances");
    view.instances().stream()
        .filter(
            i -> computeEnvironment == null || i.computeEnvironment().equals(computeEnvironment))
        .sorted(
            Comparator.comparing(Instance::computeEnvironment)
                .thenComparing(Instance::launchedAt)
                .thenComparing(Instance::id))
        .forEach(i -> write(list.addObject(), i, jobs.getOrDefault(i.id(), List.of())));
    return answer.toString();
  }

  private void write(ObjectNode node, Instance i, List<String> jobs) {
    Instant now = clock.instant();
    node.put("instanceId", i.id())
        .put("computeEnvironment", i.computeEnvironment())
        .put("instanceType", i.type())
        .put("market", i.market().name())
        .put("phase", i.phase().name())
        .put("vcpus", i.size().vcpuMillis() / 1000.0)
        .put("memoryMib", i.size().memoryMib())
        .put("gpus", i.size().gpus())
        .put("launchedAt", i.launchedAt().toEpochMilli());
    i.upAt().ifPresent(at -> node.put("upAt", at.toEpochMilli()));
    i.endsAt().ifPresent(at -> node.put("endsAt", at.toEpochMilli()));
    InstanceType type = Catalogue.builtIn().type(i.type());
    if (type != null && i.market() != Instance.Market.HOST) {
      long nanos =
          i.market() == Instance.Market.SPOT ? market.price(type, now) : type.onDemandNanos();
      node.put("pricePerHour", BigDecimal.valueOf(nanos, 9).stripTrailingZeros().toPlainString());
    }
    jobs.forEach(node.putArray("jobs")::add);
  }

  /**
   * Takes a Spot instance away as the market would, or the Fargate Spot task of a job; {@code
   * notice} as in the body, ISO-8601.
   */
  @Post("/instances/{id}:reclaim")
  public HttpResponse<String> reclaim(@PathVariable String id, HttpRequest<byte[]> http) {
    Optional<Duration> notice = notice(http.getBody().orElse(new byte[0]));
    Optional<Instance> before = engine.view().instance(id);
    if (before.isEmpty() && engine.view().job(id).isEmpty()) {
      throw new BatchApiException(
          "ResourceNotFoundException",
          404,
          "Instance %s not found; GET /instances lists those that are there.".formatted(id));
    }
    if (engine.ask(new Command.ReclaimInstance(id, notice))
        instanceof Outcome.Refused(String why)) {
      throw new BatchApiException("ConflictException", 409, why);
    }
    ObjectNode answer = Json.object();
    engine
        .view()
        .instance(id)
        .or(() -> before)
        .ifPresentOrElse(
            instance -> write(answer, instance, List.of()), () -> answer.put("jobId", id));
    return HttpResponse.<String>status(HttpStatus.ACCEPTED).body(answer.toString());
  }

  private static Optional<Duration> notice(byte[] body) {
    String given = RequestBody.read(body).path("notice").asText("");
    if (given.isEmpty()) {
      return Optional.empty();
    }
    try {
      Duration notice = Duration.parse(given);
      if (!notice.isNegative() && notice.compareTo(MOST_NOTICE) <= 0) {
        return Optional.of(notice);
      }
    } catch (DateTimeParseException _) {
      // Said below, as for one that is too long.
    }
    throw BatchApiException.client(
        "notice is %s; it should be a duration from PT0S to PT1H, for example PT2M."
            .formatted(given));
  }

  /** What was paid for, and what runs, until now. */
  @Get("/ledger")
  public String ledger(@Nullable @QueryValue String by, @Nullable @QueryValue String jobId) {
    if (jobId != null || "job".equals(by)) {
      if (jobId == null) {
        throw BatchApiException.client("by is job; give the job too: /ledger?by=job&jobId=ID.");
      }
      if (engine.jobs().find(List.of(jobId)).isEmpty()) {
        throw new BatchApiException(
            "ResourceNotFoundException", 404, "Job %s not found.".formatted(jobId));
      }
      return ledger.job(jobId, clock.instant()).toString();
    }
    String given = by == null ? "environment" : by;
    Ledger.By how =
        Arrays.stream(Ledger.By.values())
            .filter(b -> b.name().toLowerCase(Locale.ROOT).equals(given))
            .findFirst()
            .orElseThrow(
                () ->
                    BatchApiException.client(
                        "by is %s; it should be environment, queue, share, day or job."
                            .formatted(given)));
    return ledger.by(how, clock.instant()).toString();
  }

  /** What was asked for wrongly. */
  @Error(exception = BatchApiException.class)
  public HttpResponse<String> refused(BatchApiException e) {
    return e.answer();
  }
}
