package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.capacity.Billing;
import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.engine.EngineView;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.store.LedgerDay;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What things cost at list prices: what has ended, from the store, and what runs, until now.
 *
 * <p>An environment with instances costs what its instances cost; the part of that which no attempt
 * held is idle. Elsewhere the attempts are all that is paid for. <br>
 * Units: US dollars.
 */
final class Ledger {
  private final EngineAccess engine;
  private final Billing billing;

  /** How lines are added up. */
  enum By {
    ENVIRONMENT(d -> List.of(d.computeEnvironment()), List.of("computeEnvironment")),
    QUEUE(d -> List.of(d.jobQueue()), List.of("jobQueue")),
    SHARE(d -> List.of(d.jobQueue(), d.share()), List.of("jobQueue", "shareIdentifier")),
    DAY(d -> List.of(d.day().toString()), List.of("day"));

    private final Function<LedgerDay, List<String>> key;
    private final List<String> members;

    By(Function<LedgerDay, List<String>> key, List<String> members) {
      this.key = key;
      this.members = members;
    }

    /** True when instances can be told apart by it, and so idle time can. */
    boolean instances() {
      return this == ENVIRONMENT || this == DAY;
    }
  }

  private static final class Sums {
    long attempts;
    long attemptMillis;
    long attemptNanos;
    long onInstances;
    long instances;
    long instanceMillis;
    long instanceNanos;
  }

  Ledger(EngineAccess engine, Billing billing) {
    this.engine = engine;
    this.billing = billing;
  }

  ObjectNode by(By by, Instant now) {
    List<LedgerDay> all = new ArrayList<>(engine.journal().ledger());
    running(now).forEach(all::add);
    Map<String, Boolean> fargate = new TreeMap<>();
    engine.view().computeEnvironments().forEach(e -> fargate.put(e.name(), e.fargate()));
    Map<String, Sums> sums = new TreeMap<>();
    Map<String, List<String>> keys = new TreeMap<>();
    for (LedgerDay line : all) {
      if (line.kind() == LedgerDay.Kind.INSTANCE && !by.instances()) {
        continue;
      }
      List<String> key = by.key.apply(line);
      String joined = String.join("\n", key);
      keys.put(joined, key);
      add(sums.computeIfAbsent(joined, _ -> new Sums()), line, fargate);
    }
    ObjectNode answer = Json.object().put("by", by.name().toLowerCase(Locale.ROOT));
    ArrayNode lines = answer.putArray("lines");
    long total = 0;
    for (Map.Entry<String, Sums> entry : sums.entrySet()) {
      ObjectNode line = lines.addObject();
      for (int i = 0; i < by.members.size(); i++) {
        line.put(by.members.get(i), keys.get(entry.getKey()).get(i));
      }
      total += write(line, entry.getValue(), by.instances());
    }
    answer.put("cost", dollars(total));
    return answer;
  }

  private static void add(Sums sums, LedgerDay line, Map<String, Boolean> fargate) {
    if (line.kind() == LedgerDay.Kind.INSTANCE) {
      sums.instances += line.number();
      sums.instanceMillis += line.millis();
      sums.instanceNanos += line.nanos();
      return;
    }
    sums.attempts += line.number();
    sums.attemptMillis += line.millis();
    sums.attemptNanos += line.nanos();
    if (!fargate.getOrDefault(line.computeEnvironment(), false)) {
      sums.onInstances += line.nanos();
    }
  }

  private static long write(ObjectNode line, Sums sums, boolean withInstances) {
    line.put("attempts", sums.attempts).put("attemptSeconds", seconds(sums.attemptMillis));
    if (!withInstances) {
      line.put("cost", dollars(sums.attemptNanos));
      return sums.attemptNanos;
    }
    // What ran on instances is part of what those cost.
    long idle = Math.max(0, sums.instanceNanos - sums.onInstances);
    long cost = sums.attemptNanos + idle;
    line.put("instances", sums.instances)
        .put("instanceSeconds", seconds(sums.instanceMillis))
        .put("attemptCost", dollars(sums.attemptNanos))
        .put("idleCost", dollars(idle))
        .put("cost", dollars(cost));
    return cost;
  }

  /** The attempts of one job, the one in progress last; its children's, of an array. */
  ObjectNode job(String jobId, Instant now) {
    ObjectNode answer = Json.object().put("by", "job").put("jobId", jobId);
    ArrayNode lines = answer.putArray("lines");
    long total = 0;
    for (Charge charge : engine.journal().charges(jobId)) {
      total += charge.nanos();
      write(lines.addObject(), charge, false);
    }
    Optional<Charge> current = engine.view().job(jobId).flatMap(job -> sofar(job, now));
    if (current.isPresent()) {
      total += current.get().nanos();
      write(lines.addObject(), current.get(), true);
    }
    return answer.put("cost", dollars(total));
  }

  private static void write(ObjectNode line, Charge charge, boolean running) {
    charge.attempt().ifPresent(a -> line.put("attempt", a.number()).put("jobQueue", a.jobQueue()));
    charge.attempt().flatMap(Charge.Attempt::share).ifPresent(s -> line.put("shareIdentifier", s));
    line.put("computeEnvironment", charge.computeEnvironment());
    charge.instanceId().ifPresent(id -> line.put("instanceId", id));
    charge.instanceType().ifPresent(type -> line.put("instanceType", type));
    line.put("spot", charge.spot())
        .put("from", charge.from().toEpochMilli())
        .put("to", charge.to().toEpochMilli())
        .put("seconds", seconds(charge.lasted().toMillis()))
        .put("cost", dollars(charge.nanos()))
        .put("running", running);
  }

  private List<LedgerDay> running(Instant now) {
    EngineView view = engine.view();
    LocalDate today = now.atOffset(ZoneOffset.UTC).toLocalDate();
    List<LedgerDay> lines = new ArrayList<>();
    for (Instance instance : view.instances()) {
      long nanos = billing.instance(instance, instance.launchedAt(), now);
      if (nanos > 0) {
        lines.add(
            new LedgerDay(
                today,
                LedgerDay.Kind.INSTANCE,
                instance.computeEnvironment(),
                "",
                "",
                1,
                Duration.between(instance.launchedAt(), now).toMillis(),
                nanos));
      }
    }
    for (Job job : view.liveJobs()) {
      sofar(job, now)
          .ifPresent(
              charge ->
                  lines.add(
                      new LedgerDay(
                          today,
                          LedgerDay.Kind.ATTEMPT,
                          charge.computeEnvironment(),
                          job.spec().jobQueue(),
                          job.spec().share().identifier().orElse(""),
                          1,
                          charge.lasted().toMillis(),
                          charge.nanos())));
    }
    return lines;
  }

  /** What the attempt in progress has come to. */
  private Optional<Charge> sofar(Job job, Instant now) {
    if (!(job.state() instanceof JobState.Starting) && !(job.state() instanceof JobState.Running)) {
      return Optional.empty();
    }
    Placement on = job.placement(job.attempt()).orElseThrow();
    return engine
        .view()
        .computeEnvironment(on.computeEnvironment())
        .map(
            e ->
                billing.attempt(
                    job, job.attempt(), on, now, e.resources(), engine.view()::instance));
  }

  private static BigDecimal dollars(long nanos) {
    return BigDecimal.valueOf(nanos, 9).setScale(9, RoundingMode.UNNECESSARY);
  }

  private static BigDecimal seconds(long millis) {
    return BigDecimal.valueOf(millis, 3);
  }
}
