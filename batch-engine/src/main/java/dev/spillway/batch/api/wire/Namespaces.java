package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;

/** Kubernetes namespaces. Source: EksConfiguration, and the messages of the real service. */
final class Namespaces {
  private Namespaces() {}

  /** {@code member} is how the messages call it. */
  static void check(String member, String namespace) {
    if (namespace.length() > 63) {
      throw PrefixedRefusal.of(member + " must less than or equal to 63 characters");
    }
    if (!namespace.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")) {
      throw PrefixedRefusal.of(member + " must be a valid Kubernetes namespace.");
    }
    if (namespace.equals("default")) {
      throw PrefixedRefusal.of(member + " cannot be the default Kubernetes namespace");
    }
    if (namespace.startsWith("kube")) {
      throw PrefixedRefusal.of(member + " cannot be a reserved Kubernetes system namespace");
    }
  }
}
