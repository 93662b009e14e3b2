package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * The members of a task document that make it an array, and those that let tasks wait for each
 * other.
 *
 * <p>Source: AWS Batch, SubmitJob, arrayProperties and dependsOn; the contract's section 1.
 */
final class ArrayRules {
  /** The most that a server may be configured to take. */
  private static final int MOST = 1_000_000;

  private static final Pattern TASK_ID =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(:(0|[1-9][0-9]{0,5}))?");

  private ArrayRules() {}

  static Optional<TaskDocument.ArrayOf> read(Members m) {
    boolean lines = m.has("payloadsS3Uri");
    if (!lines && !m.has("arrayProperties")) {
      return Optional.empty();
    }
    if (lines && m.has("payload")) {
      m.fault("payloadsS3Uri", "cannot be given beside payload. Leave one of them out.");
    }
    if (lines && m.has("payloadS3Uri")) {
      m.fault("payloadsS3Uri", "cannot be given beside payloadS3Uri. Leave one of them out.");
    }
    OptionalInt size = size(m);
    if (!lines && m.has("payload")) {
      sharedPayload(m);
    }
    return Optional.of(
        new TaskDocument.ArrayOf(
            size,
            m.text("payloadsS3Uri", PayloadRules.S3_URI, "is not an S3 URI. Give s3://bucket/key.")
                .map(PayloadRules::location)));
  }

  private static OptionalInt size(Members m) {
    JsonNode properties = m.get("arrayProperties");
    if (properties == null || properties.isNull()) {
      return OptionalInt.empty();
    }
    JsonNode size = properties.path("size");
    if (properties.isObject()
        && properties.size() == 1
        && size.isIntegralNumber()
        && size.canConvertToInt()
        && size.intValue() >= 2
        && size.intValue() <= MOST) {
      return OptionalInt.of(size.intValue());
    }
    m.fault("arrayProperties", "is not {size: n} with a number of children, 2 or more.");
    return OptionalInt.empty();
  }

  /** Each child gets it with its index, so it must have room for one. */
  private static void sharedPayload(Members m) {
    JsonNode payload = m.get("payload");
    if (!payload.isObject()) {
      m.fault(
          "payload",
          "is not an object; the children of an array get it with arrayIndex beside its members."
              + " Give an object, or payloadsS3Uri with a line for each child.");
    } else if (payload.has("arrayIndex")) {
      m.fault("payload", "has arrayIndex, which is set for each child. Name the member otherwise.");
    }
  }

  static Optional<TaskDocument.Dependency> dependency(Members m, JsonNode node) {
    JsonNode id = node.path("taskId");
    JsonNode name = node.path("name");
    boolean array = m.has("arrayProperties") || m.has("payloadsS3Uri");
    Optional<String> type = type(m, node);
    if (node.has("type") && type.isEmpty()) {
      return Optional.empty();
    }
    if (type.isPresent() && !array) {
      m.fault(
          "dependsOn",
          "has the type "
              + type.get()
              + ", which is for arrays. Leave the type out, or make this task an array with"
              + " arrayProperties.");
      return Optional.empty();
    }
    boolean sequential = type.equals(Optional.of("SEQUENTIAL"));
    int members = node.size() - (type.isPresent() ? 1 : 0);
    if (sequential && members == 0) {
      return Optional.of(new TaskDocument.Dependency.Sequential());
    }
    boolean each = type.equals(Optional.of("N_TO_N"));
    if (!sequential && node.isObject() && members == 1 && id.isTextual()) {
      if (TASK_ID.matcher(id.textValue()).matches()) {
        return Optional.of(new TaskDocument.Dependency.ById(id.textValue(), each));
      }
      m.fault(
          "dependsOn",
          "has the taskId \"" + Members.shown(id) + "\", which is not a whole task id.");
      return Optional.empty();
    }
    if (!sequential && node.isObject() && members == 1 && name.isTextual()) {
      return Optional.of(new TaskDocument.Dependency.ByName(name.textValue(), each));
    }
    m.fault(
        "dependsOn",
        sequential
            ? "has the type SEQUENTIAL beside another task. An array is SEQUENTIAL by itself: leave"
                + " taskId and name out."
            : "has an entry that is neither {taskId} nor {name}.");
    return Optional.empty();
  }

  private static Optional<String> type(Members m, JsonNode node) {
    JsonNode type = node.path("type");
    if (type.isMissingNode()) {
      return Optional.empty();
    }
    if (type.isTextual()
        && (type.textValue().equals("N_TO_N") || type.textValue().equals("SEQUENTIAL"))) {
      return Optional.of(type.textValue());
    }
    m.fault(
        "dependsOn",
        "has the type \"" + Members.shown(type) + "\"; the types are N_TO_N and SEQUENTIAL.");
    return Optional.empty();
  }
}
