package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.capacity.DockerHost;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.execution.HostEngines;
import dev.spillway.batch.job.Size;
import io.micronaut.context.annotation.Requires;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Error;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/**
 * The hosts of unmanaged compute environments: {@code POST /hosts}, {@code GET /hosts}, {@code
 * DELETE /hosts/{id}}.
 *
 * <p>Shape: {@code {"computeEnvironment", "url", "vcpus", "memoryMib", "certificates"}}; the last
 * three may be left out, then the engine says what it has. <br>
 * Errors: 400 for a host that cannot be used, 404 for one that is not there, in AWS's shape.
 */
@Requires(beans = BatchSettings.class)
@Controller("/hosts")
@ExecuteOn(TaskExecutors.BLOCKING)
@Consumes(MediaType.ALL)
@Produces(MediaType.APPLICATION_JSON)
public class HostsController {
  private static final int MOST_VCPUS = 4096;

  private final EngineAccess engine;
  private final HostEngines engines;
  private final InstantSource clock;

  public HostsController(EngineAccess engine, HostEngines engines, InstantSource clock) {
    this.engine = engine;
    this.engines = engines;
    this.clock = clock;
  }

  /** Registers a host whose engine answers. */
  @Post
  public HttpResponse<String> add(HttpRequest<byte[]> http) {
    ObjectNode request = RequestBody.read(http.getBody().orElse(new byte[0]));
    String name =
        text(request, "computeEnvironment").orElseThrow(() -> missing("computeEnvironment"));
    String url = text(request, "url").orElseThrow(() -> missing("url"));
    if (!url.matches("unix:///.+|tcp://[^/:]+:[0-9]{1,5}")) {
      throw BatchApiException.client(
          "url is %s; it should be unix:///PATH or tcp://HOST:PORT of a Docker engine."
              .formatted(Json.shown(url)));
    }
    Optional<String> certificates = text(request, "certificates");
    if (certificates.isPresent() && !Files.isReadable(Path.of(certificates.get(), "ca.pem"))) {
      throw BatchApiException.client(
          "certificates is %s; it should be a folder of this server with ca.pem, cert.pem and key.pem."
              .formatted(Json.shown(certificates.get())));
    }
    ComputeEnvironment environment =
        engine
            .view()
            .computeEnvironment(name)
            .orElseThrow(
                () -> BatchApiException.client("Compute environment " + name + " not found."));
    DockerHost host = new DockerHost(url, certificates);
    HostEngines.Facts facts =
        engines
            .ask(host)
            .orElseThrow(
                () ->
                    BatchApiException.client(
                        "No Docker engine answers at %s: start one, or mend the URL%s."
                            .formatted(
                                url,
                                certificates.isEmpty() && url.startsWith("tcp:")
                                    ? " (for TLS give certificates)"
                                    : "")));
    Size size =
        new Size(
            number(request, "vcpus", MOST_VCPUS)
                .map(n -> n * 1000)
                .orElse(facts.size().vcpuMillis()),
            number(request, "memoryMib", Integer.MAX_VALUE).orElse(facts.size().memoryMib()),
            0);
    var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Instance instance =
        new Instance(
            id(environment, url),
            name,
            "host",
            size,
            Instance.Market.HOST,
            Instance.Phase.UP,
            now,
            Optional.of(now),
            Optional.empty(),
            Optional.of(host));
    if (engine.ask(new Command.AddHost(instance)) instanceof Outcome.Refused(String why)) {
      throw BatchApiException.client(why);
    }
    ObjectNode answer = Json.object();
    write(answer, instance);
    return HttpResponse.<String>status(HttpStatus.CREATED).body(answer.toString());
  }

  /** The same host of the same environment has the same id. */
  private static String id(ComputeEnvironment environment, String url) {
    String own = environment.uuid() + "/" + url;
    return "i-"
        + UUID.nameUUIDFromBytes(own.getBytes(StandardCharsets.UTF_8))
            .toString()
            .replace("-", "")
            .substring(0, 17);
  }

  private static BatchApiException missing(String member) {
    return BatchApiException.client(
        "%s is missing; give {\"computeEnvironment\": NAME, \"url\": \"unix:///var/run/docker.sock\"}."
            .formatted(member));
  }

  private static Optional<String> text(ObjectNode request, String member) {
    JsonNode value = request.path(member);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual() || value.textValue().isBlank()) {
      throw BatchApiException.client(
          "%s is %s; it should be a text.".formatted(member, Json.shown(value.toString())));
    }
    return Optional.of(value.textValue());
  }

  private static Optional<Long> number(ObjectNode request, String member, long most) {
    JsonNode value = request.path(member);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isIntegralNumber() || value.longValue() < 1 || value.longValue() > most) {
      throw BatchApiException.client(
          "%s is %s; it should be a whole number from 1 to %d."
              .formatted(member, Json.shown(value.toString()), most));
    }
    return Optional.of(value.longValue());
  }

  /** All of them. */
  @Get
  public String list() {
    ObjectNode answer = Json.object();
    ArrayNode list = answer.putArray("hosts");
    engine.view().instances().stream()
        .filter(i -> i.host().isPresent())
        .forEach(i -> write(list.addObject(), i));
    return answer.toString();
  }

  private static void write(ObjectNode node, Instance host) {
    node.put("instanceId", host.id())
        .put("computeEnvironment", host.computeEnvironment())
        .put("url", host.host().orElseThrow().url())
        .put("tls", host.host().orElseThrow().certificates().isPresent())
        .put("phase", host.phase().name())
        .put("vcpus", host.size().vcpuMillis() / 1000.0)
        .put("memoryMib", host.size().memoryMib());
  }

  /** It takes no more jobs and goes with its last one; with {@code now} that one is lost. */
  @Delete("/{id}")
  public HttpResponse<String> remove(@PathVariable String id, @Nullable @QueryValue Boolean now) {
    Outcome outcome = engine.ask(new Command.RemoveHost(id, Boolean.TRUE.equals(now)));
    if (outcome instanceof Outcome.Refused(String why)) {
      throw new BatchApiException("ResourceNotFoundException", 404, why);
    }
    return HttpResponse.<String>status(HttpStatus.ACCEPTED)
        .body(Json.object().put("instanceId", id).toString());
  }

  /** What was asked for wrongly. */
  @Error(exception = BatchApiException.class)
  public HttpResponse<String> refused(BatchApiException e) {
    return e.answer();
  }
}
