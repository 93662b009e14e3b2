package dev.spillway.dispatch.storage;

import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import software.amazon.awssdk.services.s3.model.BucketCannedACL;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;

/**
 * The store as everyone sees it: every change of an object, from the wire or from this process,
 * passes here.
 *
 * <p>Buckets and objects are private whatever the permission bits of their files say: the file
 * store would call a world-readable file public, and the guarded listener would serve it to a
 * caller without credentials.
 */
final class PrivateBlobStore extends ForwardingBlobStore {

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
}
