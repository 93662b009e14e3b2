package dev.spillway.dispatch.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/** As much of an S3 client as {@code run} needs: on the loopback nothing has to be signed. */
final class Bucket {
  private static final int CONFLICT = 409;

  private final URI s3;
  private final String name;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  Bucket(URI s3, String name) {
    this.s3 = s3;
    this.name = name;
  }

  /** Makes it; harmless when it is there. */
  void make() {
    HttpResponse<byte[]> answer =
        send(HttpRequest.newBuilder(uri("")).PUT(HttpRequest.BodyPublishers.noBody()));
    if (answer.statusCode() >= 300 && answer.statusCode() != CONFLICT) {
      throw failure("made", answer);
    }
  }

  /** Copies every object below a prefix into a folder; returns the files. */
  List<Path> download(String prefix, Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    for (String key : keys(prefix)) {
      Path file = folder.resolve(key.substring(prefix.length())).normalize();
      if (!file.startsWith(folder.normalize()) || key.endsWith("/")) {
        continue;
      }
      HttpResponse<byte[]> answer = send(HttpRequest.newBuilder(uri("/" + path(key))).GET());
      if (answer.statusCode() != 200) {
        throw failure("read", answer);
      }
      Files.createDirectories(file.getParent());
      Files.write(file, answer.body());
      files.add(file);
    }
    return files;
  }

  private List<String> keys(String prefix) {
    List<String> keys = new ArrayList<>();
    Optional<String> token = Optional.of("");
    while (token.isPresent()) {
      String query =
          "?list-type=2&prefix="
              + TaskApi.encoded(prefix)
              + (token.get().isEmpty()
                  ? ""
                  : "&continuation-token=" + TaskApi.encoded(token.get()));
      HttpResponse<byte[]> answer = send(HttpRequest.newBuilder(uri(query)).GET());
      if (answer.statusCode() != 200) {
        throw failure("listed", answer);
      }
      Element root = xml(answer.body());
      keys.addAll(texts(root, "Key"));
      token = texts(root, "NextContinuationToken").stream().findFirst();
    }
    return keys;
  }

  private static List<String> texts(Element root, String tag) {
    List<String> texts = new ArrayList<>();
    var found = root.getElementsByTagName(tag);
    for (int i = 0; i < found.getLength(); i++) {
      texts.add(found.item(i).getTextContent());
    }
    return texts;
  }

  private static Element xml(byte[] body) {
    try {
      return DocumentBuilderFactory.newDefaultInstance()
          .newDocumentBuilder()
          .parse(new ByteArrayInputStream(body))
          .getDocumentElement();
    } catch (ParserConfigurationException | SAXException | IOException e) {
      throw new CommandFailure(
          CommandFailure.FAILED, "S3 answered what is not XML: " + e.getMessage() + ".");
    }
  }

  private URI uri(String rest) {
    return URI.create(s3 + "/" + name + rest);
  }

  private static String path(String key) {
    return URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20").replace("%2F", "/");
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new CommandFailure(
          CommandFailure.NOT_REACHABLE,
          "S3 at " + s3 + " does not answer: " + e.getMessage() + ".");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(130, "Interrupted.");
    }
  }

  private CommandFailure failure(String what, HttpResponse<byte[]> answer) {
    return new CommandFailure(
        CommandFailure.FAILED,
        "Bucket %s cannot be %s: S3 at %s answered %d."
            .formatted(name, what, s3, answer.statusCode()));
  }
}
