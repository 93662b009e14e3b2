package dev.spillway.dispatch.wiring;

import dev.spillway.batch.execution.AmbientEnvironment;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.dispatch.storage.AttemptCredentials;
import dev.spillway.lambda.runtimeapi.AmbientVariables;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What jobs and function workers are told of this server: where S3 is, the region, and credentials.
 * Processes use the loopback; containers use the gateway of Spillway's own network.
 */
final class Endpoints implements AmbientEnvironment, AmbientVariables {
  private final URI loopbackS3;
  private final String region;
  private final AttemptCredentials credentials;
  private volatile URI jobsS3;

  Endpoints(URI loopbackS3, String region, AttemptCredentials credentials) {
    this.loopbackS3 = loopbackS3;
    this.region = region;
    this.credentials = credentials;
    this.jobsS3 = loopbackS3;
  }

  AttemptCredentials credentials() {
    return credentials;
  }

  /** From now on jobs reach S3 here. */
  void jobsReachS3At(URI address) {
    jobsS3 = address;
  }

  @Override
  public Map<String, String> of(AttemptId attempt) {
    return variables(jobsS3, credentials.of(attempt));
  }

  @Override
  public Map<String, String> of(String functionName) {
    return variables(loopbackS3, new AttemptCredentials.Credentials("local", "local"));
  }

  private Map<String, String> variables(URI s3, AttemptCredentials.Credentials pair) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("AWS_ENDPOINT_URL", s3.toString());
    variables.put("AWS_ENDPOINT_URL_S3", s3.toString());
    variables.put("AWS_REGION", region);
    variables.put("AWS_DEFAULT_REGION", region);
    variables.put("AWS_ACCESS_KEY_ID", pair.accessKeyId());
    variables.put("AWS_SECRET_ACCESS_KEY", pair.secretAccessKey());
    return variables;
  }
}
