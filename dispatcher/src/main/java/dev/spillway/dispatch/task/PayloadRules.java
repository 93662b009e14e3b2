package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.routing.Amounts;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a task's payload: in the document, or an object in S3. */
final class PayloadRules {
  /** Largest payload in the document itself, bytes of compact JSON. */
  static final int MOST_PAYLOAD_BYTES = 6 * 1024 * 1024;

  static final Pattern S3_URI =
      Pattern.compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.{1,1024})");

  private PayloadRules() {}

  static JsonNode read(Members m) {
    if (!m.has("payload")) {
      return m.get("payload") == null ? DocumentReader.JSON.createObjectNode() : m.get("payload");
    }
    if (m.has("payloadS3Uri")) {
      m.fault("payloadS3Uri", "cannot be given beside payload. Leave one of them out.");
    }
    int bytes = m.get("payload").toString().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MOST_PAYLOAD_BYTES) {
      m.fault(
          "payload",
          "has "
              + Amounts.count(bytes)
              + " bytes; the most is "
              + Amounts.count(MOST_PAYLOAD_BYTES)
              + ". Put it into S3 and give payloadS3Uri.");
    }
    return m.get("payload");
  }

  static Optional<ObjectStore.Location> s3(Members m) {
    return m.text("payloadS3Uri", S3_URI, "is not an S3 URI. Give s3://bucket/key.")
        .map(PayloadRules::location);
  }

  static boolean isS3Uri(String text) {
    return S3_URI.matcher(text).matches();
  }

  /** Reads {@code s3://bucket/key}. */
  static ObjectStore.Location location(String uri) {
    Matcher parts = S3_URI.matcher(uri);
    if (!parts.matches()) {
      throw new IllegalArgumentException(uri + " is not an S3 URI.");
    }
    return new ObjectStore.Location(parts.group(1), parts.group(2));
  }
}
