package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.Workload.FunctionForm;
import dev.spillway.dispatch.routing.Workload.JobForm;
import dev.spillway.dispatch.stack.Workloads;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Ports that do what a test says. */
public final class Doubles {
  public static final Instant START = Instant.parse("2026-11-21T02:00:04Z");

  private Doubles() {}

  public static JsonNode json(String text) {
    return DocumentReader.json(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  /** Time that moves when told. */
  public static final class Clock implements InstantSource {
    public volatile Instant now = START;

    @Override
    public Instant instant() {
      return now;
    }

    public void plusSeconds(long seconds) {
      now = now.plusSeconds(seconds);
    }
  }

  /** Objects in memory. */
  public static class Objects implements ObjectStore {
    public final Map<String, byte[]> content = new ConcurrentHashMap<>();

    @Override
    public void put(Location location, byte[] bytes) {
      content.put(location.toString(), bytes);
    }

    @Override
    public Optional<byte[]> get(Location location) {
      return Optional.ofNullable(content.get(location.toString()));
    }

    @Override
    public Optional<Long> size(Location location) {
      return get(location).map(bytes -> (long) bytes.length);
    }

    @Override
    public void delete(Location location) {
      content.remove(location.toString());
    }
  }

  /** Functions that end when told. */
  public static class Functions implements FunctionGateway {
    public final Map<String, Start> running = new LinkedHashMap<>();
    public final Map<String, Start> line = new LinkedHashMap<>();
    public int places = Integer.MAX_VALUE;
    public Load load = Load.UNKNOWN;
    public final List<String> started = new ArrayList<>();
    public final List<String> cancelled = new ArrayList<>();
    public Optional<String> log = Optional.empty();
    private Consumer<End> ends = _ -> {};
    private Consumer<String> starts = _ -> {};

    @Override
    public void listen(Consumer<End> listener) {
      ends = listener;
    }

    @Override
    public void listenStarts(Consumer<String> startedHopKey) {
      starts = startedHopKey;
    }

    @Override
    public void start(Start start) {
      if (!running.containsKey(start.hopKey())) {
        line.putIfAbsent(start.hopKey(), start);
        fill();
      }
    }

    private void fill() {
      while (!line.isEmpty() && running.size() < places) {
        Start next = line.remove(line.keySet().iterator().next());
        try {
          running.put(next.hopKey(), next.carrying(next.payload().read()));
        } catch (NoPayloadException e) {
          ends.accept(e.end(next.hopKey()));
          continue;
        }
        started.add(next.hopKey());
        starts.accept(next.hopKey());
      }
    }

    @Override
    public boolean cancel(String hopKey) {
      cancelled.add(hopKey);
      return line.remove(hopKey) != null;
    }

    @Override
    public boolean running(String hopKey) {
      return running.containsKey(hopKey) || line.containsKey(hopKey);
    }

    @Override
    public Load load(String functionName) {
      return load;
    }

    @Override
    public Optional<String> log(String hopKey) {
      return log;
    }

    @Override
    public void close() {
      // Nothing is open.
    }

    public void succeed(String hopKey, String result) {
      end(new End.Succeeded(hopKey, result.getBytes(StandardCharsets.UTF_8)));
    }

    public void fail(String hopKey, String errorType, String message) {
      end(new End.FunctionFailed(hopKey, errorType, message));
    }

    public void refuse(String hopKey, int status, String errorType, String message) {
      end(new End.ServiceFailed(hopKey, status, errorType, message));
    }

    public void end(End end) {
      running.remove(end.hopKey());
      ends.accept(end);
      fill();
    }
  }

  /** Jobs that move when told. */
  public static class Batch implements BatchGateway {
    public final Map<String, Job> jobs = new LinkedHashMap<>();
    public final Map<String, Start> starts = new LinkedHashMap<>();
    public final Map<String, String> idByKey = new LinkedHashMap<>();
    public final Map<String, String> cancelled = new LinkedHashMap<>();
    public final List<Definition> definitions = new ArrayList<>();
    public final List<Start> asked = new ArrayList<>();
    public final List<String> lookedFor = new ArrayList<>();
    public Optional<String> refusal = Optional.empty();

    public int revisionsAsked;

    /** Takes starts and answers none by itself. */
    public boolean silent;

    private Consumer<Event> told = _ -> {};

    @Override
    public void listen(Consumer<Event> listener) {
      told = listener;
    }

    @Override
    public void start(Start start) {
      asked.add(start);
      if (silent) {
        return;
      }
      if (refusal.isPresent()) {
        told.accept(new Event.NotSent(start.hopKey(), 400, "ClientException", refusal.get()));
        return;
      }
      String jobId =
          idByKey.computeIfAbsent(
              start.hopKey(),
              key -> {
                String id = "job-" + (starts.size() + 1);
                starts.put(id, start);
                if (start.arraySize().isEmpty()) {
                  jobs.put(id, job(id, "RUNNABLE", null, null, null, List.of()));
                }
                for (int i = 0; i < start.arraySize().orElse(0); i++) {
                  String child = id + ":" + i;
                  jobs.put(child, job(child, "RUNNABLE", null, null, null, List.of()));
                }
                return id;
              });
      told.accept(new Event.Sent(start.hopKey(), jobId));
    }

    @Override
    public void lookup(Start start) {
      lookedFor.add(start.hopKey());
      String jobId = idByKey.get(start.hopKey());
      told.accept(
          jobId == null ? new Event.Absent(start.hopKey()) : new Event.Sent(start.hopKey(), jobId));
    }

    @Override
    public void find(Start start) {
      lookup(start);
    }

    @Override
    public void follow(String jobId) {
      Job job = jobs.get(jobId);
      told.accept(job == null ? new Event.Gone(jobId) : new Event.Seen(job));
    }

    @Override
    public void cancel(String hopKey, Optional<String> jobId, String reason) {
      jobId.ifPresent(id -> cancelled.putIfAbsent(id, reason));
    }

    @Override
    public void close() {
      // Nothing is open.
    }

    @Override
    public String define(Definition definition) {
      if (!definitions.contains(definition)) {
        definitions.add(definition);
      }
      return definition.name() + ":1";
    }

    @Override
    public Optional<String> activeRevision(String jobDefinition) {
      revisionsAsked++;
      return Optional.of(jobDefinition + ":7");
    }

    public void tell(Event event) {
      told.accept(event);
    }

    public void move(String jobId, String status) {
      set(job(jobId, status, null, null, null, List.of()));
    }

    public void succeed(String jobId, Instant from, Instant to) {
      String reason = "Essential container in task exited";
      set(job(jobId, "SUCCEEDED", reason, 0, null, List.of(attempt(from, to, 0, null, reason))));
    }

    public void fail(
        String jobId,
        String statusReason,
        Integer exitCode,
        String reason,
        Instant from,
        Instant to) {
      set(
          job(
              jobId,
              "FAILED",
              statusReason,
              exitCode,
              reason,
              List.of(attempt(from, to, exitCode, reason, statusReason))));
    }

    public void set(Job job) {
      jobs.put(job.jobId(), job);
      told.accept(new Event.Changed(job.jobId()));
    }

    public static JobAttempt attempt(
        Instant from, Instant to, Integer exitCode, String reason, String statusReason) {
      return new JobAttempt(
          from.toEpochMilli(),
          to.toEpochMilli(),
          exitCode == null ? OptionalInt.empty() : OptionalInt.of(exitCode),
          Optional.ofNullable(reason),
          Optional.ofNullable(statusReason),
          Optional.of("resize/default/8d20"));
    }

    public static Job job(
        String id,
        String status,
        String statusReason,
        Integer exitCode,
        String reason,
        List<JobAttempt> attempts) {
      return new Job(
          id,
          status,
          Optional.ofNullable(statusReason),
          exitCode == null ? OptionalInt.empty() : OptionalInt.of(exitCode),
          Optional.ofNullable(reason),
          attempts);
    }
  }

  /** What a template would offer. */
  public static Workloads workloads() {
    FunctionForm function = new FunctionForm("resize", 3, 512, 512, "x86_64", "zip", false);
    JobForm job =
        new JobForm("resize-job", "spillway/workloads", 1, 1024, 0, false, 1, Optional.empty());
    List<Workload> all =
        List.of(
            new Workload(
                "feed",
                Optional.empty(),
                Optional.of(job),
                Optional.empty(),
                Map.of("shop", "$.shop"),
                Map.of(
                    "memory", "2 GiB", "timeout", "PT30M", "retryStrategy", Map.of("attempts", 2))),
            new Workload(
                "only-function",
                Optional.of(function),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                Map.of()),
            new Workload(
                "resize",
                Optional.of(function),
                Optional.of(job),
                Optional.empty(),
                Map.of(),
                Map.of()));
    return new Workloads() {
      @Override
      public Optional<Workload> find(String name) {
        return all.stream().filter(w -> w.name().equals(name)).findFirst();
      }

      @Override
      public List<Workload> list() {
        return all;
      }

      @Override
      public List<BatchQueue> queues() {
        return List.of(
            new BatchQueue("spot", Route.BATCH_SPOT, 10, 16),
            new BatchQueue("steady", Route.BATCH_EC2, 1, 16));
      }
    };
  }
}
