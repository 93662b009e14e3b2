package dev.spillway.handlers.testkit;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/**
 * A real S3 endpoint over a folder, for the life of the test JVM; the SDK finds it by system
 * properties.
 */
public final class LocalS3 {
  private static LocalS3 started;

  private final Path root;
  private final URI endpoint;

  private LocalS3(Path root) throws Exception {
    this.root = root;
    S3Proxy proxy =
        S3Proxy.builder()
            .blobStore(new FilesystemNio2BlobStore(root.toString()))
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "test", "test")
            .build();
    proxy.start();
    endpoint = URI.create("http://127.0.0.1:" + proxy.getPort());
  }

  public static synchronized LocalS3 started() {
    if (started == null) {
      try {
        started = new LocalS3(Files.createTempDirectory("handlers-s3-"));
      } catch (Exception e) {
        throw new IllegalStateException("the test S3 did not start", e);
      }
      System.setProperty("aws.endpointUrlS3", started.endpoint.toString());
      System.setProperty("aws.region", "us-east-1");
      System.setProperty("aws.accessKeyId", "test");
      System.setProperty("aws.secretAccessKey", "test");
    }
    return started;
  }

  /** The same as environment variables, for a process. */
  public Map<String, String> environment() {
    return Map.of(
        "AWS_ENDPOINT_URL_S3", endpoint.toString(),
        "AWS_REGION", "us-east-1",
        "AWS_ACCESS_KEY_ID", "test",
        "AWS_SECRET_ACCESS_KEY", "test");
  }

  public LocalS3 bucket(String name) throws IOException {
    Files.createDirectories(root.resolve(name));
    return this;
  }

  public void put(String bucket, String key, byte[] content) throws IOException {
    Path file = root.resolve(bucket).resolve(key);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  public byte[] get(String bucket, String key) throws IOException {
    return Files.readAllBytes(root.resolve(bucket).resolve(key));
  }

  public boolean has(String bucket, String key) {
    return Files.exists(root.resolve(bucket).resolve(key));
  }
}
