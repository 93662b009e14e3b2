package dev.spillway.dispatch.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.spillway.dispatch.aws.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The payloads of an array's children: an object of lines, line n for child n. The last that was
 * read is kept, because an array makes its children in several steps.
 */
final class PayloadLines {
  /** Held in memory while children are made. */
  private static final long MOST_BYTES = 256L << 20;

  private final ObjectStore objects;
  private Optional<Lines> last = Optional.empty();

  /**
   * One object.
   *
   * @param sha256 of its content
   */
  record Lines(ObjectStore.Location location, String sha256, List<String> lines) {

    /** The longest: what fits it fits all. */
    String longest() {
      return lines.stream().max(java.util.Comparator.comparingInt(String::length)).orElseThrow();
    }
  }

  PayloadLines(ObjectStore objects) {
    this.objects = objects;
  }

  /**
   * Reads the object, or gives it again when it was read with this content.
   *
   * @param expected SHA-256 of what was read before; empty for the first time
   * @throws RefusedException for what is no object of JSON lines, or has changed
   */
  synchronized Lines read(ObjectStore.Location location, Optional<String> expected) {
    if (expected.isPresent()
        && last.filter(l -> l.location().equals(location) && l.sha256().equals(expected.get()))
            .isPresent()) {
      return last.get();
    }
    last = Optional.empty();
    Lines read = fetch(location);
    if (expected.isPresent() && !expected.get().equals(read.sha256())) {
      throw refused(
          location, "has changed since its first children were made. Submit the array again.");
    }
    last = Optional.of(read);
    return read;
  }

  private Lines fetch(ObjectStore.Location location) {
    long size =
        objects
            .size(location)
            .orElseThrow(
                () -> refused(location, "does not exist. Put it there, and submit again."));
    if (size > MOST_BYTES) {
      throw refused(
          location,
          "has "
              + size
              + " bytes; the most is "
              + MOST_BYTES
              + ". Put large payloads into objects of their own, and their places into the lines.");
    }
    byte[] content =
        objects
            .get(location)
            .orElseThrow(
                () -> refused(location, "does not exist. Put it there, and submit again."));
    List<String> lines = new String(content, StandardCharsets.UTF_8).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      check(location, i, lines.get(i));
    }
    if (lines.size() < 2) {
      throw refused(location, "has " + lines.size() + " lines; an array has 2 children or more.");
    }
    return new Lines(location, Places.sha256(content), lines);
  }

  private static void check(ObjectStore.Location location, int index, String line) {
    if (line.getBytes(StandardCharsets.UTF_8).length > PayloadRules.MOST_PAYLOAD_BYTES) {
      throw refused(location, "has more than 6 MiB in line " + index + ".");
    }
    try {
      if (!DocumentReader.JSON.readTree(line).isMissingNode()) {
        return;
      }
    } catch (JsonProcessingException _) {
      // told below
    }
    throw refused(
        location, "has no JSON in line " + index + ", counted from 0. Each line is one payload.");
  }

  private static RefusedException refused(ObjectStore.Location location, String rule) {
    return RefusedException.invalid(
        "payloadsS3Uri", location.toString(), "payloadsS3Uri: " + location + " " + rule);
  }
}
