package dev.spillway.batch;

/** Makes the names that AWS gives to things. Source: AWS Batch, resource types. */
public record Arns(String region, String account) {

  public static Arns of(BatchSettings settings) {
    return new Arns(settings.region(), settings.account());
  }

  public String job(String jobId) {
    return batch("job/" + jobId);
  }

  public String jobQueue(String name) {
    return batch("job-queue/" + name);
  }

  public String computeEnvironment(String name) {
    return batch("compute-environment/" + name);
  }

  /** {@code key} is {@code name:revision}. */
  public String jobDefinition(String key) {
    return batch("job-definition/" + key);
  }

  public String cluster(String computeEnvironment, String uuid) {
    return ecs("cluster/" + computeEnvironment + "_Batch_" + uuid);
  }

  public String containerInstance(String computeEnvironment, String instanceId) {
    return ecs("container-instance/" + computeEnvironment + "_Batch/" + instanceId.substring(2));
  }

  public String task(String computeEnvironment, String taskId) {
    return ecs("task/" + computeEnvironment + "_Batch/" + taskId);
  }

  /** What every ARN of ours in this service begins with. */
  public String batch(String resource) {
    return "arn:aws:batch:" + region + ":" + account + ":" + resource;
  }

  private String ecs(String resource) {
    return "arn:aws:ecs:" + region + ":" + account + ":" + resource;
  }
}
