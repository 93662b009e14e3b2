package dev.spillway.batch.api;

import java.lang.reflect.Method;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.protocol.MarshallingType;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.services.batch.BatchClient;
import software.amazon.awssdk.services.batch.model.BatchRequest;
import software.amazon.awssdk.services.batch.model.BatchResponse;
import software.amazon.awssdk.utils.builder.Buildable;

/**
 * Counts which members of the API, by the AWS SDK's own model, the conformance tests send and read
 * back. {@link MemberCoverageTest} holds the rest against a list with a reason for each. Members of
 * service jobs, service environments and quota shares do not count.
 */
final class MemberCoverage implements ExecutionInterceptor, BeforeAllCallback {
  private static final Set<String> SENT = new ConcurrentSkipListSet<>();
  private static final Set<String> RAN = new ConcurrentSkipListSet<>();
  private static final Set<String> READ = new ConcurrentSkipListSet<>();
  private static final String SERVICE_JOBS = ".*(Service(Job|Environment|Resource)|QuotaShare).*";

  /** Counts, and what is missing: {@code sent} or {@code read}, and the member. */
  record Report(int sent, int ofSent, int read, int ofRead, Set<String> uncovered) {}

  @Override
  public void beforeAll(ExtensionContext context) {
    RAN.add(context.getRequiredTestClass().getSimpleName());
  }

  /** Names of the conformance tests that ran in this process. */
  static Set<String> ran() {
    return RAN;
  }

  @Override
  public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
    note(context.request(), SENT);
  }

  @Override
  public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
    note(context.response(), READ);
  }

  private static void note(SdkPojo pojo, Set<String> noted) {
    for (SdkField<?> field : pojo.sdkFields()) {
      Object value = field.getValueOrDefault(pojo);
      boolean empty =
          value == null
              || (value instanceof Collection<?> list && list.isEmpty())
              || (value instanceof Map<?, ?> map && map.isEmpty());
      if (!empty) {
        noted.add(name(pojo) + "." + field.memberName());
        nested(value, noted);
      }
    }
  }

  private static void nested(Object value, Set<String> noted) {
    switch (value) {
      case SdkPojo pojo -> note(pojo, noted);
      case Collection<?> list -> list.forEach(item -> nested(item, noted));
      case Map<?, ?> map -> map.values().forEach(item -> nested(item, noted));
      default -> {}
    }
  }

  private static String name(SdkPojo pojo) {
    return pojo.getClass().getSimpleName().replace("BuilderImpl", "");
  }

  static Report report() {
    Set<String> requests = new TreeSet<>();
    Set<String> responses = new TreeSet<>();
    for (Method method : BatchClient.class.getMethods()) {
      if (method.getParameterCount() == 1
          && BatchRequest.class.isAssignableFrom(method.getParameterTypes()[0])
          && BatchResponse.class.isAssignableFrom(method.getReturnType())
          && !method.getName().matches("(?i)" + SERVICE_JOBS)) {
        model(sample(method.getParameterTypes()[0]), requests);
        model(sample(method.getReturnType()), responses);
      }
    }
    Set<String> uncovered = new TreeSet<>();
    int sent = covered("sent", requests, SENT, uncovered);
    int read = covered("read", responses, READ, uncovered);
    return new Report(sent, requests.size(), read, responses.size(), uncovered);
  }

  private static int covered(
      String how, Set<String> all, Set<String> noted, Set<String> uncovered) {
    all.removeIf(member -> member.matches(SERVICE_JOBS));
    all.stream().filter(m -> !noted.contains(m)).map(m -> how + " " + m).forEach(uncovered::add);
    return (int) all.stream().filter(noted::contains).count();
  }

  private static SdkPojo sample(Class<?> type) {
    try {
      return (SdkPojo) ((Buildable) type.getMethod("builder").invoke(null)).build();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a request without a builder", e);
    }
  }

  private static void model(SdkPojo pojo, Set<String> members) {
    String shape = name(pojo);
    for (SdkField<?> field : pojo.sdkFields()) {
      if (members.add(shape + "." + field.memberName())) {
        nestedModel(shape, field, members);
      }
    }
  }

  private static void nestedModel(String shape, SdkField<?> field, Set<String> members) {
    if (field.marshallingType() == MarshallingType.LIST) {
      nestedModel(shape, field.getTrait(ListTrait.class).memberFieldInfo(), members);
    } else if (field.marshallingType() == MarshallingType.SDK_POJO) {
      SdkPojo builder = field.constructor().get();
      String name = builder.getClass().getEnclosingClass().getSimpleName();
      for (SdkField<?> inner : builder.sdkFields()) {
        if (members.add(name + "." + inner.memberName())) {
          nestedModel(name, inner, members);
        }
      }
    }
  }
}
