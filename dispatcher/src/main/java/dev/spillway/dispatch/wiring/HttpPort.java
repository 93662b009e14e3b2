package dev.spillway.dispatch.wiring;

import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.Setting;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.BindException;
import java.net.InetAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/** The port of the API, whatever answers on it. */
final class HttpPort {
  // Invoke takes 6 MiB, a list of tasks more, and a function's zip file of 50 MB comes as base64.
  private static final int MOST_REQUEST_BYTES = 72 * 1024 * 1024;

  private HttpPort() {}

  /** Beans of a server that will listen where the settings say; not started. */
  static ApplicationContext context(Configuration settings, DataFolder folder) {
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put("micronaut.application.name", "spillway");
    properties.put("micronaut.banner.enabled", false);
    properties.put("micronaut.server.host", settings.text(Setting.SERVER_HOST));
    properties.put("micronaut.server.port", settings.whole(Setting.SERVER_PORT));
    properties.put("micronaut.server.max-request-size", MOST_REQUEST_BYTES);
    properties.put("micronaut.server.netty.max-initial-line-length", 16 * 1024);
    properties.put("micronaut.server.netty.use-native-transport", false);
    properties.put("micronaut.netty.event-loops.default.num-threads", 2);
    // Port 0 is a free port on purpose, not a test's.
    folder
        .previous()
        .filter(_ -> settings.whole(Setting.SERVER_PORT) == 0)
        .map(DataFolder.Holder::port)
        .filter(port -> free(settings.text(Setting.SERVER_HOST), port))
        .ifPresent(port -> properties.put("micronaut.server.port", port));
    return ApplicationContext.builder()
        .properties(properties)
        .deduceEnvironment(false)
        .environmentPropertySource(false)
        .bootstrapEnvironment(false)
        .banner(false)
        .build();
  }

  private static boolean free(String host, int port) {
    try (var probe = new java.net.ServerSocket(port, 1, InetAddress.getByName(host))) {
      return probe.isBound();
    } catch (java.io.IOException _) {
      return false;
    }
  }

  /**
   * Listens.
   *
   * @throws IllegalStateException when the port is taken
   */
  static EmbeddedServer listen(ApplicationContext context) {
    EmbeddedServer http = context.getBean(EmbeddedServer.class);
    try {
      http.start();
      return http;
    } catch (RuntimeException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof BindException) {
          throw taken(Setting.SERVER_PORT, http.getPort());
        }
      }
      throw e;
    }
  }

  static URI url(EmbeddedServer http) {
    return URI.create("http://" + http.getHost() + ":" + http.getPort());
  }

  static IllegalStateException taken(Setting setting, int port) {
    return new IllegalStateException(
        "Port %d (%s) is taken by another program. Stop it, or choose another port; 0 takes a free one."
            .formatted(port, setting.key()));
  }
}
