package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallingType;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.utils.builder.Buildable;

/** Fills the AWS SDK's objects from JSON, by the SDK's own model. */
final class SdkPojos {
  private SdkPojos() {}

  /** Members that this version of the SDK does not know are left out. */
  static <T extends SdkPojo> T fill(T builder, JsonNode json) {
    for (SdkField<?> field : builder.sdkFields()) {
      if (json.has(field.locationName())) {
        field.set(builder, value(field, json.get(field.locationName())));
      }
    }
    return builder;
  }

  private static Object value(SdkField<?> field, JsonNode json) {
    MarshallingType<?> type = field.marshallingType();
    if (type == MarshallingType.STRING) {
      return json.textValue();
    }
    if (type == MarshallingType.INTEGER) {
      return json.intValue();
    }
    if (type == MarshallingType.LONG) {
      return json.longValue();
    }
    if (type == MarshallingType.BOOLEAN) {
      return json.booleanValue();
    }
    if (type == MarshallingType.LIST) {
      List<Object> list = new ArrayList<>();
      json.forEach(
          item -> list.add(value(field.getTrait(ListTrait.class).memberFieldInfo(), item)));
      return list;
    }
    if (type == MarshallingType.MAP) {
      Map<String, String> map = new LinkedHashMap<>();
      json.properties().forEach(entry -> map.put(entry.getKey(), entry.getValue().textValue()));
      return map;
    }
    return ((Buildable) fill(field.constructor().get(), json)).build();
  }
}
