package dev.spillway.batch.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Bodies that are not quite right, and some that are not right at all. */
final class FuzzBodies {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MIB = 1024 * 1024;

  /** Stands for a value that is put in as raw text, so that it need not be JSON. */
  private static final String RAW = "@raw@";

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "-1",
          "1",
          "2",
          "10001",
          "1000001",
          "2147483647",
          "2147483648",
          "-2147483649",
          "9223372036854775807",
          "9223372036854775808",
          "1e3",
          "1.5",
          "-0",
          "-0.0",
          "1e400",
          "1e-400",
          "1E999999999",
          "9".repeat(400),
          "9".repeat(2_000),
          "0." + "1".repeat(1_500),
          "NaN",
          "Infinity",
          "-Infinity",
          "+1",
          "01",
          ".5",
          "0x10",
          "\"\"",
          "\" \"",
          "\"NaN\"",
          "\"1\"",
          "\"-1\"",
          "\"1e9\"",
          "\"99999999999999999999\"",
          "\"true\"",
          "\"null\"",
          "[]",
          "{}",
          "[[]]",
          "[null]",
          "[{}]",
          "{\"a\":{}}",
          "{\"\":\"\"}",
          "\"\\u0000\"",
          "\"a\\u0000b\"",
          "\"\\ud800\"",
          "\"\\udc00\\ud800\"",
          "\"x\\ud83d\"",
          "\"\\ufeff\"",
          "\"\\ufffe\\uffff\"",
          "\"\u202eabc\u200f\"",
          "\"\ud83d\ude00\"",
          "\"e\u0301\u0323\"",
          "\"\\u2028\\u2029\\u0085\"",
          "\"\\r\\n\\t\"",
          "\"../../etc/passwd\"",
          "\"'; drop table jobs; --\"",
          "\"%s%n%\"",
          "\"${jndi:x}\"",
          "\"*\"",
          "\"**?[\"",
          "\"Ref::\"",
          "\"Ref::who\"",
          "\"SEQUENTIAL\"",
          "\"N_TO_N\"",
          "\"aws:x\"",
          "\"arn:aws:batch:us-east-1:123456789012:job-queue/\"",
          "\"q\"",
          "\"jd\"",
          "\"jd:0\"",
          "\"jd:99999999999\"",
          "\"0:\"",
          "\":\"",
          "\"0.25\"",
          "\"1Mi\"");

  private final Random random;

  /** A request that would do. */
  record Valid(String operation, String json) {}

  /** What is on the server, to be named in requests. */
  record Stage(String job, String array, int number) {

    String fill(String json) {
      return json.replace("{job}", job)
          .replace("{array}", array)
          .replace("{n}", String.valueOf(number));
    }
  }

  FuzzBodies(Random random) {
    this.random = random;
  }

  /** One to three changes to the tree. */
  byte[] changed(String json) {
    try {
      JsonNode tree = JSON.readTree(json);
      List<String> raw = new ArrayList<>();
      int changes = 1 + (random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0);
      for (int i = 0; i < changes && tree instanceof ObjectNode object; i++) {
        change(object, raw);
      }
      String text = JSON.writeValueAsString(tree);
      for (String value : raw) {
        int at = text.indexOf("\"" + RAW + "\"");
        if (at >= 0) {
          text = text.substring(0, at) + value + text.substring(at + RAW.length() + 2);
        }
      }
      return text.getBytes(UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(json, e);
    }
  }

  private void change(ObjectNode root, List<String> raw) {
    List<JsonNode> places = new ArrayList<>();
    collect(root, places);
    JsonNode place = places.get(random.nextInt(places.size()));
    raw.add(value());
    if (place instanceof ArrayNode array) {
      switch (random.nextInt(4)) {
        case 0 -> array.removeAll();
        case 1 -> array.add(array.isEmpty() ? array.textNode(RAW) : array.get(0).deepCopy());
        case 2 -> repeat(array);
        default -> array.insert(random.nextInt(array.size() + 1), RAW);
      }
      return;
    }
    ObjectNode object = (ObjectNode) place;
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    if (names.isEmpty()) {
      object.put("x", RAW);
      return;
    }
    String name = names.get(random.nextInt(names.size()));
    JsonNode old = object.get(name);
    switch (random.nextInt(10)) {
      case 0 -> object.remove(name);
      case 1 -> object.set(name, JSON.createObjectNode().set(name, old));
      case 2 -> object.set(name, JSON.createArrayNode().add(old));
      case 3 -> {
        object.remove(name);
        object.set(
            random.nextBoolean() ? name.toUpperCase(java.util.Locale.ROOT) : name + "\0", old);
      }
      case 4 -> {
        raw.set(raw.size() - 1, "1,\"" + name + "\":" + old);
        object.put(name, RAW); // the member twice
      }
      case 5 -> object.put("member-" + random.nextInt(), RAW);
      default -> object.put(name, RAW);
    }
  }

  private static void repeat(ArrayNode array) {
    JsonNode first = array.isEmpty() ? array.nullNode() : array.get(0);
    for (int i = 0; i < 200; i++) {
      array.add(first.deepCopy());
    }
  }

  private static void collect(JsonNode node, List<JsonNode> into) {
    if (node.isContainerNode()) {
      into.add(node);
      node.forEach(child -> collect(child, into));
    }
  }

  private String value() {
    return switch (random.nextInt(12)) {
      case 0 -> "\"" + "a".repeat(1 << (5 + random.nextInt(10))) + "\"";
      case 1 -> "\"" + "\u20ac".repeat(1 << (5 + random.nextInt(8))) + "\"";
      case 2 -> String.valueOf(random.nextLong());
      case 3 -> String.valueOf(random.nextGaussian());
      default -> VALUES.get(random.nextInt(VALUES.size()));
    };
  }

  /** The text with some of its bytes changed. */
  byte[] broken(String json) {
    byte[] bytes = json.getBytes(UTF_8);
    int at = random.nextInt(bytes.length);
    return switch (random.nextInt(7)) {
      case 0 -> Arrays.copyOf(bytes, at);
      case 1 -> put(bytes, at, new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80});
      case 2 -> put(bytes, at, new byte[] {(byte) random.nextInt(256), (byte) random.nextInt(256)});
      case 3 -> put(bytes, at, new byte[] {0});
      case 4 -> put(bytes, 0, new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf});
      case 5 -> put(bytes, bytes.length, bytes);
      default -> {
        bytes[at] = (byte) random.nextInt(256);
        yield bytes;
      }
    };
  }

  private static byte[] put(byte[] into, int at, byte[] what) {
    return FuzzInputs.join(
        Arrays.copyOf(into, at), what, Arrays.copyOfRange(into, at, into.length));
  }

  /** No request at all. */
  byte[] odd() {
    return switch (random.nextInt(12)) {
      case 0 -> new byte[0];
      case 1 -> "null".getBytes(UTF_8);
      case 2 -> "[]".getBytes(UTF_8);
      case 3 -> "\"text\"".getBytes(UTF_8);
      case 4 -> "[".repeat(100_000).getBytes(UTF_8);
      case 5 -> "{\"a\":".repeat(100_000).getBytes(UTF_8);
      case 6 -> ("{\"tags\":" + "[".repeat(900) + "]".repeat(900) + "}").getBytes(UTF_8);
      case 7 -> "{}".getBytes(java.nio.charset.StandardCharsets.UTF_16);
      case 8 -> "{}".getBytes(java.nio.charset.Charset.forName("UTF-32"));
      case 9 -> "a=b&c=d".getBytes(UTF_8);
      case 10 -> value().getBytes(UTF_8);
      default -> {
        byte[] noise = new byte[random.nextInt(2_000)];
        random.nextBytes(noise);
        yield noise;
      }
    };
  }

  /** Around the most that is taken, and far above. */
  byte[] huge(String json) {
    int[] sizes = {MIB - 1, MIB, MIB + 1, 3 * MIB, 10 * MIB + 1, 12 * MIB};
    int size = sizes[random.nextInt(20) == 0 ? 3 + random.nextInt(3) : random.nextInt(3)];
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) (random.nextBoolean() ? ' ' : 'a'));
    byte[] start = json.getBytes(UTF_8);
    if (random.nextBoolean()) {
      start = ("{\"" + "x".repeat(1 + random.nextInt(60_000)) + "\":\"").getBytes(UTF_8);
      System.arraycopy("\"}".getBytes(UTF_8), 0, bytes, size - 2, 2);
    }
    System.arraycopy(start, 0, bytes, 0, start.length);
    return bytes;
  }

  /** The same, zipped, half zipped, or as it is. */
  byte[] compressible(String json, int how) {
    byte[] bytes = json.getBytes(UTF_8);
    return switch (how) {
      case 0 -> FuzzInputs.gzip(bytes);
      case 1 -> Arrays.copyOf(FuzzInputs.gzip(bytes), 12);
      case 2 -> FuzzInputs.gzip(new byte[12 * MIB]);
      default -> bytes;
    };
  }
}
