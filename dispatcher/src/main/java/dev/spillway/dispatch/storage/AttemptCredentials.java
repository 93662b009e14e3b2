package dev.spillway.dispatch.storage;

import dev.spillway.batch.execution.AttemptId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * An access key for each attempt of each job, derived and never stored: the access key id spells
 * the attempt, the secret is its HMAC-SHA256 under a key that only this server's user can read. So
 * a job that outlives a restart keeps working credentials.
 */
public final class AttemptCredentials {

  /** What a job signs with. */
  public record Credentials(String accessKeyId, String secretAccessKey) {
    @Override
    public String toString() {
      return "Credentials[" + accessKeyId + ", ***]";
    }
  }

  private static final String PREFIX = "SPWY";
  private static final int KEY_BYTES = 32;

  private final SecretKeySpec key;

  private AttemptCredentials(byte[] key) {
    this.key = new SecretKeySpec(key, "HmacSHA256");
  }

  /** Reads the key at {@code file}, or makes one that only its owner can read. */
  public static AttemptCredentials load(Path file) {
    try {
      if (!Files.exists(file)) {
        byte[] fresh = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(fresh);
        Path draft =
            Files.createTempFile(
                file.getParent(),
                "key",
                ".draft",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(draft, fresh);
        try {
          Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException _) {
          Files.deleteIfExists(draft);
        }
      }
      byte[] key = Files.readAllBytes(file);
      if (key.length != KEY_BYTES) {
        throw new IllegalStateException(
            file
                + " has "
                + key.length
                + " bytes, a key has "
                + KEY_BYTES
                + ". Remove it to get a new one; running containers then lose S3.");
      }
      return new AttemptCredentials(key);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read or made", e);
    }
  }

  /** The credentials of an attempt; always the same ones. */
  public Credentials of(AttemptId attempt) {
    String accessKeyId =
        PREFIX + HexFormat.of().formatHex(attempt.toString().getBytes(StandardCharsets.UTF_8));
    return new Credentials(accessKeyId, secret(accessKeyId));
  }

  /** The attempt that an access key id spells; empty for a foreign one. */
  Optional<AttemptId> attempt(String accessKeyId) {
    if (!accessKeyId.startsWith(PREFIX)) {
      return Optional.empty();
    }
    try {
      byte[] text = HexFormat.of().parseHex(accessKeyId.substring(PREFIX.length()));
      return Optional.of(AttemptId.parse(new String(text, StandardCharsets.UTF_8)));
    } catch (IllegalArgumentException | StringIndexOutOfBoundsException _) {
      return Optional.empty();
    }
  }

  String secret(String accessKeyId) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return HexFormat.of().formatHex(mac.doFinal(accessKeyId.getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }
}
