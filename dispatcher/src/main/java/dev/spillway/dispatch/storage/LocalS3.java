package dev.spillway.dispatch.storage;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.dispatch.aws.ObjectStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.gaul.s3proxy.AccessGrant;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/**
 * S3 over a folder, one sub-folder a bucket, path style. On the loopback it takes any credentials;
 * a listener that containers can reach takes only those of a living attempt.
 */
public final class LocalS3 implements ObjectStore, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LocalS3.class);

  // Two cores and a handful of jobs: more threads would only cost memory.
  private static final int THREADS = 32;
  // Uploads of a stopping server are cut: clients repeat them.
  private static final long STOP_MILLIS = 0;

  private final BlobStore store;
  private final List<S3Proxy> listeners = new ArrayList<>();

  private LocalS3(BlobStore store) {
    this.store = store;
  }

  /** Opens the store; nothing listens yet. */
  public static LocalS3 open(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be made", e);
    }
    return new LocalS3(new PrivateBlobStore(new FilesystemNio2BlobStore(folder.toString())));
  }

  /**
   * Listens with any credentials, or none.
   *
   * @param port 0 takes a free one
   * @return the URL, with the real port
   * @throws BindException when the port is taken
   */
  public URI listen(String host, int port) throws BindException {
    S3Proxy proxy = builder(host, port).build();
    return start(proxy, host, port);
  }

  /**
   * Listens where others could reach it: SigV4 is checked.
   *
   * @param living whether an attempt runs now; credentials of another one are refused
   */
  public URI listenGuarded(
      String host, int port, AttemptCredentials credentials, Predicate<AttemptId> living)
      throws BindException {
    // The builder wants one fixed pair; the locator below replaces it before the first request.
    S3Proxy proxy =
        builder(host, port)
            .awsAuthentication(AuthenticationType.AWS_V4, "replaced", "replaced")
            .build();
    proxy.setBlobStoreLocator(
        (identity, container, _) -> {
          Optional<AttemptId> attempt =
              Optional.ofNullable(identity).flatMap(credentials::attempt).filter(living);
          if (attempt.isEmpty()) {
            LOG.warn("bucket={} refused: the key is of no attempt that runs", container);
            return null;
          }
          return new AccessGrant(credentials.secret(identity), store);
        });
    return start(proxy, host, port);
  }

  private S3Proxy.Builder builder(String host, int port) {
    return S3Proxy.builder()
        .blobStore(store)
        .endpoint(URI.create("http://" + host + ":" + port))
        .ignoreUnknownHeaders(true)
        .jettyMaxThreads(THREADS)
        .stopTimeout(STOP_MILLIS);
  }

  private URI start(S3Proxy proxy, String host, int port) throws BindException {
    try {
      proxy.start();
    } catch (Exception e) {
      stop(proxy);
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof BindException) {
          throw new BindException(host + ":" + port + " is taken");
        }
      }
      throw new IllegalStateException("S3 could not be started on " + host + ":" + port, e);
    }
    listeners.add(proxy);
    return URI.create("http://" + host + ":" + proxy.getPort());
  }

  /** Makes a bucket; harmless when it is there. */
  public void makeBucket(String bucket) {
    if (!store.containerExists(bucket)) {
      store.createContainer(bucket);
    }
  }

  @Override
  public void put(Location location, byte[] content) {
    makeBucket(location.bucket());
    PutObjectRequest request =
        PutObjectRequest.builder()
            .bucket(location.bucket())
            .key(location.key())
            .contentLength((long) content.length)
            .build();
    store.putBlob(request, new ByteArrayInputStream(content));
  }

  @Override
  public Optional<byte[]> get(Location location) {
    if (head(location).isEmpty()) {
      return Optional.empty();
    }
    GetObjectRequest request =
        GetObjectRequest.builder().bucket(location.bucket()).key(location.key()).build();
    try (var stream = store.getBlob(request)) {
      return Optional.of(stream.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(location + " cannot be read", e);
    }
  }

  @Override
  public Optional<Long> size(Location location) {
    return head(location).map(HeadObjectResponse::contentLength);
  }

  @Override
  public void delete(Location location) {
    if (store.containerExists(location.bucket())) {
      store.removeBlob(location.bucket(), location.key());
    }
  }

  private Optional<HeadObjectResponse> head(Location location) {
    if (!store.containerExists(location.bucket())) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(
          store.blobMetadataIfPresent(
              HeadObjectRequest.builder().bucket(location.bucket()).key(location.key()).build()));
    } catch (IllegalArgumentException e) {
      // The store says so for a key that is no path inside its bucket: nothing can be there.
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    listeners.forEach(LocalS3::stop);
  }

  private static void stop(S3Proxy proxy) {
    try {
      proxy.stop();
    } catch (Exception e) {
      // Nothing can be done about it, and nothing depends on it: the process is about to end.
      LOG.debug("S3 listener did not stop", e);
    }
  }
}
