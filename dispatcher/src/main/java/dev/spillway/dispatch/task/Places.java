package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.routing.Limits;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hop contract: how a payload reaches a function and a container, and how results return.
 *
 * <p>A function's event is the payload. A container finds it in {@code SPILLWAY_PAYLOAD} when it is
 * small, else through {@code SPILLWAY_PAYLOAD_S3}, and writes to {@code SPILLWAY_RESULT_S3}, or
 * what went wrong to {@code SPILLWAY_ERROR_S3}. A child of an array job that carries several tasks
 * finds its payload as its line of {@code SPILLWAY_PAYLOADS_S3}, and the variables that are its own
 * as its line of {@code SPILLWAY_MEMBERS_S3}.
 */
final class Places {
  private static final Logger LOG = LoggerFactory.getLogger(Places.class);

  /** AWS allows 8,192 bytes for all overrides of a job together. */
  private static final int MOST_INLINE_PAYLOAD = 4096;

  private static final int MOST_INLINE_TOTAL = 7168;
  private static final int MOST_NAME = 80;

  private final Gateways gateways;
  private final TaskStore store;
  private final Limits limits;

  Places(Gateways gateways, TaskStore store, Limits limits) {
    this.gateways = gateways;
    this.store = store;
    this.limits = limits;
  }

  /** Sends a function hop. */
  void startFunction(Task task, Hop hop) {
    ObjectNode context = DocumentReader.JSON.createObjectNode();
    context
        .putObject("custom")
        .put("spillwayTaskId", task.taskId())
        .put("spillwayHop", Integer.toString(hop.number()));
    gateways
        .functions()
        .start(
            new FunctionGateway.Start(
                task.hopKey(hop.number()),
                task.target().functionName().orElseThrow(),
                () -> event(task),
                context.toString()));
  }

  /** What a call of the task brings: its payload, or where that is when it is too large. */
  private byte[] event(Task task) {
    try {
      byte[] payload = payload(task);
      return payload.length <= limits.payloadBytes()
          ? payload
          : reference(task, payload).toString().getBytes(StandardCharsets.UTF_8);
    } catch (BatchGateway.RefusedException | RefusedException e) {
      throw new FunctionGateway.NoPayloadException(400, e.getMessage(), e);
    } catch (RuntimeException e) {
      LOG.warn("task={}: its payload could not be read", task.taskId(), e);
      throw new FunctionGateway.NoPayloadException(503, String.valueOf(e.getMessage()), e);
    }
  }

  private ObjectNode reference(Task task, byte[] payload) {
    return DocumentReader.JSON
        .createObjectNode()
        .put("$s3", payloadLocation(task, payload).toString())
        .put("sha256", sha256(payload));
  }

  /** Submits a Batch hop, or finds its job. */
  void startJob(Task task, Hop hop, boolean again) {
    byte[] payload = payload(task);
    gateways
        .batch()
        .start(
            job(
                task,
                hop,
                Parameters.of(task.target().parameters(), payload),
                environment(task, hop, payload),
                again));
  }

  /** Looks for the job of a Batch hop; its payload may be gone, and is not needed for that. */
  void findJob(Task task, Hop hop) {
    gateways.batch().lookup(job(task, hop, Map.of(), Map.of(), true));
  }

  /** A hop on its way into a pack, and what all of its pack have in common. */
  record Packed(BatchGateway.Start alike, Packs.Member member) {}

  /** What a hop brings into a pack; a payload that is too large for its line is put beside it. */
  Packed packed(Task task, Hop hop) {
    byte[] payload = payload(task);
    BatchGateway.Start start =
        job(
            task,
            hop,
            Parameters.of(task.target().parameters(), payload),
            task.document().environment(),
            false);
    ObjectNode variables = DocumentReader.JSON.createObjectNode();
    own(task, hop).forEach(variables::put);
    return new Packed(
        start.keyed("", ""),
        new Packs.Member(task.hopKey(hop.number()), line(task, payload), variables.toString()));
  }

  private String line(Task task, byte[] payload) {
    String text = new String(payload, StandardCharsets.UTF_8);
    boolean oneLine = text.indexOf('\n') < 0 && text.indexOf('\r') < 0;
    return payload.length <= MOST_INLINE_PAYLOAD && oneLine
        ? text
        : reference(task, payload).toString();
  }

