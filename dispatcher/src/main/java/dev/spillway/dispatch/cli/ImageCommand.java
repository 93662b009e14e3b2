package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.wiring.AppHome;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Builds the container image of the workloads, without a registry. */
@Command(
    name = "image",
    description = "Build the workloads' container image, offline.",
    mixinStandardHelpOptions = true)
final class ImageCommand implements Callable<Integer> {

  @Override
  public Integer call() {
    return build(ProcessBuilder.Redirect.INHERIT);
  }

  /**
   * Exit code of the script; its progress goes to standard error.
   *
   * @param name where the image's name, its one line of output, goes
   */
  static int build(ProcessBuilder.Redirect name) {
    try {
      ProcessBuilder script =
          new ProcessBuilder("sh", AppHome.find().imageScript().toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .redirectOutput(name);
      script.environment().put("JAVA_HOME", System.getProperty("java.home"));
      return script.start().waitFor() == 0 ? 0 : CommandFailure.FAILED;
    } catch (IOException e) {
      throw new CommandFailure(
          CommandFailure.FAILED, "The image cannot be built: " + e.getMessage() + ".");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(130, "Interrupted.");
    }
  }
}
