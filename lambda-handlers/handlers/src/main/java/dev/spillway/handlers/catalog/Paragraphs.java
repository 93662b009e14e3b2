package dev.spillway.handlers.catalog;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Reads a catalogue of paragraphs: {@code Field: value} lines, continuation lines that begin with a
 * space, an empty line between two products.
 *
 * <p>Source: Debian Policy 5.1, syntax of control files. A continuation of a single dot is an empty
 * line. Fields that nobody asked for are skipped.
 */
final class Paragraphs {
  private final BufferedReader in;
  private final Set<String> wanted;
  private final Map<String, String> fields = new HashMap<>();

  Paragraphs(BufferedReader in, Set<String> wanted) {
    this.in = in;
    this.wanted = wanted;
  }

  /** The next paragraph, valid until the next call; null at the end. */
  Map<String, String> next() throws IOException {
    fields.clear();
    String current = null;
    boolean any = false;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.isBlank()) {
        if (any) {
          return fields;
        }
        continue;
      }
      any = true;
      char first = line.charAt(0);
      if (first == ' ' || first == '\t') {
        if (current != null) {
          String more = line.strip();
          fields.merge(current, more.equals(".") ? "" : more, (a, b) -> a + "\n" + b);
        }
        continue;
      }
      int colon = line.indexOf(':');
      String name = colon < 0 ? "" : line.substring(0, colon);
      current = wanted.contains(name) ? name : null;
      if (current != null) {
        fields.put(current, line.substring(colon + 1).strip());
      }
    }
    return any ? fields : null;
  }
}
