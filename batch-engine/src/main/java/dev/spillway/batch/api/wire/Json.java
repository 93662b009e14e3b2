package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/** JSON trees, and back. */
public final class Json {
  private static final int MOST_SHOWN = 120;

  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  private Json() {}

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Reads what this engine wrote itself. */
  public static ObjectNode read(String own) {
    try {
      return (ObjectNode) MAPPER.readTree(own);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("stored JSON cannot be read: " + own, e);
    }
  }

  /** SHA-256 of a tree; the order of members does not count. */
  public static String hash(JsonNode tree) {
    try {
      byte[] canonical = MAPPER.writeValueAsBytes(MAPPER.treeToValue(tree, Object.class));
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(canonical));
    } catch (JsonProcessingException | NoSuchAlgorithmException e) {
      throw new IllegalStateException("a JSON tree could not be hashed", e);
    }
  }

  /** What stands where in a tree that no text may hold. */
  public record Unfit(String path, String text) {
    /** The rule that it breaks. */
    public String rule() {
      return text.indexOf(0) >= 0
          ? "should have no zero byte"
          : "holds half of a surrogate pair, which is no character";
    }
  }

  /** A name or a text that holds a NUL, or a surrogate without its other half. */
  public static Optional<Unfit> unfit(JsonNode tree) {
    return unfit("", tree);
  }

  private static Optional<Unfit> unfit(String path, JsonNode tree) {
    if (tree.isTextual()) {
      return fit(tree.textValue()) ? Optional.empty() : Optional.of(new Unfit(path, tree.asText()));
    }
    Optional<Unfit> found = Optional.empty();
    for (Map.Entry<String, JsonNode> member : tree.properties()) {
      String name = path.isEmpty() ? member.getKey() : path + "." + member.getKey();
      found = fit(member.getKey()) ? unfit(name, member.getValue()) : keyed(path, member.getKey());
      if (found.isPresent()) {
        return found;
      }
    }
    for (int i = 0; tree.isArray() && i < tree.size() && found.isEmpty(); i++) {
      found = unfit(path + "[" + i + "]", tree.get(i));
    }
    return found;
  }

  private static Optional<Unfit> keyed(String path, String key) {
    return Optional.of(new Unfit(path.isEmpty() ? "A member" : "A key of " + path, key));
  }

  /** In quotes and escaped as in JSON, so that what cannot be seen can be found; not at length. */
  public static String shown(String text) {
    return text.length() <= MOST_SHOWN
        ? TextNode.valueOf(text).toString()
        : TextNode.valueOf(text.substring(0, MOST_SHOWN)) + "...";
  }

  /** Whether a text holds neither. */
  public static boolean fit(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == 0) {
        return false;
      }
      if (Character.isSurrogate(text.charAt(i))) {
        if (i + 1 == text.length()
            || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /** Bytes of a tree on the wire. */
  public static int size(JsonNode tree) {
    return tree.toString().getBytes(StandardCharsets.UTF_8).length;
  }
}