  /** Writes what the children read, then submits the array job, or finds it. */
  void startPack(Packs.Ready pack) {
    ObjectStore.Location payloads = packObject(gateways.bucket(), pack.key(), "payloads");
    ObjectStore.Location members = packObject(gateways.bucket(), pack.key(), "members");
    gateways.objects().put(payloads, lines(pack, Packs.Member::payload));
    gateways.objects().put(members, lines(pack, Packs.Member::variables));
    Map<String, String> environment = new LinkedHashMap<>(pack.alike().environment());
    environment.put("SPILLWAY_PAYLOADS_S3", payloads.toString());
    environment.put("SPILLWAY_MEMBERS_S3", members.toString());
    gateways
        .batch()
        .start(
            pack.alike()
                .array(
                    pack.key(),
                    packName(pack.alike().jobDefinition(), pack.key()),
                    environment,
                    pack.members().size()));
  }

  private static byte[] lines(Packs.Ready pack, Function<Packs.Member, String> line) {
    return pack.members().stream()
        .map(line)
        .collect(Collectors.joining("\n", "", "\n"))
        .getBytes(StandardCharsets.UTF_8);
  }

  /** What the array job of a hop's pack is looked for by. */
  BatchGateway.Start packStart(Task task, Hop hop, Hop.Pack pack) {
    BatchGateway.Start start = job(task, hop, Map.of(), Map.of(), true);
    return start.array(
        pack.key(), packName(start.jobDefinition(), pack.key()), Map.of(), pack.size());
  }

  static String packName(String jobDefinition, String key) {
    String name = Packing.name(jobDefinition).replaceAll("[^a-zA-Z0-9_-]", "-");
    return name.substring(0, Math.min(MOST_NAME, name.length())) + "-pack-" + key;
  }

  static ObjectStore.Location packObject(String bucket, String key, String what) {
    return new ObjectStore.Location(bucket, "packs/" + key + "/" + what + ".jsonl");
  }

  private static BatchGateway.Start job(
      Task task,
      Hop hop,
      Map<String, String> parameters,
      Map<String, String> environment,
      boolean again) {
    return new BatchGateway.Start(
        task.hopKey(hop.number()),
        jobName(task, hop),
        task.plan().routes().get(hop.leg()).jobQueue().orElseThrow(),
        task.target().jobDefinition().orElseThrow(),
        parameters,
        environment,
        vcpus(task),
        OptionalInt.of((int) Math.min(Integer.MAX_VALUE, hop.memoryMib())),
        task.document()
            .timeout()
            .map(t -> OptionalInt.of((int) Math.ceil(t.toMillis() / 1000.0)))
            .orElse(OptionalInt.empty()),
        List.of(),
        task.document().tags(),
        task.document().share(),
        again);
  }

  /** On EC2 a job has whole vCPUs. */
  private static OptionalInt vcpus(Task task) {
    return task.document().vcpus().isPresent()
        ? OptionalInt.of((int) Math.ceil(task.document().vcpus().getAsDouble()))
        : OptionalInt.empty();
  }

  /** Deterministic, so that a job can be found by it where the key's tag cannot be searched. */
  static String jobName(Task task, Hop hop) {
    String title = task.document().title().replaceAll("[^a-zA-Z0-9_-]", "-");
    String start = title.matches("[a-zA-Z0-9].*") ? title : "t" + title;
    String shortened = start.substring(0, Math.min(MOST_NAME, start.length()));
    // The name of a job has no colon.
    return shortened + "-" + task.taskId().replace(Task.CHILD, '_') + "-" + hop.number();
  }

  private Map<String, String> environment(Task task, Hop hop, byte[] payload) {
    Map<String, String> variables = new LinkedHashMap<>(task.document().environment());
    int given =
        variables.entrySet().stream()
            .mapToInt(e -> e.getKey().length() + e.getValue().length())
            .sum();
    variables.putAll(own(task, hop));
    if (payload.length <= MOST_INLINE_PAYLOAD && given + payload.length <= MOST_INLINE_TOTAL) {
      variables.put("SPILLWAY_PAYLOAD", new String(payload, StandardCharsets.UTF_8));
    } else {
      variables.put("SPILLWAY_PAYLOAD_S3", payloadLocation(task, payload).toString());
      variables.put("SPILLWAY_PAYLOAD_SHA256", sha256(payload));
    }
    return variables;
  }

