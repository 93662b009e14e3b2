package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.function.FunctionImages;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Port: starts workers as containers, for functions of package type Image. */
public interface WorkerContainers extends FunctionImages {

  /** Where there are no containers. */
  WorkerContainers NONE =
      new WorkerContainers() {
        @Override
        public Image find(String uri) {
          return FunctionImages.NONE.find(uri);
        }

        @Override
        public Optional<InetAddress> gateway() {
          return Optional.empty();
        }

        @Override
        public Map<String, String> variables(String id) {
          return Map.of();
        }

        @Override
        public boolean runs(String id) {
          return false;
        }

        @Override
        public WorkerProcesses.Worker start(
            Start start, Consumer<InetAddress> address, Consumer<WorkerProcesses.Exit> onExit) {
          throw new IllegalStateException("functions do not run as containers here");
        }
      };

  /**
   * One worker.
   *
   * @param environment comes on top of the image's own
   * @param command what the function's configuration says of how the image runs
   * @param memoryMb all that the container may hold
   * @param scratch folder of this host that is {@code /tmp} in the container, the only place that
   *     can be written to
   * @param output file that gets standard output and standard error, appended
   */
  record Start(
      String id,
      String functionName,
      Image image,
      Map<String, String> environment,
      Command command,
      int memoryMb,
      Path scratch,
      Path output) {}

  /** Each, when it is given, stands for the image's own. Source: AWS Lambda API, ImageConfig. */
  record Command(
      List<String> entryPoint, List<String> command, Optional<String> workingDirectory) {}

  /** Address of this host that containers reach; empty where there are none. */
  Optional<InetAddress> gateway();

  /** What the surroundings give a worker: an endpoint that it reaches, credentials of its own. */
  Map<String, String> variables(String id);

  /** Whether it was started and has not ended. */
  boolean runs(String id);

  /**
   * Starts a worker and returns before it runs.
   *
   * @param address gets the container's own address when it has one
   * @param onExit is called exactly once
   */
  WorkerProcesses.Worker start(
      Start start, Consumer<InetAddress> address, Consumer<WorkerProcesses.Exit> onExit);
}
