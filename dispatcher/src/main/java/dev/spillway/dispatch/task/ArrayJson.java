package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.ArrayState.ChildPlan;
import dev.spillway.dispatch.fallback.ChildEnds;
import dev.spillway.dispatch.fallback.Spent;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** How an array's state is written into the store and read again. The bits are Base64. */
final class ArrayJson {
  private ArrayJson() {}

  static String write(ArrayState array) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("size", array.size())
            .put("canary", array.canary())
            .put("made", array.made())
            .put("earlier", array.earlier())
            .put("cost", array.spent().cost())
            .put("wastedCost", array.spent().wasted())
            .put("planned", array.planned().name())
            .put("succeeded", Base64.getEncoder().encodeToString(array.ends().succeededBits()))
            .put("failed", Base64.getEncoder().encodeToString(array.ends().failedBits()));
    ObjectNode waits = json.putObject("waits").put("sequential", array.waits().sequential());
    array.waits().arrays().forEach(waits.putArray("arrays")::add);
    array.rerunOf().ifPresent(id -> json.put("rerunOf", id));
    array.source().ifPresent(hash -> json.put("source", hash));
    array.stopping().ifPresent(reason -> json.put("stopping", reason));
    array
        .plan()
        .ifPresent(
            next -> {
              json.set("plan", PlanJson.write(next.plan()));
              TaskJson.legs(json.putArray("legs"), next.legs());
            });
    return json.toString();
  }

  static ArrayState read(String text) {
    JsonNode json = TaskJson.tree(text);
    List<String> arrays = new ArrayList<>();
    json.path("waits").path("arrays").forEach(id -> arrays.add(id.asText()));
    return new ArrayState(
        json.path("size").intValue(),
        json.path("canary").intValue(),
        json.path("made").intValue(),
        ChildEnds.of(bits(json.path("succeeded")), bits(json.path("failed"))),
        json.has("plan")
            ? Optional.of(
                new ChildPlan(PlanJson.read(json.path("plan")), TaskJson.legs(json.path("legs"))))
            : Optional.empty(),
        ArrayState.Planned.valueOf(json.path("planned").asText()),
        Optional.ofNullable(json.path("source").textValue()),
        new ArrayState.Waits(arrays, json.path("waits").path("sequential").booleanValue()),
        json.path("earlier").intValue(),
        Optional.ofNullable(json.path("rerunOf").textValue()),
        new Spent(json.path("cost").doubleValue(), json.path("wastedCost").doubleValue()),
        Optional.ofNullable(json.path("stopping").textValue()));
  }

  private static byte[] bits(JsonNode text) {
    return Base64.getDecoder().decode(text.asText());
  }
}
