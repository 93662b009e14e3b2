package dev.spillway.batch.api;

import java.util.UUID;

/**
 * A refusal of a request's shape, in the form that AWS gives these: {@code Error executing request,
 * Exception : ..., RequestId: ...}. Checks against stored state have the bare text instead.
 */
public final class PrefixedRefusal extends BatchApiException {
  private static final long serialVersionUID = 1L;

  private final String requestId;

  private PrefixedRefusal(String text, String requestId) {
    super(
        "ClientException",
        400,
        "Error executing request, Exception : %s, RequestId: %s".formatted(text, requestId));
    this.requestId = requestId;
  }

  /** {@code text} is AWS's own where AWS has one. */
  public static PrefixedRefusal of(String text) {
    return new PrefixedRefusal(text, UUID.randomUUID().toString());
  }

  /** A part of the API that this version does not have. */
  public static PrefixedRefusal unsupported(String what) {
    return of(what + " is not supported yet by this version of Spillway.");
  }

  /** The one in the message; the answer's header carries the same. */
  public String requestId() {
    return requestId;
  }
}
