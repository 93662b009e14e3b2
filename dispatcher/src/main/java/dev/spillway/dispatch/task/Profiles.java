package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.fallback.MemoryRange;
import dev.spillway.dispatch.fallback.Orders;
import dev.spillway.dispatch.routing.Estimate;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.TaskProfile;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.Workload.FunctionForm;
import dev.spillway.dispatch.routing.Workload.JobForm;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** What the router and the fallback need to know of a document. */
final class Profiles {
  /** Of an image that a task brings, when it says nothing. MiB. */
  private static final long MEMORY_MIB = 2048;

  private static final long DISK_MIB = 512;

  private Profiles() {}

  /** Under which name its runs are remembered: its workload, or the shape that it brings. */
  static String historyName(TaskDocument document) {
    return document.workload().orElseGet(() -> definition(document).name());
  }

  static TaskProfile of(
      TaskDocument document, long payloadBytes, long inputBytes, Objective objective, Instant now) {
    return new TaskProfile(
        new TaskProfile.Time(document.expectedDuration(), document.timeout()),
        new TaskProfile.Needs(
            document.vcpus(),
            document.memoryMib(),
            document.diskMib(),
            document.gpus(),
            document.privileged(),
            document.nodes()),
        new TaskProfile.Form(
            document.imageType(), document.architecture(), !document.environment().isEmpty()),
        payloadBytes,
        inputBytes,
        document.payloadS3Uri().isPresent(),
        new TaskProfile.Wishes(
            document.routes(),
            document.priority(),
            document.jobQueue(),
            objective,
            document.deadline().map(d -> d.deadline(now))),
        document.retryStrategy().attempts());
  }

  /** The forms of an image that a task brings itself: a job, never a function. */
  static Workload adHoc(TaskDocument document) {
    String image = document.container().orElseThrow().image();
    BatchGateway.Definition shape = definition(document);
    return new Workload(
        "an image given in the task",
        Optional.empty(),
        Optional.of(
            new JobForm(
                shape.name(),
                image,
                shape.vcpus(),
                shape.memoryMib(),
                // The definition made for it has neither, so a task that asks is refused at submit.
                0,
                false,
                document.nodes(),
                Optional.empty(),
                false,
                List.of("EC2"))),
        Optional.empty(),
        Map.of(),
        Map.of());
  }

  /** Tasks of the same shape share a definition, so its name is the shape's hash. */
  static BatchGateway.Definition definition(TaskDocument document) {
    TaskDocument.Container container = document.container().orElseThrow();
    double vcpus = Math.ceil(document.vcpus().orElse(1));
    long memory = document.memoryMib().orElse(MEMORY_MIB);
    String shape =
        String.join(
            "\n",
            container.image(),
            String.join("\u0000", container.command()),
            Double.toString(vcpus),
            Long.toString(memory),
            Integer.toString(document.gpus()));
    String hash = Places.sha256(shape.getBytes(StandardCharsets.UTF_8));
    return new BatchGateway.Definition(
        "spillway-" + hash.substring(0, 32),
        container.image(),
        container.command(),
        vcpus,
        memory,
        document.gpus());
  }

  /**
   * The routes of a plan as orders.
   *
   * @param mostMemoryMib of one job, by queue
   */
  static List<Orders.Leg> legs(
      TaskDocument document,
      Workload workload,
      RoutePlan plan,
      ToLongFunction<String> mostMemoryMib) {
    return plan.routes().stream()
        .map(
            a ->
                a.route().batch()
                    ? new Orders.Leg(
                        a.route(),
                        document
                            .memoryMib()
                            .orElse(
                                workload
                                    .jobDefinition()
                                    .map(JobForm::memoryMib)
                                    .orElse(MEMORY_MIB)),
                        document.diskMib().orElse(DISK_MIB),
                        a.route().fargate()
                            ? MemoryRange.fargate(
                                document
                                    .vcpus()
                                    .orElse(
                                        workload.jobDefinition().map(JobForm::vcpus).orElse(1.0)))
                            : new MemoryRange(
                                a.jobQueue()
                                    .map(mostMemoryMib::applyAsLong)
                                    .orElse(MemoryRange.ANY.mostMib()),
                                1),
                        risk(a))
                    : new Orders.Leg(
                        a.route(),
                        workload.function().map(FunctionForm::memoryMib).orElse(0),
                        workload.function().map(FunctionForm::ephemeralStorageMib).orElse(0),
                        MemoryRange.ANY,
                        risk(a)))
        .toList();
  }

  private static double risk(RoutePlan.Accepted accepted) {
    return accepted.estimate().map(Estimate::risk).orElse(0.0);
  }
}
