package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.PrefixedRefusal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Paging: {@code maxResults}, and tokens that say where the next page begins. */
public final class Pages {
  private Pages() {}

  /** {@code maxResults} between 1 and {@code most}, which is also the default. */
  public static int size(Members request, int most) {
    int size = request.integer("maxResults").orElse(most);
    if (size < 1 || size > most) {
      throw PrefixedRefusal.of(
          "maxResults is %d; it should be between 1 and %d.".formatted(size, most));
    }
    return size;
  }

  /** A token of {@code call} that carries {@code position}. */
  public static String token(String call, String position) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((call + "\n" + position).getBytes(StandardCharsets.UTF_8));
  }

  /** The position in the request's token; a token of another call is refused. */
  public static Optional<String> position(Members request, String call) {
    return request
        .text("nextToken")
        .map(
            token -> {
              try {
                String plain =
                    new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
                if (plain.startsWith(call + "\n")) {
                  return plain.substring(call.length() + 1);
                }
              } catch (IllegalArgumentException _) {
                // said below
              }
              throw PrefixedRefusal.of(
                  "nextToken is not one that this call gave; repeat the call without it.");
            });
  }

  /**
   * The answer of a Describe call: what the request names, or else one page of {@code all}.
   *
   * @param list the member that names them, and the one that answers
   * @param find one by what the request calls it; what is not there is left out
   */
  public static <T> ObjectNode describe(
      String list,
      Members request,
      Function<String, Optional<T>> find,
      Collection<T> all,
      Function<T, String> key,
      Function<T, ObjectNode> wire) {
    ObjectNode answer = Json.object();
    List<String> names = request.texts(list);
    if (names.isEmpty()) {
      add(answer, list, request, all, key, wire);
      return answer;
    }
    if (request.has("maxResults")) {
      throw PrefixedRefusal.of(
          Character.toUpperCase(list.charAt(0))
              + list.substring(1)
              + " and MaxResults cannot both be set");
    }
    ArrayNode found = answer.putArray(list);
    names.forEach(name -> find.apply(name).map(wire).ifPresent(found::add));
    return answer;
  }

  /**
   * Adds one page of {@code all}, which is in the order of its keys' appearance.
   *
   * @param key names an item; the page begins behind the item that the token names
   */
  public static <T> void add(
      ObjectNode answer,
      String list,
      Members request,
      Collection<T> all,
      Function<T, String> key,
      Function<T, ObjectNode> wire) {
    int size = size(request, 100);
    List<T> items = new ArrayList<>(all);
    int from =
        position(request, list)
            .map(
                last -> {
                  for (int i = 0; i < items.size(); i++) {
                    if (key.apply(items.get(i)).equals(last)) {
                      return i + 1;
                    }
                  }
                  return items.size(); // it was deleted meanwhile
                })
            .orElse(0);
    int to = Math.min(items.size(), from + size);
    answer.putArray(list);
    items.subList(from, to).forEach(item -> answer.withArray(list).add(wire.apply(item)));
    if (to < items.size()) {
      answer.put("nextToken", token(list, key.apply(items.get(to - 1))));
    }
  }
}
