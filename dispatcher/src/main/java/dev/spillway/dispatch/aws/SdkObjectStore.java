package dev.spillway.dispatch.aws;

import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketAlreadyOwnedByYouException;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Objects of Amazon S3. All four calls are harmless to repeat, so the SDK repeats them by itself.
 *
 * <p>Source: Amazon S3 API 2006-03-01, PutObject, GetObject, HeadObject, DeleteObject.
 */
public final class SdkObjectStore implements ObjectStore {
  private static final int NOT_FOUND = 404;

  private final S3Client s3;

  public SdkObjectStore(S3Client s3) {
    this.s3 = s3;
  }

  @Override
  public void put(Location location, byte[] content) {
    try {
      write(location, content);
    } catch (SdkException e) {
      // Of a large object the refusal may be lost: the connection is cut while it is sent.
      if (isThere(location.bucket())) {
        throw failed(location.bucket(), e);
      }
      make(location, content);
    }
  }

  private static FailedException failed(String bucket, SdkException e) {
    SdkFailure failure = SdkFailure.of(e);
    return new FailedException(
        failure.status(), "S3, bucket " + bucket + ": " + failure.message(), e);
  }

  private boolean isThere(String bucket) {
    return whenThere(bucket, () -> s3.headBucket(h -> h.bucket(bucket))).isPresent();
  }

  private void write(Location location, byte[] content) {
    s3.putObject(
        p -> p.bucket(location.bucket()).key(location.key()), RequestBody.fromBytes(content));
  }

  private void make(Location location, byte[] content) {
    try {
      s3.createBucket(b -> b.bucket(location.bucket()));
    } catch (BucketAlreadyOwnedByYouException _) {
      // Another put made it meanwhile.
    } catch (SdkException e) {
      throw failed(location.bucket(), e);
    }
    try {
      write(location, content);
    } catch (SdkException e) {
      throw failed(location.bucket(), e);
    }
  }

  @Override
  public Optional<byte[]> get(Location location) {
    return whenThere(
        location.bucket(),
        () ->
            s3.getObjectAsBytes(g -> g.bucket(location.bucket()).key(location.key()))
                .asByteArray());
  }

  @Override
  public Optional<Long> size(Location location) {
    return whenThere(
        location.bucket(),
        () -> s3.headObject(h -> h.bucket(location.bucket()).key(location.key())).contentLength());
  }

  @Override
  public void delete(Location location) {
    whenThere(
        location.bucket(),
        () -> s3.deleteObject(d -> d.bucket(location.bucket()).key(location.key())));
  }

  private static <T> Optional<T> whenThere(String bucket, Supplier<T> call) {
    try {
      return Optional.of(call.get());
    } catch (NoSuchKeyException | NoSuchBucketException _) {
      return Optional.empty();
    } catch (SdkException e) {
      // A HEAD has no body that could say what is missing.
      if (e instanceof S3Exception refused && refused.statusCode() == NOT_FOUND) {
        return Optional.empty();
      }
      throw failed(bucket, e);
    }
  }
}
