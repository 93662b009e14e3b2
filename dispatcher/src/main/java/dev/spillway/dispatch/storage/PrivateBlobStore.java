package dev.spillway.dispatch.storage;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.BucketCannedACL;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * The store as everyone sees it: every change of an object, from the wire or from this process,
 * passes here.
 *
 * <p>Buckets and objects are private whatever the permission bits of their files say: the file
 * store would call a world-readable file public, and the guarded listener would serve it to a
 * caller without credentials.
 *
 * <p>A key that is too long is the caller's fault and answered as S3 answers it; to the file store
 * it would be a failure of its own.
 */
final class PrivateBlobStore extends ForwardingBlobStore {
  private static final long READ_ON_BYTES = 1L << 20;

  PrivateBlobStore(BlobStore files) {
    super(files);
  }

  @Override
  public BucketCannedACL getContainerAccess(String bucket) {
    return BucketCannedACL.PRIVATE;
  }

  @Override
  public ObjectCannedACL getBlobAccess(String bucket, String key) {
    return ObjectCannedACL.PRIVATE;
  }

  @Override
  public ObjectCannedACL getBlobAccess(String bucket, String key, String version) {
    return ObjectCannedACL.PRIVATE;
  }

  @Override
  public void setContainerAccess(String bucket, BucketCannedACL access) {
    refusePublic(access == BucketCannedACL.PRIVATE);
  }

  @Override
  public void setBlobAccess(String bucket, String key, ObjectCannedACL access) {
    refusePublic(access == ObjectCannedACL.PRIVATE);
  }

  @Override
  public void setBlobAccess(String bucket, String key, ObjectCannedACL access, String version) {
    refusePublic(access == ObjectCannedACL.PRIVATE);
  }

  private static void refusePublic(boolean isPrivate) {
    if (!isPrivate) {
      throw new UnsupportedOperationException("public access is blocked for this store");
    }
  }

  @Override
  public boolean blobExists(String bucket, String key) {
    return KeyLengths.possible(key) && super.blobExists(bucket, key);
  }

  @Override
  public HeadObjectResponse blobMetadata(HeadObjectRequest request) {
    KeyLengths.checkReadable(request.bucket(), request.key());
    return super.blobMetadata(request);
  }

  @Override
  public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
    KeyLengths.checkReadable(request.bucket(), request.key());
    return super.getBlob(request);
  }

  /** S3 answers the removal of what is not there like any other. */
  @Override
  public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
    return KeyLengths.possible(request.key())
        ? super.removeBlob(request)
        : DeleteObjectResponse.builder().build();
  }

  @Override
  public PutObjectResponse putBlob(PutObjectRequest request, InputStream content) {
    refusing(content, () -> KeyLengths.checkWritable(request.key()));
    return super.putBlob(request, content);
  }

  /** Reads on when it refuses: a client that still writes would see a broken connection only. */
  private static void refusing(InputStream content, Runnable check) {
    try {
      check.run();
    } catch (S3Exception refusal) {
      try {
        content.skipNBytes(READ_ON_BYTES);
      } catch (IOException _) {
        // All of it was read, or the client has gone.
      }
      throw refusal;
    }
  }

  @Override
  public CopyObjectResponse copyBlob(CopyObjectRequest request) {
    KeyLengths.checkReadable(request.sourceBucket(), request.sourceKey());
    KeyLengths.checkWritable(request.destinationKey());
    return super.copyBlob(request);
  }

  @Override
  public MultipartUpload initiateMultipartUpload(CreateMultipartUploadRequest request) {
    KeyLengths.checkUploadable(request.key());
    return super.initiateMultipartUpload(request);
  }

  @Override
  public UploadPartResponse uploadMultipartPart(
      MultipartUpload upload, UploadPartRequest request, InputStream content) {
    refusing(content, () -> KeyLengths.checkUploadable(upload.blobName()));
    return super.uploadMultipartPart(upload, request, content);
  }

  @Override
  public List<Part> listMultipartUpload(MultipartUpload upload) {
    KeyLengths.checkUploadable(upload.blobName());
    return super.listMultipartUpload(upload);
  }

  @Override
  public CompleteMultipartUploadResponse completeMultipartUpload(
      MultipartUpload upload, CompleteMultipartUploadRequest request) {
    KeyLengths.checkUploadable(upload.blobName());
    return super.completeMultipartUpload(upload, request);
  }

  @Override
  public void abortMultipartUpload(MultipartUpload upload) {
    KeyLengths.checkUploadable(upload.blobName());
    super.abortMultipartUpload(upload);
  }
}