  /** What no other hop has in its environment. */
  private Map<String, String> own(Task task, Hop hop) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("SPILLWAY_TASK_ID", task.taskId());
    variables.put("SPILLWAY_HOP", Integer.toString(hop.number()));
    if (task.parent().isPresent()) {
      variables.put("SPILLWAY_ARRAY_INDEX", Integer.toString(Task.indexOf(task.taskId())));
    }
    variables.put("SPILLWAY_RESULT_S3", resultLocation(task.taskId(), hop.number()).toString());
    variables.put(
        "SPILLWAY_ERROR_S3",
        JobErrors.location(gateways.bucket(), task.taskId(), hop.number()).toString());
    return variables;
  }

  private byte[] payload(Task task) {
    return task.document()
        .payloadS3Uri()
        .map(
            location ->
                gateways
                    .objects()
                    .get(location)
                    .map(shared -> Payloads.ofChild(task.taskId(), shared))
                    .orElseThrow(
                        () ->
                            new BatchGateway.RefusedException(
                                "The payload " + location + " does not exist any more.")))
        .orElseGet(() -> Payloads.stored(store, task.taskId()).orElseThrow());
  }

  private ObjectStore.Location payloadLocation(Task task, byte[] payload) {
    return task.document()
        .payloadS3Uri()
        .filter(_ -> task.parent().isEmpty())
        .orElseGet(
            () -> {
              ObjectStore.Location location = ownPayload(gateways.bucket(), task.taskId());
              gateways.objects().put(location, payload);
              return location;
            });
  }

  private static ObjectStore.Location ownPayload(String bucket, String taskId) {
    return new ObjectStore.Location(bucket, folder(taskId) + "payload.json");
  }

  /** Of a task's own objects; a child's lies in its array's. */
  static String folder(String taskId) {
    return "tasks/" + taskId.replace(Task.CHILD, '/') + "/";
  }

  /**
   * Where the dispatcher and the task's jobs write by themselves; what else is in S3 is a user's.
   */
  static List<ObjectStore.Location> objects(Task task, String bucket) {
    return Stream.concat(
            Stream.of(ownPayload(bucket, task.taskId())),
            task.journey().hops().stream()
                .flatMap(
                    h ->
                        Stream.of(
                            resultLocation(bucket, task.taskId(), h.number()),
                            JobErrors.location(bucket, task.taskId(), h.number()))))
        .toList();
  }

  private ObjectStore.Location resultLocation(String taskId, int hop) {
    return resultLocation(gateways.bucket(), taskId, hop);
  }

  private static ObjectStore.Location resultLocation(String bucket, String taskId, int hop) {
    return new ObjectStore.Location(bucket, folder(taskId) + "hop-" + hop + "/result.json");
  }

  /** The result that a job left; nothing left is {@code null}. */
  TaskResult jobResult(Task task, int hop) {
    ObjectStore.Location location = resultLocation(task.taskId(), hop);
    Optional<Long> size = gateways.objects().size(location);
    if (size.isEmpty()) {
      return new TaskResult(Optional.of("null"), Optional.empty());
    }
    Optional<String> inline =
        size.get() > TaskResult.MOST_INLINE_BYTES
            ? Optional.empty()
            : gateways.objects().get(location).flatMap(Places::json);
    return inline.isPresent()
        ? new TaskResult(inline, Optional.empty())
        : new TaskResult(Optional.empty(), Optional.of(location.toString()));
  }

  /** The result that a function answered with. */
  TaskResult functionResult(String taskId, int hop, byte[] answer) {
    Optional<String> inline =
        answer.length > TaskResult.MOST_INLINE_BYTES
            ? Optional.empty()
            : answer.length == 0 ? Optional.of("null") : json(answer);
    if (inline.isPresent()) {
      return new TaskResult(inline, Optional.empty());
    }
    ObjectStore.Location location = resultLocation(taskId, hop);
    gateways.objects().put(location, answer);
    return new TaskResult(Optional.empty(), Optional.of(location.toString()));
  }

  private static Optional<String> json(byte[] bytes) {
    try {
      JsonNode tree = DocumentReader.JSON.readTree(bytes);
      return tree.isMissingNode() ? Optional.of("null") : Optional.of(tree.toString());
    } catch (java.io.IOException _) {
      return Optional.empty();
    }
  }

  static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
