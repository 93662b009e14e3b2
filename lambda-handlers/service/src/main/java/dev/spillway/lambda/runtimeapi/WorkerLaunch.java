package dev.spillway.lambda.runtimeapi;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionImages;
import dev.spillway.lambda.function.Revision;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Command line and environment variables of a worker.
 *
 * <p>Managed runtimes run the AWS runtime interface client of their language over the function's
 * code, custom ones their own {@code bootstrap}; images are run as they are. Source: AWS Lambda
 * Developer Guide, environment variables, custom runtimes.
 */
final class WorkerLaunch {
  private static final String MAIN_CLASS =
      "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";

  /** What a small JVM holds outside its heap; less heap is given to functions of little memory. */
  private static final int OUTSIDE_HEAP_MB = 72;

  private static final int HEAP_MB_MIN = 32;
  private static final Set<String> CREDENTIALS =
      Set.of("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final LambdaSettings settings;
  private final NativeLibrary nativeLibrary;
  private final RuntimeClients clients;
  private final AmbientVariables ambient;
  private final WorkerContainers containers;

  WorkerLaunch(
      LambdaSettings settings,
      NativeLibrary nativeLibrary,
      RuntimeClients clients,
      AmbientVariables ambient,
      WorkerContainers containers) {
    this.containers = containers;
    this.settings = settings;
    this.clients = clients;
    this.nativeLibrary = nativeLibrary;
    this.ambient = ambient;
  }

  /** Where one environment writes. */
  record Place(String id, Path scratch, Path log, String logStream) {}

  /** What of a JVM's command line depends on its start-up cache. */
  record JavaStart(List<String> options, String classPath) {}

  /** Why this revision cannot be started at all; empty when it can. */
  Optional<String> obstacle(Revision revision) {
    Path bootstrap = revision.taskRoot().resolve("bootstrap");
    if (revision.configuration().details().imageUri().isPresent()) {
      return containers.gateway().isPresent()
          ? Optional.empty()
          : Optional.of("functions do not run as containers here");
    }
    if (java(revision.configuration())) {
      return settings.runtimeInterfaceClient().isEmpty()
          ? Optional.of("no Java runtime interface client is configured")
          : Optional.empty();
    }
    if (managed(revision.configuration())) {
      return clients.obstacle(revision.configuration().runtime());
    }
    if (!Files.isRegularFile(bootstrap)) {
      return Optional.of("Couldn't find valid bootstrap(s): [/var/task/bootstrap]");
    }
    return Files.isExecutable(bootstrap)
        ? Optional.empty()
        : Optional.of("fork/exec /var/task/bootstrap: permission denied");
  }

  WorkerProcesses.Start start(
      Revision revision, Place place, String runtimeApi, JavaStart javaStart) {
    return start(revision, place, runtimeApi, javaStart, List.of());
  }

  /** At the lowest priority. */
  WorkerProcesses.Start startInBackground(
      Revision revision, Place place, String runtimeApi, JavaStart javaStart) {
    return start(revision, place, runtimeApi, javaStart, List.of("nice", "-n", "19"));
  }

  private WorkerProcesses.Start start(
      Revision revision,
      Place place,
      String runtimeApi,
      JavaStart javaStart,
      List<String> priority) {
    // The scratch folder is the worker's own; code runs with the task root as its folder.
    List<String> command =
        new ArrayList<>(
            List.of("/bin/sh", "-c", "cd \"$LAMBDA_TASK_ROOT\" && exec \"$@\"", "worker"));
    command.addAll(priority);
    if (java(revision.configuration())) {
      command.addAll(java(revision, place, javaStart));
    } else if (managed(revision.configuration())) {
      command.addAll(
          clients.command(revision.configuration().runtime(), revision.configuration().handler()));
    } else {
      command.add(revision.taskRoot().resolve("bootstrap").toString());
    }
    return new WorkerProcesses.Start(
        place.id(), command, variables(revision, place, runtimeApi), place.scratch(), place.log());
  }

  /** Of a function of package type Image. */
  WorkerContainers.Start container(Revision revision, Place place, String runtimeApi) {
    FunctionConfiguration function = revision.configuration();
    // The image says where programs and libraries are, in which language, and where its code is.
    Map<String, String> all = new LinkedHashMap<>(containers.variables(place.id()));
    Map<String, String> surroundings = Map.copyOf(all);
    all.putAll(function.environment());
    putCredentials(all, surroundings);
    all.putAll(reserved(revision, place, runtimeApi));
    all.put("LAMBDA_TASK_ROOT", "/var/task");
    return new WorkerContainers.Start(
        place.id(),
        function.functionName(),
        new FunctionImages.Image(
            function.details().imageUri().orElseThrow(), revision.codeSha256()),
        all,
        command(function.details().kept().getOrDefault("ImageConfig", "{}")),
        function.memorySize(),
        place.scratch(),
        place.log());
  }

  private static WorkerContainers.Command command(String imageConfig) {
    try {
      JsonNode config = JSON.readTree(imageConfig);
      String folder = config.path("WorkingDirectory").asText("");
      return new WorkerContainers.Command(
          texts(config.path("EntryPoint")),
          texts(config.path("Command")),
          folder.isEmpty() ? Optional.empty() : Optional.of(folder));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("kept as it was checked", e);
    }
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return List.copyOf(texts);
  }

  private static boolean java(FunctionConfiguration function) {
    return function.runtime().startsWith("java");
  }

  private static boolean managed(FunctionConfiguration function) {
    return !function.runtime().startsWith("provided");
  }

  private List<String> java(Revision revision, Place place, JavaStart javaStart) {
    List<String> command = new ArrayList<>();
    command.add(settings.javaHome().resolve("bin/java").toString());
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-Xmx" + heapMb(revision.configuration().memorySize()) + "m");
    command.add("-XX:-UsePerfData");
    command.add("-Djava.io.tmpdir=" + place.scratch());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    nativeLibrary.option().ifPresent(command::add);
    command.addAll(javaStart.options());
    command.add("-cp");
    command.add(javaStart.classPath());
    command.add(MAIN_CLASS);
    command.add(revision.configuration().handler());
    return command;
  }

  /**
   * 85 % as AWS's own launcher takes, less where a JVM's other structures need more than the rest.
   */
  static int heapMb(int memoryMb) {
    return Math.max(HEAP_MB_MIN, Math.min(memoryMb * 85 / 100, memoryMb - OUTSIDE_HEAP_MB));
  }

  private Map<String, String> reserved(Revision revision, Place place, String runtimeApi) {
    FunctionConfiguration function = revision.configuration();
    Map<String, String> reserved = new LinkedHashMap<>();
    reserved.put("AWS_REGION", settings.region());
    reserved.put("AWS_DEFAULT_REGION", settings.region());
    reserved.put("AWS_LAMBDA_FUNCTION_NAME", function.functionName());
    reserved.put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", Integer.toString(function.memorySize()));
    reserved.put("AWS_LAMBDA_FUNCTION_VERSION", revision.version());
    reserved.put("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    reserved.put("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + function.functionName());
    reserved.put("AWS_LAMBDA_LOG_STREAM_NAME", place.logStream());
    reserved.put("AWS_LAMBDA_RUNTIME_API", runtimeApi);
    reserved.put("LAMBDA_RUNTIME_DIR", "/var/runtime");
    return reserved;
  }

  /** Reserved too: a function gets the credentials of its surroundings, never its own. */
  private static void putCredentials(
      Map<String, String> variables, Map<String, String> surroundings) {
    for (String name : CREDENTIALS) {
      variables.put(name, surroundings.getOrDefault(name, "local"));
    }
  }

  private Map<String, String> variables(Revision revision, Place place, String runtimeApi) {
    FunctionConfiguration function = revision.configuration();
    String taskRoot = revision.taskRoot().toString();
    Map<String, String> all = new LinkedHashMap<>();
    all.put("LANG", "en_US.UTF-8");
    all.put("TZ", ":UTC");
    all.put("PATH", RuntimeClients.PATH);
    all.put("LD_LIBRARY_PATH", taskRoot + ":" + taskRoot + "/lib");
    all.putAll(clients.variables(function.runtime(), revision.taskRoot()));
    all.put("TMPDIR", place.scratch().toString());
    all.put("HOME", place.scratch().toString());
    Map<String, String> surroundings = ambient.of(function.functionName());
    all.putAll(surroundings);
    all.putAll(function.environment());
    putCredentials(all, surroundings);
    all.putAll(reserved(revision, place, runtimeApi));
    all.put("_HANDLER", function.handler());
    all.put("LAMBDA_TASK_ROOT", taskRoot);
    if (managed(function)) {
      all.put("AWS_EXECUTION_ENV", "AWS_Lambda_" + function.runtime());
    }
    return all;
  }
}
