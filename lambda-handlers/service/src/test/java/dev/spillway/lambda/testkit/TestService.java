package dev.spillway.lambda.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionService.Invocation;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.function.LocalFunctionService;
import dev.spillway.lambda.runtimeapi.AmbientVariables;
import dev.spillway.lambda.runtimeapi.LocalWorkerProcesses;
import dev.spillway.lambda.testfunctions.Script;
import dev.spillway.lambda.wiring.LocalFunctions;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real function service with real workers, in a folder of its own. */
public final class TestService implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  public final Path folder;
  public final LambdaSettings settings;
  public final LocalFunctionService functions;

  private TestService(LambdaSettings settings, Path folder) {
    this.folder = folder;
    this.settings = settings;
    this.functions =
        LocalFunctions.open(
            settings, new LocalWorkerProcesses(), InstantSource.system(), AmbientVariables.NONE);
  }

  public static TestService open(Path folder, int concurrency) {
    return open(folder, concurrency, Duration.ofMinutes(5), Duration.ofSeconds(10));
  }

  public static TestService open(
      Path folder, int concurrency, Duration idleExpiry, Duration initLimit) {
    return new TestService(settings(folder, concurrency, idleExpiry, initLimit), folder);
  }

  public static TestService open(LambdaSettings settings) {
    return new TestService(settings, settings.dataDirectory().getParent());
  }

  public static LambdaSettings settings(
      Path folder, int concurrency, Duration idleExpiry, Duration initLimit) {
    return new LambdaSettings(
            folder.resolve("data"),
            "us-east-1",
            "123456789012",
            concurrency,
            idleExpiry,
            initLimit,
            Path.of(System.getProperty("java.home")),
            runtimeInterfaceClient())
        .withoutStartCache();
  }

  public static List<Path> runtimeInterfaceClient() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.contains("aws-lambda-java-"))
        .map(Path::of)
        .toList();
  }

  /** A Java function of this module's test classes; the class is the handler. */
  public static FunctionConfiguration java(Path folder, String name, Class<?> handler) {
    return new FunctionConfiguration(
        name,
        "java25",
        handler.getName(),
        testClasses(folder.resolve("code")),
        10,
        256,
        512,
        "x86_64",
        Map.of(),
        OptionalInt.empty(),
        Map.of());
  }

  /** A custom runtime whose bootstrap is this script. */
  public static FunctionConfiguration shell(Path folder, String name, String bootstrap) {
    Path code = folder.resolve("code-" + name);
    try {
      Files.createDirectories(code);
      Path file = Files.writeString(code.resolve("bootstrap"), bootstrap);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new FunctionConfiguration(
        name,
        "provided.al2023",
        "main",
        code,
        10,
        128,
        512,
        "x86_64",
        Map.of(),
        OptionalInt.empty(),
        Map.of());
  }

  private static Path testClasses(Path code) {
    String classes = Script.class.getPackageName().replace('.', '/');
    Path from =
        Path.of(Script.class.getProtectionDomain().getCodeSource().getLocation().getPath())
            .resolve(classes);
    try (Stream<Path> files = Files.list(from)) {
      Path to = Files.createDirectories(code.resolve(classes));
      for (Path file : files.toList()) {
        Path target = to.resolve(file.getFileName());
        if (!Files.exists(target)) {
          Files.copy(file, target);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return code;
  }

  public TestService with(FunctionConfiguration function) {
    functions.put(function);
    return this;
  }

  public CompletableFuture<Result> start(String name, String event) {
    return functions.invoke(
        new Invocation(
            UUID.randomUUID().toString(),
            name,
            event.getBytes(StandardCharsets.UTF_8),
            Optional.empty()));
  }

  public Result invoke(String name, String event) {
    return start(name, event).orTimeout(60, TimeUnit.SECONDS).join();
  }

  public static JsonNode json(Result result) {
    try {
      return JSON.readTree(result.payload());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The pid of the worker that served this event {@code {"do":"about"}}. */
  public long pid(String name) {
    return json(invoke(name, "{\"do\":\"about\"}")).get("pid").asLong();
  }

  /** False for a process that has ended and only waits for its parent to take note. */
  public static boolean runs(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
          .filter(line -> line.startsWith("State:"))
          .noneMatch(line -> line.contains("Z"));
    } catch (IOException gone) {
      return false;
    }
  }

  public static FunctionConfiguration withTimeout(FunctionConfiguration f, int timeout) {
    return new FunctionConfiguration(
        f.functionName(),
        f.runtime(),
        f.handler(),
        f.code(),
        timeout,
        f.memorySize(),
        f.ephemeralStorage(),
        f.architecture(),
        f.environment(),
        f.reservedConcurrency(),
        f.tags());
  }

  public static FunctionConfiguration withEnvironment(
      FunctionConfiguration f, Map<String, String> environment) {
    return new FunctionConfiguration(
        f.functionName(),
        f.runtime(),
        f.handler(),
        f.code(),
        f.timeout(),
        f.memorySize(),
        f.ephemeralStorage(),
        f.architecture(),
        environment,
        f.reservedConcurrency(),
        f.tags());
  }

  public static FunctionConfiguration withReserved(FunctionConfiguration f, int reserved) {
    return new FunctionConfiguration(
        f.functionName(),
        f.runtime(),
        f.handler(),
        f.code(),
        f.timeout(),
        f.memorySize(),
        f.ephemeralStorage(),
        f.architecture(),
        f.environment(),
        OptionalInt.of(reserved),
        f.tags());
  }

  @Override
  public void close() {
    functions.close();
  }
}
