package dev.spillway.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server in a JVM of its own, on free ports and in a folder that goes with it. */
final class BenchServer implements AutoCloseable {
  private static final Pattern READY = Pattern.compile(".*ready in .*?(http://\\S+?:\\d+).*");

  private final HttpClient http = HttpClient.newHttpClient();
  private final Path work;
  private final Process process;
  private final String url;

  /** {@code configuration}: lines of {@code spillway.yaml}. */
  BenchServer(String launcher, String configuration, String... options) throws IOException {
    work = Files.createTempDirectory("spillway-bench");
    Path config = Files.writeString(work.resolve("spillway.yaml"), configuration);
    List<String> command =
        new ArrayList<>(
            List.of(
                launcher,
                "serve",
                "--port",
                "0",
                "--s3-port",
                "0",
                "--data",
                work.resolve("data").toString(),
                "--config",
                config.toString()));
    command.addAll(List.of(options));
    process =
        new ProcessBuilder(command).redirectError(work.resolve("server.log").toFile()).start();
    url = readUrl();
  }

  private String readUrl() throws IOException {
    var out = new BufferedReader(new InputStreamReader(process.getInputStream()));
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      Matcher ready = READY.matcher(line);
      if (ready.matches()) {
        return ready.group(1);
      }
    }
    throw new IllegalStateException("the server ended before it was ready");
  }

  HttpResponse<String> send(String path, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(url + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** The body of an answer; any status but 200 is an exception. */
  String post(String path, String body) throws Exception {
    HttpResponse<String> answer = send(path, body);
    if (answer.statusCode() != 200) {
      throw new IllegalStateException(answer.uri() + ": " + answer.statusCode() + answer.body());
    }
    return answer.body();
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      process.waitFor(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Folders.delete(work);
  }
}
