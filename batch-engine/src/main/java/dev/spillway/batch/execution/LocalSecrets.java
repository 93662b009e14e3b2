package dev.spillway.batch.execution;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The server's own store: a file {@code secrets/<name>} of the data folder, else the server's
 * variable {@code SPILLWAY_SECRET_<NAME>} with everything but letters and digits as {@code _}.
 *
 * <p>Errors: a file that others may read is refused, and so is a name that leaves the folder. <br>
 * Source: AWS Batch user guide, specifying sensitive data; Secrets Manager ARNs, whose name ends
 * with a hyphen and six characters.
 */
public final class LocalSecrets implements Secrets {
  private static final Pattern SECRET =
      Pattern.compile("arn:aws[a-z-]*:secretsmanager:[^:]*:[^:]*:secret:([^:]+)((?::[^:]*){0,3})");
  private static final Pattern PARAMETER =
      Pattern.compile("arn:aws[a-z-]*:ssm:[^:]*:[^:]*:parameter/(.+)");
  private static final Pattern SUFFIX = Pattern.compile("-[A-Za-z0-9]{6}$");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9/_+=.@-]{1,512}");
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.GROUP_WRITE);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Map<String, String> variables;

  public LocalSecrets(Path dataDirectory, Map<String, String> variables) {
    this.folder = dataDirectory.toAbsolutePath().normalize().resolve("secrets");
    this.variables = variables;
  }

  @Override
  public String value(String valueFrom) {
    Matcher secret = SECRET.matcher(valueFrom);
    if (secret.matches()) {
      String name = secret.group(1);
      String key = secret.group(2).isEmpty() ? "" : secret.group(2).split(":", -1)[1];
      String whole =
          find(name)
              .or(() -> find(SUFFIX.matcher(name).replaceFirst("")))
              .orElseThrow(() -> missing(SUFFIX.matcher(name).replaceFirst("")));
      return key.isEmpty() ? whole : member(name, whole, key);
    }
    Matcher parameter = PARAMETER.matcher(valueFrom);
    String name = (parameter.matches() ? parameter.group(1) : valueFrom).replaceFirst("^/+", "");
    return find(name).orElseThrow(() -> missing(name));
  }

  private Optional<String> find(String name) {
    if (!NAME.matcher(name).matches()) {
      throw noName(name);
    }
    Path file = folder.resolve(name).normalize();
    if (!file.startsWith(folder) || file.equals(folder)) {
      throw noName(name);
    }
    try {
      if (Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
        throw new NotFoundException(
            "the file secrets/%s of the data folder is open to others; close it (chmod 600)"
                .formatted(name));
      }
      return Optional.of(withoutLineEnd(Files.readString(file, StandardCharsets.UTF_8)));
    } catch (NoSuchFileException e) {
      return Optional.ofNullable(variables.get(variable(name)));
    } catch (IOException e) {
      throw new NotFoundException("the file secrets/" + name + " cannot be read as text");
    }
  }

  private static NotFoundException noName(String name) {
    return new NotFoundException("\"" + name + "\" is no name of a secret");
  }

  private static String withoutLineEnd(String text) {
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  private static String member(String name, String json, String key) {
    try {
      JsonNode value = JSON.readTree(json).get(key);
      if (value != null) {
        return value.isTextual() ? value.textValue() : value.toString();
      }
    } catch (JsonProcessingException e) {
      throw new NotFoundException("secret " + name + " is no JSON, so it has no key " + key);
    }
    throw new NotFoundException("secret " + name + " has no key " + key);
  }

  private static String variable(String name) {
    return "SPILLWAY_SECRET_"
        + name.toUpperCase(java.util.Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
  }

  private static NotFoundException missing(String name) {
    return new NotFoundException(
        "there is no secret %s: put it into the file secrets/%s of the data folder (mode 600), or start the server with %s"
            .formatted(name, name, variable(name)));
  }
}
