package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.spillway.batch.execution.docker.DataFolderId;
import dev.spillway.batch.execution.docker.DockerEngine;
import dev.spillway.batch.execution.docker.DockerNetwork;
import dev.spillway.dispatch.wiring.AppHome;
import dev.spillway.dispatch.wiring.RunningServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/**
 * What the launcher records a start-up cache from: the classes of the help text, of a server's
 * start and of a client's requests. It leaves nothing behind.
 */
@Command(name = "train", hidden = true, description = "Load what a start needs, and end.")
final class TrainCommand implements Callable<Integer> {

  @Override
  public Integer call() throws IOException {
    var nowhere = new PrintWriter(new StringWriter());
    Main.commandLine().usage(nowhere);
    ConfigurationOptions options = new ConfigurationOptions();
    Path folder = Files.createTempDirectory("spillway-train");
    options.host = options.host.alone(folder);
    options.data = folder.toString();
    options.port = "0";
    options.s3Port = "0";
    options.template = AppHome.find().template().toString();
    options.runner = "auto";
    options.backend = "embedded";
    try (RunningServer server = ServeCommand.start(options, Instant.now())) {
      TaskApi api = new TaskApi(server.url());
      api.answers();
      api.get("/tasks");
      api.post("/v1/describejobqueues", JsonNodeFactory.instance.objectNode());
      new TaskApi(server.s3()).answers();
    } finally {
      DockerEngine.find()
          .ifPresent(
              engine -> DockerNetwork.ensure(engine, DataFolderId.of(folder)).remove(engine));
      delete(folder);
    }
    return 0;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
