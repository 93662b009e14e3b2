package dev.spillway.dispatch.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * What a signal does. The class for it, {@code sun.misc.Signal}, is exported and supported; it is
 * used by name because no warning about it can be suppressed.
 */
final class Signals {
  private Signals() {}

  /** Does this on SIGTERM, on a thread of its own, instead of ending with exit code 143. */
  static void onTerm(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (_, method, _) -> {
                if (method.getName().equals("handle")) {
                  action.run();
                }
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("TERM"), proxy);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException("SIGTERM cannot be handled here", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("every JDK with jdk.unsupported has sun.misc.Signal", e);
    }
  }
}
