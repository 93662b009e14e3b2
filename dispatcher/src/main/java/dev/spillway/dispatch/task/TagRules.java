package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads the tags of a task.
 *
 * <p>Source: tags of an AWS Batch job.
 */
final class TagRules {
  /** AWS allows 50 on a job, and Spillway sets one itself. */
  private static final int MOST_TAGS = 49;

  private static final Pattern TAG = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");

  private TagRules() {}

  static Map<String, String> read(Members m) {
    Map<String, String> tags = new LinkedHashMap<>();
    if (!m.has("tags")) {
      return tags;
    }
    if (!m.get("tags").isObject()) {
      m.fault("tags", "is not an object of texts.");
      return tags;
    }
    if (m.get("tags").size() > MOST_TAGS) {
      m.fault(
          "tags",
          "has "
              + m.get("tags").size()
              + " entries; the most is "
              + MOST_TAGS
              + ", because a job may have 50 and Spillway sets one.");
    }
    for (Map.Entry<String, JsonNode> tag : m.get("tags").properties()) {
      String key = tag.getKey();
      String value = tag.getValue().isTextual() ? tag.getValue().textValue() : null;
      if (key.isEmpty()
          || key.length() > 128
          || key.startsWith("aws:")
          || key.startsWith("spillway:")
          || value == null
          || value.length() > 256
          || !TAG.matcher(key).matches()
          || !TAG.matcher(value).matches()) {
        m.fault(
            "tags",
            "has the tag \""
                + key
                + "\", which AWS would refuse: keys have 1 to 128 characters and do not begin with"
                + " aws: or spillway:, values are texts of up to 256, both of letters, digits,"
                + " spaces and _ . : / = + - @.");
      } else {
        tags.put(key, value);
      }
    }
    return tags;
  }
}
