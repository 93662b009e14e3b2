package dev.spillway.dispatch.aws;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.batch.BatchClient;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * The SDK's clients, made once: region, credentials and endpoints ({@code AWS_ENDPOINT_URL}, {@code
 * AWS_ENDPOINT_URL_BATCH} ...) come from the SDK's own chains.
 *
 * <p>Shape: one HTTP client for invocations, whose answers may take 15 minutes, and one for all
 * else. Of invocations and of Batch's calls the SDK repeats none: a repeated invoke or submit is a
 * second run, and the gateways know which calls are harmless. <br>
 * Source: AWS Lambda Developer Guide, "Read timed out"; AWS SDK for Java 2.x, timeouts.
 */
public final class SdkClients implements AutoCloseable {
  /** Lambda's own limit is 900 s; what the service takes to answer after that comes on top. */
  private static final Duration LONGEST_ANSWER = Duration.ofSeconds(930);

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration USUAL_ANSWER = Duration.ofSeconds(30);

  /** Each holds a connection; {@code function.concurrency} allows no more. */
  private static final int MOST_INVOCATIONS = 1_000;

  private static final int OTHER_CONNECTIONS = 64;

  private final SdkHttpClient longCalls;
  private final SdkHttpClient shortCalls;
  private final LambdaClient lambda;
  private final LambdaClient lambdaControl;
  private final BatchClient batch;
  private final CloudWatchLogsClient logs;
  private final S3Client s3;
  private final URI s3Endpoint;

  /**
   * What the chains do not say.
   *
   * @param region empty asks the SDK's chain
   * @param more said to every builder last; nothing in production
   */
  public record Options(Optional<String> region, Consumer<AwsClientBuilder<?, ?>> more) {}

  /**
   * Makes all of them; nothing is sent yet.
   *
   * @throws IllegalStateException when no region is found, with the way out
   */
  public SdkClients(Options options) {
    longCalls =
        ApacheHttpClient.builder()
            .socketTimeout(LONGEST_ANSWER)
            .connectionTimeout(CONNECT)
            .connectionAcquisitionTimeout(CONNECT)
            .connectionTimeToLive(Duration.ofMinutes(20))
            .tcpKeepAlive(true)
            .maxConnections(MOST_INVOCATIONS)
            .build();
    shortCalls =
        ApacheHttpClient.builder()
            .socketTimeout(USUAL_ANSWER)
            .connectionTimeout(CONNECT)
            .tcpKeepAlive(true)
            .maxConnections(OTHER_CONNECTIONS)
            .build();
    try {
      lambda =
          with(options, LambdaClient.builder(), longCalls, once(LONGEST_ANSWER.plusSeconds(5)));
      lambdaControl =
          with(options, LambdaClient.builder(), shortCalls, ClientOverrideConfiguration.builder());
      batch = with(options, BatchClient.builder(), shortCalls, once(USUAL_ANSWER.plusSeconds(10)));
      logs =
          with(
              options,
              CloudWatchLogsClient.builder(),
              shortCalls,
              ClientOverrideConfiguration.builder());
      S3Client plain = s3(options, S3Client.builder());
      Optional<URI> elsewhere = plain.serviceClientConfiguration().endpointOverride();
      // Buckets as host names resolve on AWS only.
      s3 = elsewhere.isEmpty() ? plain : s3(options, S3Client.builder().forcePathStyle(true));
      s3Endpoint =
          elsewhere.orElseGet(
              () ->
                  URI.create(
                      "https://s3."
                          + plain.serviceClientConfiguration().region()
                          + ".amazonaws.com"));
    } catch (SdkException e) {
      throw new IllegalStateException(
          "The AWS SDK knows no region. Set AWS_REGION, or region in spillway.yaml.", e);
    }
  }

  private S3Client s3(Options options, S3ClientBuilder builder) {
    return with(options, builder, shortCalls, ClientOverrideConfiguration.builder());
  }

  /** One attempt, which may take that long. */
  private static ClientOverrideConfiguration.Builder once(Duration limit) {
    return ClientOverrideConfiguration.builder()
        .apiCallAttemptTimeout(limit)
        .apiCallTimeout(limit.plusSeconds(5))
        .retryStrategy(AwsRetryStrategy.doNotRetry());
  }

  private static <
          B extends
              AwsClientBuilder<B, C>
                  & software.amazon.awssdk.core.client.builder.SdkSyncClientBuilder<B, C>,
          C>
      C with(
          Options options,
          B builder,
          SdkHttpClient http,
          ClientOverrideConfiguration.Builder configuration) {
    builder.httpClient(http).overrideConfiguration(configuration.build());
    options.region().map(Region::of).ifPresent(builder::region);
    options.more().accept(builder);
    return builder.build();
  }

  /** For invocations only. */
  public LambdaClient lambda() {
    return lambda;
  }

  /** For what Lambda answers at once. */
  public LambdaClient lambdaControl() {
    return lambdaControl;
  }

  public BatchClient batch() {
    return batch;
  }

  public CloudWatchLogsClient logs() {
    return logs;
  }

  public S3Client s3() {
    return s3;
  }

  /** Where S3 is, as people and their programs reach it. */
  public URI s3Endpoint() {
    return s3Endpoint;
  }

  public String region() {
    return batch.serviceClientConfiguration().region().id();
  }

  @Override
  public void close() {
    lambda.close();
    lambdaControl.close();
    batch.close();
    logs.close();
    s3.close();
    longCalls.close();
    shortCalls.close();
  }
}
