package dev.spillway.batch.api.wire;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.PrefixedRefusal;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Requests as text, with {@code '} for quotes, and what is said of wrong ones. */
public final class Refusals {
  private Refusals() {}

  public static ObjectNode json(String text) {
    return Json.read(text.replace('\'', '"'));
  }

  /** In the form of field checks. */
  public static void refused(String text, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(PrefixedRefusal.class)
        .hasMessageStartingWith("Error executing request, Exception : " + text);
  }

  /** With {@code text} somewhere behind the prefix. */
  public static void refusedWithin(String text, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(PrefixedRefusal.class)
        .hasMessageStartingWith("Error executing request, Exception : ")
        .hasMessageContaining(text);
  }

  /** In the form of checks against what is stored. */
  public static void refusedBare(String text, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(BatchApiException.class)
        .isNotInstanceOf(PrefixedRefusal.class)
        .hasMessage(text);
  }
}
