package dev.spillway.dispatch.routing;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A named definition with the forms it has. Declared in sam-template.yaml; the tag {@code
 * spillway:workload} links the forms.
 *
 * @param inputSize payload path ({@code $.catalogS3Uri}) of what the work is done on: a number of
 *     bytes, or an S3 URI whose object is measured
 * @param parameters payload path ({@code $.shop}) by Batch parameter name
 * @param defaults members of a task document that hold when the task says nothing
 */
public record Workload(
    String name,
    Optional<FunctionForm> function,
    Optional<JobForm> jobDefinition,
    Optional<String> inputSize,
    Map<String, String> parameters,
    Map<String, Object> defaults) {

  /**
   * The function form. Seconds and MiB.
   *
   * @param imageType {@code zip} or {@code lambda-image}
   * @param reservedConcurrency most calls at once; empty where only the account limits them
   */
  public record FunctionForm(
      String functionName,
      int timeoutSeconds,
      int memoryMib,
      int ephemeralStorageMib,
      String architecture,
      String imageType,
      boolean acceptsReference,
      OptionalInt reservedConcurrency) {

    /** Without a concurrency of its own. */
    public FunctionForm(
        String functionName,
        int timeoutSeconds,
        int memoryMib,
        int ephemeralStorageMib,
        String architecture,
        String imageType,
        boolean acceptsReference) {
      this(
          functionName,
          timeoutSeconds,
          memoryMib,
          ephemeralStorageMib,
          architecture,
          imageType,
          acceptsReference,
          OptionalInt.empty());
    }
  }

  /**
   * The Batch form.
   *
   * @param jobDefinition name, without revision
   * @param timeoutSeconds the definition's own attempt limit, seconds
   * @param packs its program finds its part in an array job that carries several tasks
   * @param platformCapabilities {@code EC2} or {@code FARGATE}; empty when that was not said
   */
  public record JobForm(
      String jobDefinition,
      String image,
      double vcpus,
      long memoryMib,
      int gpus,
      boolean privileged,
      int nodes,
      Optional<Integer> timeoutSeconds,
      boolean packs,
      List<String> platformCapabilities) {
    public JobForm {
      platformCapabilities = List.copyOf(platformCapabilities);
    }

    /** Of a program that knows nothing of packs, for any platform. */
    public JobForm(
        String jobDefinition,
        String image,
        double vcpus,
        long memoryMib,
        int gpus,
        boolean privileged,
        int nodes,
        Optional<Integer> timeoutSeconds) {
      this(
          jobDefinition,
          image,
          vcpus,
          memoryMib,
          gpus,
          privileged,
          nodes,
          timeoutSeconds,
          false,
          List.of());
    }
  }
}
