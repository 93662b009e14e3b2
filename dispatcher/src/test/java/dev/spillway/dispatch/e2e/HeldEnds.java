package dev.spillway.dispatch.e2e;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.task.Gateways;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import jakarta.inject.Singleton;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Between the real gateways and the dispatcher of a server in this JVM: while it holds, what they
 * tell waits here, as on a slow line.
 */
@Singleton
@Requires(property = HeldEnds.PROPERTY)
final class HeldEnds implements BeanCreatedEventListener<Gateways> {
  static final String PROPERTY = "spillway.test.held-ends";

  private static final List<Runnable> HELD = new ArrayList<>();
  private static boolean holding;

  static synchronized void hold() {
    holding = true;
  }

  static synchronized int held() {
    return HELD.size();
  }

  static void release() {
    List<Runnable> told;
    synchronized (HeldEnds.class) {
      holding = false;
      told = List.copyOf(HELD);
      HELD.clear();
    }
    told.forEach(Runnable::run);
  }

  /** What the dispatcher asked for itself is heard; news of a job is not. */
  private static boolean answers(BatchGateway.Event event) {
    return !(event instanceof BatchGateway.Event.Changed);
  }

  private static <T> Consumer<T> through(Consumer<T> listener) {
    return told -> {
      synchronized (HeldEnds.class) {
        if (holding && !(told instanceof BatchGateway.Event event && answers(event))) {
          HELD.add(() -> listener.accept(told));
          return;
        }
      }
      listener.accept(told);
    };
  }

  @Override
  public Gateways onCreated(BeanCreatedEvent<Gateways> event) {
    Gateways real = event.getBean();
    return new Gateways(
        wrapped(FunctionGateway.class, real.functions()),
        wrapped(BatchGateway.class, real.batch()),
        real.objects());
  }

  /** Only {@code listen} is another; the rest goes to the gateway as it is. */
  @SuppressWarnings("unchecked")
  private static <T> T wrapped(Class<T> port, T real) {
    return port.cast(
        Proxy.newProxyInstance(
            port.getClassLoader(),
            new Class<?>[] {port},
            (_, method, arguments) -> {
              try {
                return method.getName().equals("listen")
                    ? method.invoke(real, through((Consumer<Object>) arguments[0]))
                    : method.invoke(real, arguments);
              } catch (java.lang.reflect.InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
