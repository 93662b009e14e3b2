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

  public String cluster(String cluster) {
    return ecs("cluster/" + cluster);
  }

  /** {@code hexId} has 32 digits. */
  public String containerInstance(String cluster, String hexId) {
    return ecs("container-instance/" + cluster + "/" + hexId);
  }

  public String task(String cluster, String taskId) {
    return ecs("task/" + cluster + "/" + taskId);
  }

  public String logGroup(String name) {
    return "arn:aws:logs:" + region + ":" + account + ":log-group:" + name;
  }

  /** What every ARN of ours in this service begins with. */
  public String batch(String resource) {
    return "arn:aws:batch:" + region + ":" + account + ":" + resource;
  }

  private String ecs(String resource) {
    return "arn:aws:ecs:" + region + ":" + account + ":" + resource;
  }
}
