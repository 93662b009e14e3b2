package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.batch.api.PrefixedRefusal;
import java.util.List;

/** What a job definition is made for: its one platform capability. Source: PlatformCapability. */
enum Platform {
  FARGATE,
  EC2,
  MANAGED_INSTANCES;

  /** Of a request; EC2 when it names none. */
  static Platform of(Members request) {
    List<String> given = request.texts("platformCapabilities");
    if (given.size() > 1) {
      throw PrefixedRefusal.of("Exactly 1 capability must be provided.");
    }
    for (String capability : given) {
      for (Platform platform : values()) {
        if (platform.name().equals(capability)) {
          return platform;
        }
      }
      throw PrefixedRefusal.of(
          "Capability %s is not valid. Valid capabilities: %s"
              .formatted(capability, List.of(values())));
    }
    return EC2;
  }

  /** Of what was checked before. */
  static Platform of(JsonNode detail) {
    String name = detail.path("platformCapabilities").path(0).asText("EC2");
    return valueOf(name);
  }
}
