package dev.spillway.lambda.invoke;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.lambda.invoke.LambdaWire.Request;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Lists in pages. The marker is the key of the last item of the page before: stable when items come
 * and go.
 */
final class Pages {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PAGE = 50;

  private Pages() {}

  /**
   * One page, with {@code NextMarker} when there are more.
   *
   * @param key sorts the items; unique
   */
  static <T> ObjectNode page(
      Request request,
      int most,
      String member,
      List<T> items,
      Function<T, String> key,
      Function<T, ObjectNode> json) {
    int size = size(request, most);
    String after = request.param("Marker").orElse("");
    List<T> rest =
        items.stream()
            .sorted(Comparator.comparing(key))
            .filter(item -> key.apply(item).compareTo(after) > 0)
            .toList();
    List<T> page = rest.subList(0, Math.min(size, rest.size()));
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode list = answer.putArray(member);
    page.forEach(item -> list.add(json.apply(item)));
    if (page.size() < rest.size()) {
      answer.put("NextMarker", key.apply(page.getLast()));
    }
    return answer;
  }

  private static int size(Request request, int most) {
    Optional<String> text = request.param("MaxItems");
    if (text.isEmpty()) {
      return Math.min(PAGE, most);
    }
    if (!text.get().matches("0*[1-9]\\d{0,4}") || Integer.parseInt(text.get()) > most) {
      throw Members.invalid("MaxItems is " + text.get() + "; it must be 1 to " + most);
    }
    return Integer.parseInt(text.get());
  }

  /** Sorts {@code $LATEST} before 1, and 9 before 10. */
  static String versionKey(String version) {
    return version.startsWith("$")
        ? "0000000000"
        : "0".repeat(Math.max(0, 10 - version.length())) + version;
  }
}
