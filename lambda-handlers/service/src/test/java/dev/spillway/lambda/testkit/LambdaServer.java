package dev.spillway.lambda.testkit;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.async.AsyncInvocations;
import dev.spillway.lambda.function.LocalFunctionService;
import dev.spillway.lambda.runtimeapi.LocalWorkerProcesses;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.lambda.LambdaClient;

/** The whole service behind HTTP over a folder, and an unmodified SDK client of it. */
public final class LambdaServer implements AutoCloseable {
  public static final String ROLE = "arn:aws:iam::123456789012:role/any";
  private static final int MOST_REQUEST_BYTES = 80 << 20;

  public final LambdaClient lambda;
  private final EmbeddedServer server;

  private LambdaServer(EmbeddedServer server) {
    this.server = server;
    this.lambda =
        LambdaClient.builder()
            .endpointOverride(server.getURI())
            .region(Region.US_EAST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .overrideConfiguration(c -> c.retryStrategy(r -> r.maxAttempts(1)))
            .build();
  }

  public static LambdaServer open(Path folder, int concurrency, Object... beans) {
    return open(
        TestService.settings(folder, concurrency, Duration.ofMinutes(5), Duration.ofSeconds(10)),
        beans);
  }

  public static LambdaServer open(LambdaSettings settings, Object... beans) {
    List<Object> singletons =
        new ArrayList<>(List.of(new LocalWorkerProcesses(), settings, InstantSource.system()));
    singletons.addAll(List.of(beans));
    LambdaServer opened =
        new LambdaServer(
            ApplicationContext.builder()
                .properties(
                    Map.of(
                        "micronaut.server.port",
                        -1,
                        "micronaut.server.host",
                        "127.0.0.1",
                        "micronaut.server.max-request-size",
                        MOST_REQUEST_BYTES))
                .singletons(singletons.toArray())
                .start()
                .getBean(EmbeddedServer.class)
                .start());
    opened.bean(AsyncInvocations.class).start();
    return opened;
  }

  public <T> T bean(Class<T> type) {
    return server.getApplicationContext().getBean(type);
  }

  public LocalFunctionService functions() {
    return bean(LocalFunctionService.class);
  }

  public String url() {
    return server.getURI().toString();
  }

  /** A shell runtime that answers each event with this text, printed by the shell. */
  public static SdkBytes answering(String text) {
    return zip(Map.of("bootstrap", loop("printf '%s' '\"" + text + "\"'")));
  }

  /** The loop of a shell runtime; what the command prints with the event in EVENT is the answer. */
  public static String loop(String command) {
    return """
        #!/bin/sh
        API="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime"
        while :; do
          H=$(mktemp)
          EVENT=$(curl -sS -D "$H" "$API/invocation/next") || exit 1
          ID=$(tr -d '\r' <"$H" | awk -F': ' 'tolower($1)=="lambda-runtime-aws-request-id"{print $2}')
          %s | curl -sS -X POST --data-binary @- "$API/invocation/$ID/response" >/dev/null
        done
        """
        .formatted(command);
  }

  /** A zip archive in which {@code bootstrap} may be executed. */
  public static SdkBytes zip(Map<String, String> files) {
    try {
      Path file = Files.createTempDirectory("lambda-zip").resolve("code.zip");
      Map<String, String> options = Map.of("create", "true", "enablePosixFileAttributes", "true");
      try (var archive = FileSystems.newFileSystem(file, options)) {
        for (Map.Entry<String, String> entry : files.entrySet()) {
          Path inside = Files.writeString(archive.getPath(entry.getKey()), entry.getValue());
          Files.setPosixFilePermissions(
              inside,
              PosixFilePermissions.fromString(
                  entry.getKey().equals("bootstrap") ? "rwxr-xr-x" : "rw-r--r--"));
        }
      }
      SdkBytes bytes = SdkBytes.fromByteArray(Files.readAllBytes(file));
      Files.delete(file);
      Files.delete(file.getParent());
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    lambda.close();
    server.close();
  }
}
