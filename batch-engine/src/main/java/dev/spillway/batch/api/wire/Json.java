package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** JSON trees, and back. */
public final class Json {
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

  /** False when a name or a text holds a NUL, or a surrogate without its other half. */
  public static boolean wellFormed(JsonNode tree) {
    if (tree.isTextual()) {
      return wellFormed(tree.textValue());
    }
    for (Map.Entry<String, JsonNode> member : tree.properties()) {
      if (!wellFormed(member.getKey())) {
        return false;
      }
    }
    for (JsonNode child : tree) {
      if (!wellFormed(child)) {
        return false;
      }
    }
    return true;
  }

  /** Likewise. */
  public static boolean wellFormed(String text) {
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
