package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.PrefixedRefusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Checks {@code fairsharePolicy}. Source: API FairsharePolicy, ShareAttributes, and the messages of
 * the real service.
 */
public final class FairshareMembers {
  private static final int SHARES_MAX = 500;
  private static final int DECAY_MAX_SECONDS = 604_800;

  private FairshareMembers() {}

  /** The policy with its defaults; empty when the request has none. */
  public static Optional<ObjectNode> read(Members request) {
    if (request.has("quotaSharePolicy")) {
      if (request.has("fairsharePolicy")) {
        throw PrefixedRefusal.of(
            "A scheduling policy can have either fairsharePolicy or quotaSharePolicy");
      }
      throw BatchApiException.client(
          "Quota Management feature is only supported for SageMaker Training job queues.");
    }
    return request
        .object("fairsharePolicy", "shareDecaySeconds", "computeReservation", "shareDistribution")
        .map(FairshareMembers::checked);
  }

  private static ObjectNode checked(Members policy) {
    ObjectNode checked = Json.object();
    checked.put("shareDecaySeconds", bounded(policy, "shareDecaySeconds", DECAY_MAX_SECONDS));
    checked.put("computeReservation", bounded(policy, "computeReservation", 99));
    ArrayNode distribution = checked.putArray("shareDistribution");
    List<Members> shares = policy.objects("shareDistribution", "shareIdentifier", "weightFactor");
    if (shares.size() > SHARES_MAX) {
      throw PrefixedRefusal.of("ShareDistribution size cannot be greater than 500.");
    }
    List<String> names = new ArrayList<>();
    for (Members share : shares) {
      String name = share.requiredText("shareIdentifier");
      if (!name.matches("[a-zA-Z0-9]{0,254}[a-zA-Z0-9*]")) {
        throw PrefixedRefusal.of("ShareIdentifier name should match a valid pattern.");
      }
      names.forEach(other -> refuseOverlap(name, other));
      names.add(name);
      distribution.addObject().put("shareIdentifier", name).put("weightFactor", weight(share));
    }
    return checked;
  }

  private static int bounded(Members policy, String member, int most) {
    int value = policy.integer(member).orElse(0);
    if (value < 0 || value > most) {
      throw PrefixedRefusal.of(
          "%s is %d; it should be between 0 and %d.".formatted(policy.path(member), value, most));
    }
    return value;
  }

  private static void refuseOverlap(String one, String other) {
    if (one.equals(other)) {
      throw PrefixedRefusal.of("Cannot have two or more identical shareIdentifiers.");
    }
    if (matches(one, other) || matches(other, one)) {
      throw PrefixedRefusal.of(
          "Share identifier %s matches another share identifier %s".formatted(one, other));
    }
  }

  private static boolean matches(String pattern, String name) {
    return pattern.endsWith("*") && name.startsWith(pattern.substring(0, pattern.length() - 1));
  }

  private static double weight(Members share) {
    JsonNode given = share.json().get("weightFactor");
    if (given == null || given.isNull()) {
      return 1.0;
    }
    if (!given.isNumber() || given.doubleValue() < 0.0001 || given.doubleValue() > 999.9999) {
      throw PrefixedRefusal.of("Weight factor should be between 0.0001 and 999.9999.");
    }
    return given.doubleValue();
  }
}
