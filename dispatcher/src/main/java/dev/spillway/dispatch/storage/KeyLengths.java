package dev.spillway.dispatch.storage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * How long a key may be. A key is a path of files here, so beside S3's limit for all of it, each
 * part between two slashes has to fit into a file name, while it is written with the store's own
 * additions to it.
 */
final class KeyLengths {
  /** Source: S3 User Guide, object key names. */
  private static final int MOST_BYTES = 1024;

  /** What Linux and macOS allow for one name. */
  private static final int FILE_NAME_BYTES = 255;

  // An object has this behind its name until all of it is there.
  private static final String DRAFT = "-" + "u".repeat(36);
  private static final String UPLOAD = ".mpus-" + "u".repeat(36) + "-";
  private static final String LAST_PART = "-10000";

  private KeyLengths() {}

  /** Whether an object could have this key: no other one can be there. */
  static boolean possible(String key) {
    return key.length() <= MOST_BYTES && longestPart(key) <= FILE_NAME_BYTES;
  }

  /** Refuses a read of what cannot be there as S3 refuses a read of what is not. */
  static void checkReadable(String bucket, String key) {
    if (!possible(key)) {
      throw S3Exceptions.noSuchKey(bucket, key, "The specified key does not exist.");
    }
  }

  /** Refuses a key under which nothing can be written at once. */
  static void checkWritable(String key) {
    check(key, key + DRAFT);
  }

  /** Refuses a key under which nothing can be written in parts. */
  static void checkUploadable(String key) {
    check(key, UPLOAD + key + LAST_PART + DRAFT);
  }

  private static void check(String key, String written) {
    int bytes = bytes(key);
    if (bytes > MOST_BYTES) {
      throw tooLong("The key has " + bytes + " bytes; the most is " + MOST_BYTES + ".");
    }
    int longest = longestPart(written);
    if (longest > FILE_NAME_BYTES) {
      throw tooLong(
          "A part of the key between two slashes is "
              + (longest - FILE_NAME_BYTES)
              + " bytes too long: this store keeps each part as a file name. Shorten it, or put a slash into it.");
    }
  }

  private static S3Exception tooLong(String message) {
    return (S3Exception)
        S3Exception.builder()
            .message(message)
            .statusCode(400)
            .awsErrorDetails(
                AwsErrorDetails.builder()
                    .serviceName("S3")
                    .errorCode("KeyTooLongError")
                    .errorMessage(message)
                    .build())
            .build();
  }

  private static int longestPart(String key) {
    return Arrays.stream(key.split("/")).mapToInt(KeyLengths::bytes).max().orElse(0);
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
