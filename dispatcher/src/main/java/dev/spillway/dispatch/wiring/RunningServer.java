package dev.spillway.dispatch.wiring;

import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.Setting;
import java.net.URI;
import java.time.Instant;

/** A server that takes requests. */
public sealed interface RunningServer extends AutoCloseable permits Server, AwsServer {

  /**
   * Starts the server that the setting {@code backend} asks for.
   *
   * @param begun when the process began, for the ready line
   * @throws IllegalStateException when something it needs is not there, with the way out
   */
  static RunningServer start(Configuration settings, Instant begun) {
    return settings.text(Setting.BACKEND).equals("aws")
        ? AwsServer.start(settings, begun)
        : Server.start(settings, begun);
  }

  /** Where the API is. */
  URI url();

  /** Where S3 is. */
  URI s3();

  /** The one line that says all is up. */
  String readyLine();

  /** Stops taking requests, then everything else. What was started goes on. */
  @Override
  void close();
}
