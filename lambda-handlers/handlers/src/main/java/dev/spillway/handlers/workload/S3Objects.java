package dev.spillway.handlers.workload;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The objects a handler reads and writes.
 *
 * <p>Shape: endpoint, region and credentials come from the environment, as in any AWS client; the
 * client is made at the first call, so that a cold start that needs no S3 does not pay for it. <br>
 * Errors: {@link IOException} that names the object; what the service said is kept as the cause.
 */
@Singleton
public class S3Objects {
  private volatile S3Client client;

  /**
   * Copies an object into a file, which must not exist. Returns its size in bytes.
   *
   * <p>A connection that ends early is a fault, never a shorter file.
   */
  public long download(S3Location from, Path to) throws IOException {
    try (ResponseInputStream<GetObjectResponse> in = get(from)) {
      long copied = Files.copy(in, to);
      Long announced = in.response().contentLength();
      if (announced != null && announced != copied) {
        throw new IOException(
            "cannot read " + from + ": it ended after " + copied + " of " + announced + " bytes");
      }
      return copied;
    }
  }

  /** Reads an object from its start; the caller reads it to the end and closes it. */
  public InputStream open(S3Location from) throws IOException {
    return get(from);
  }

  private ResponseInputStream<GetObjectResponse> get(S3Location from) throws IOException {
    return named(
        "read", from, () -> client().getObject(r -> r.bucket(from.bucket()).key(from.key())));
  }

  /** Writes a file as one object, up to 5 GiB (S3's limit for one PUT). */
  public void upload(Path from, S3Location to, String contentType) throws IOException {
    put(to, contentType, RequestBody.fromFile(from));
  }

  /** Writes a small object. */
  public void write(byte[] content, S3Location to, String contentType) throws IOException {
    put(to, contentType, RequestBody.fromBytes(content));
  }

  /** Keys below a prefix, in key order. */
  public List<String> keys(String bucket, String prefix) throws IOException {
    return named(
        "list",
        bucket + "/" + prefix,
        () ->
            client()
                .listObjectsV2Paginator(r -> r.bucket(bucket).prefix(prefix))
                .contents()
                .stream()
                .map(S3Object::key)
                .filter(key -> !key.endsWith("/"))
                .toList());
  }

  private void put(S3Location to, String contentType, RequestBody body) throws IOException {
    named(
        "write",
        to,
        () ->
            client()
                .putObject(
                    r -> r.bucket(to.bucket()).key(to.key()).contentType(contentType), body));
  }

  private interface Call<T> {
    T run();
  }

  private static <T> T named(String verb, Object what, Call<T> call) throws IOException {
    try {
      return call.run();
    } catch (S3Exception e) {
      if (e.statusCode() == 404 && !verb.equals("write")) {
        throw new MissingObjectException(what + " does not exist", e);
      }
      String code = e.awsErrorDetails() == null ? "" : " " + e.awsErrorDetails().errorCode();
      throw new IOException("cannot " + verb + " " + what + ": " + e.statusCode() + code, e);
    } catch (SdkException e) {
      throw new IOException("cannot " + verb + " " + what + ": " + e.getMessage(), e);
    }
  }

  private S3Client client() {
    S3Client made = client;
    if (made == null) {
      synchronized (this) {
        made = client;
        if (made == null) {
          made = connect();
          client = made;
        }
      }
    }
    return made;
  }

  private static S3Client connect() {
    S3ClientBuilder builder = S3Client.builder();
    if (ownEndpoint()) {
      builder.overrideConfiguration(o -> o.retryStrategy(patient()));
    }
    return builder
        // The JDK's own client writes a PUT to a connection that the server has just closed, and
        // cannot send it again; this one looks first.
        .httpClientBuilder(ApacheHttpClient.builder())
        // Trailing checksums make every upload chunk-signed; S3 look-alikes differ on that.
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
        .forcePathStyle(ownEndpoint())
        .build();
  }

  /**
   * A job outlives a restart of the server that keeps its input and its result: it asks again for
   * about a minute.
   */
  private static RetryStrategy patient() {
    return AwsRetryStrategy.standardRetryStrategy().toBuilder()
        .maxAttempts(24)
        .backoffStrategy(
            BackoffStrategy.exponentialDelay(Duration.ofMillis(200), Duration.ofSeconds(5)))
        .circuitBreakerEnabled(false)
        .build();
  }

  /** Any endpoint but AWS's own has no host name per bucket. */
  private static boolean ownEndpoint() {
    return System.getenv("AWS_ENDPOINT_URL_S3") != null
        || System.getenv("AWS_ENDPOINT_URL") != null
        || System.getProperty("aws.endpointUrlS3") != null
        || System.getProperty("aws.endpointUrl") != null;
  }
}
