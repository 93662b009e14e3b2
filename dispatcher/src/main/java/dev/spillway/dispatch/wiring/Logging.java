package dev.spillway.dispatch.wiring;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Log set-up in code: reading an XML file would cost a tenth of a second at each start. One line an
 * event on standard error, so that standard output holds results only.
 *
 * <p>{@code -Dspillway.log=DEBUG} sets the level of Spillway's own loggers.
 */
public final class Logging extends ContextAwareBase implements Configurator {
  private static final String LEVEL = "spillway.log";
  private static final Map<String, Level> QUIET =
      Map.of(
          // Logs every signed header at DEBUG.
          "org.gaul.s3proxy", Level.WARN,
          "org.gaul.shaded.org.eclipse.jetty", Level.ERROR,
          "io.netty", Level.WARN,
          "io.micronaut", Level.WARN,
          "com.github.dockerjava", Level.WARN,
          // An ERROR for each image that cannot be pulled, which the job's own reason tells.
          "com.github.dockerjava.api.async", Level.OFF,
          "org.flywaydb", Level.WARN);

  /** For a command whose standard error belongs to somebody else; the system property wins. */
  public static void warningsOnly() {
    if (System.getProperty(LEVEL) == null
        && LoggerFactory.getLogger("dev.spillway") instanceof ch.qos.logback.classic.Logger own) {
      own.setLevel(Level.WARN);
    }
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{0} %msg%n");
    encoder.start();
    var console = new ConsoleAppender<ILoggingEvent>();
    console.setContext(context);
    console.setName("stderr");
    console.setTarget("System.err");
    console.setEncoder(encoder);
    console.start();
    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(console);
    QUIET.forEach((name, level) -> context.getLogger(name).setLevel(level));
    context
        .getLogger("dev.spillway")
        .setLevel(Level.toLevel(System.getProperty(LEVEL), Level.INFO));
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
