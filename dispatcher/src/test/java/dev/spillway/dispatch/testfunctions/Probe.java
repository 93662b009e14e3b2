package dev.spillway.dispatch.testfunctions;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A function that does what its event says, and tells where it runs. */
public final class Probe {
  private static final String ENVIRONMENT = UUID.randomUUID().toString();
  private static int calls;

  /** {@code {"do": "where"}} and so on. */
  public Map<String, Object> handle(Map<String, Object> event) throws Exception {
    calls++;
    System.out.println("event " + event);
    Map<String, Object> answer = new LinkedHashMap<>();
    switch (String.valueOf(event.get("do"))) {
      case "where" -> answer.putAll(where());
      case "get" -> answer.put("status", status(String.valueOf(event.get("url"))));
      case "fail" -> throw new IllegalArgumentException("no such shop");
      case "sleep" -> Thread.sleep(60_000);
      case "eat" -> eat();
      case "fill" -> fill();
      case "exit" -> Runtime.getRuntime().halt(7);
      default -> answer.put("event", event);
    }
    answer.put("environment", ENVIRONMENT);
    answer.put("calls", calls);
    return answer;
  }

  /** What another handler of the image answers. */
  public String other(Map<String, Object> event) {
    return "the other one";
  }

  private static Map<String, Object> where() throws IOException {
    Map<String, Object> answer = new LinkedHashMap<>();
    for (String folder : List.of("/tmp", "/", "/app", "/var/task", "/dev/shm")) {
      answer.put(folder, write(Path.of(folder, "file")));
    }
    answer.put("ids", Files.getAttribute(Path.of("/tmp/file"), "unix:uid"));
    for (String name :
        List.of(
            "HOSTNAME",
            "FROM_IMAGE",
            "SHOP",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ENDPOINT_URL_S3")) {
      answer.put(name, System.getenv(name));
    }
    answer.put("s3", status(System.getenv("AWS_ENDPOINT_URL_S3") + "/bucket/key"));
    answer.put("folder", Path.of("").toAbsolutePath().toString());
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("CapEff:") || line.startsWith("NoNewPrivs:")) {
        answer.put(line.replaceFirst(":.*", ""), line.replaceFirst(".*\\s", ""));
      }
    }
    return answer;
  }

  private static int status(String url) throws IOException {
    var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.setConnectTimeout(3_000);
    return connection.getResponseCode();
  }

  private static String write(Path file) {
    try {
      Files.writeString(file, "x");
      return "written";
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void eat() {
    List<byte[]> eaten = new ArrayList<>();
    while (true) {
      byte[] piece = new byte[8 << 20];
      for (int i = 0; i < piece.length; i += 4096) {
        piece[i] = 1;
      }
      eaten.add(piece);
    }
  }

  private static void fill() throws Exception {
    try (var file = new RandomAccessFile("/tmp/large", "rw")) {
      file.setLength(600L << 20);
    }
    Thread.sleep(20_000);
  }
}
