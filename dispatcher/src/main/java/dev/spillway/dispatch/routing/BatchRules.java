package dev.spillway.dispatch.routing;

import dev.spillway.dispatch.routing.RoutePlan.Reason;
import dev.spillway.dispatch.routing.Workload.JobForm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Hard limits of the Batch routes.
 *
 * <p>Source: AWS Batch API 2016-08-10 (timeout), Fargate task sizes, and the queues at hand.
 */
final class BatchRules {
  private BatchRules() {}

  static List<Reason> reject(
      Route route,
      TaskProfile task,
      Workload workload,
      Optional<BatchQueue> queue,
      List<BatchQueue> queues,
      Limits limits) {
    List<Reason> reasons = new ArrayList<>();
    if (!task.wishes().routes().isEmpty() && !task.wishes().routes().contains(route)) {
      reasons.add(new Reason("routes", "you allowed only " + words(task.wishes())));
    }
    if (workload.jobDefinition().isEmpty()) {
      reasons.add(new Reason("form", workload.name() + " has no job definition"));
    }
    if (queue.isEmpty()) {
      reasons.add(new Reason("queue", noQueue(route, task, queues)));
    }
    if (workload.jobDefinition().isPresent()) {
      platform(route, workload.jobDefinition().get(), reasons);
    }
    task.time()
        .timeout()
        .filter(timeout -> timeout.compareTo(limits.batchLeastTimeout()) < 0)
        .ifPresent(
            timeout ->
                reasons.add(
                    new Reason(
                        "timeout",
                        "your timeout is "
                            + Amounts.time(timeout)
                            + ", and the least that Batch takes is "
                            + Amounts.time(limits.batchLeastTimeout()))));
    if (task.needs().nodes() > 1) {
      reasons.add(
          new Reason(
              "nodes",
              task.needs().nodes() + " nodes asked, and multi-node jobs cannot be run yet"));
    }
    if (!route.fargate()) {
      container(task, workload, reasons);
    }
    double vcpus = vcpus(task, workload);
    queue
        .filter(q -> vcpus > q.maxVcpus())
        .ifPresent(
            q ->
                reasons.add(
                    new Reason(
                        "vcpus",
                        Amounts.vcpus(vcpus)
                            + " asked, the environment of queue "
                            + q.name()
                            + " has "
                            + q.maxVcpus()
                            + " at most")));
    if (route.fargate()) {
      fargate(task, workload, vcpus, limits, reasons);
    }
    return reasons;
  }

  private static void platform(Route route, JobForm job, List<Reason> reasons) {
    List<String> made = job.platformCapabilities();
    String place = route.fargate() ? "FARGATE" : "EC2";
    if (!made.isEmpty() && !made.contains(place)) {
      reasons.add(
          new Reason(
              "platform",
              "the job definition is made for "
                  + String.join(", ", made)
                  + ", and this route is "
                  + place));
    }
  }

  static double vcpus(TaskProfile task, Workload workload) {
    return task.needs().vcpus().orElse(workload.jobDefinition().map(JobForm::vcpus).orElse(1.0));
  }

  static String words(TaskProfile.Wishes wishes) {
    return wishes.routes().stream().map(Route::word).collect(Collectors.joining(", "));
  }

  private static String noQueue(Route route, TaskProfile task, List<BatchQueue> queues) {
    Optional<String> named = task.wishes().jobQueue();
    if (named.isEmpty()) {
      return "no queue of this kind has the tag spillway:dispatch";
    }
    return queues.stream()
        .filter(q -> q.name().equals(named.get()))
        .findFirst()
        .map(q -> "you named the queue " + q.name() + ", which is " + q.route().word())
        .orElse("the queue " + named.get() + " that you named is not one of the tagged queues");
  }

  /** What only the job definition can give: a submit overrides neither. */
  private static void container(TaskProfile task, Workload workload, List<Reason> reasons) {
    Optional<JobForm> job = workload.jobDefinition();
    if (task.needs().gpus() > job.map(JobForm::gpus).orElse(0)) {
      reasons.add(
          new Reason(
              "gpus", task.needs().gpus() + " GPUs asked, and jobs cannot be given a GPU yet"));
    }
    if (task.needs().privileged() && !job.map(JobForm::privileged).orElse(false)) {
      reasons.add(
          new Reason(
              "privileged",
              "a privileged container asked, and the job definition is not privileged"));
    }
  }

  private static void fargate(
      TaskProfile task, Workload workload, double vcpus, Limits limits, List<Reason> reasons) {
    Optional<JobForm> job = workload.jobDefinition();
    if (task.needs().gpus() > 0 || job.map(JobForm::gpus).orElse(0) > 0) {
      reasons.add(new Reason("gpus", "Fargate has no GPU"));
    }
    if (task.needs().privileged() || job.map(JobForm::privileged).orElse(false)) {
      reasons.add(new Reason("privileged", "Fargate runs nothing privileged"));
    }
    if (vcpus > limits.fargateVcpus()) {
      reasons.add(
          new Reason(
              "vcpus",
              Amounts.vcpus(vcpus)
                  + " asked, Fargate has "
                  + Amounts.vcpus(limits.fargateVcpus())
                  + " at most"));
    }
    long memory = task.needs().memoryMib().orElse(job.map(JobForm::memoryMib).orElse(0L));
    atMost("memory", memory, limits.fargateMemoryMib(), reasons);
    atMost("disk", task.needs().diskMib().orElse(0), limits.fargateDiskMib(), reasons);
  }

  private static void atMost(String what, long asked, long limit, List<Reason> reasons) {
    if (asked > limit) {
      reasons.add(
          new Reason(
              what, Amounts.mib(asked) + " of " + what + ", Fargate has " + Amounts.mib(limit)));
    }
  }
}
