package dev.spillway.batch.execution.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.execution.ContainerOptions;
import dev.spillway.batch.execution.ContainerOptions.Device;
import dev.spillway.batch.execution.ContainerOptions.Linux;
import dev.spillway.batch.execution.ContainerOptions.Mount;
import dev.spillway.batch.execution.ContainerOptions.RegistryCredentials;
import dev.spillway.batch.execution.ContainerOptions.TaskPlace;
import dev.spillway.batch.execution.ContainerOptions.Tmpfs;
import dev.spillway.batch.execution.ContainerOptions.Ulimit;
import dev.spillway.batch.execution.Secrets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a container's template asks of an engine, and whether this server allows it.
 *
 * <p>Errors: {@link NotRunnableException} for a host path or device that is not allowed, a host's
 * namespace, and credentials that are not there.
 */
final class OptionsReader {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final BatchSettings settings;
  private final Secrets secrets;

  OptionsReader(BatchSettings settings, Secrets secrets) {
    this.settings = settings;
    this.secrets = secrets;
  }

  ContainerOptions read(JsonNode container, Optional<TaskPlace> place) {
    List<Ulimit> ulimits = new ArrayList<>();
    for (JsonNode u : container.path("ulimits")) {
      ulimits.add(
          new Ulimit(
              u.get("name").asText(), u.get("softLimit").asLong(), u.get("hardLimit").asLong()));
    }
    return new ContainerOptions(
        List.copyOf(ulimits),
        linux(container.path("linuxParameters")),
        mounts(container),
        (int) TaskFactory.requirement(container, "GPU", "gpus", 0),
        integer(container.path("ephemeralStorage"), "sizeInGiB"),
        credentials(container.path("repositoryCredentials")),
        hostNamespaces(container),
        place,
        Optional.empty());
  }

  private Linux linux(JsonNode linux) {
    List<Tmpfs> tmpfs = new ArrayList<>();
    for (JsonNode t : linux.path("tmpfs")) {
      List<String> mountOptions = new ArrayList<>();
      t.path("mountOptions").forEach(o -> mountOptions.add(o.asText()));
      tmpfs.add(
          new Tmpfs(
              t.get("containerPath").asText(), t.get("size").asLong(), List.copyOf(mountOptions)));
    }
    List<Device> devices = new ArrayList<>();
    for (JsonNode d : linux.path("devices")) {
      String hostPath = d.get("hostPath").asText();
      allowed("linuxParameters.devices", hostPath);
      devices.add(new Device(hostPath, d.path("containerPath").asText(hostPath), permissions(d)));
    }
    return new Linux(
        linux.path("initProcessEnabled").asBoolean(false),
        number(linux, "sharedMemorySize"),
        List.copyOf(tmpfs),
        List.copyOf(devices),
        number(linux, "maxSwap"),
        integer(linux, "swappiness"));
  }

  private static String permissions(JsonNode device) {
    StringBuilder letters = new StringBuilder();
    device
        .path("permissions")
        .forEach(
            p -> letters.append(p.asText().substring(0, 1).toLowerCase(java.util.Locale.ROOT)));
    return letters.isEmpty() ? "rwm" : letters.toString();
  }

  private List<Mount> mounts(JsonNode container) {
    List<Mount> mounts = new ArrayList<>();
    for (JsonNode point : container.path("mountPoints")) {
      String name = point.path("sourceVolume").asText();
      JsonNode volume = volume(container, name);
      for (String kind : List.of("efsVolumeConfiguration", "s3filesVolumeConfiguration")) {
        if (volume.has(kind)) {
          throw new NotRunnableException(
              "CannotCreateContainerError: volume %s is an %s; there is no such file system here."
                  .formatted(name, kind));
        }
      }
      Optional<String> hostPath =
          Optional.ofNullable(volume.path("host").get("sourcePath"))
              .map(JsonNode::asText)
              .filter(path -> !path.isEmpty());
      mounts.add(
          new Mount(
              name,
              hostPath.map(path -> allowed("volume " + name, path)),
              point.path("containerPath").asText(),
              point.path("readOnly").asBoolean(false)));
    }
    return List.copyOf(mounts);
  }

  private static JsonNode volume(JsonNode container, String name) {
    for (JsonNode volume : container.path("volumes")) {
      if (volume.path("name").asText().equals(name)) {
        return volume;
      }
    }
    return JSON.createObjectNode();
  }

  /** What it really is, once links are followed: that is what gets mounted. */
  private String allowed(String what, String hostPath) {
    Path path = Path.of(hostPath).toAbsolutePath().normalize();
    Path real = real(path);
    if (settings.execution().allowedHostPaths().stream()
        .noneMatch(root -> real.startsWith(real(root)))) {
      throw new NotRunnableException(
          "CannotCreateContainerError: %s is the host's %s, which jobs may not have here; list it or a folder above it under batch.allowedHostPaths."
              .formatted(what, hostPath));
    }
    return real.toString();
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      Path parent = path.getParent();
      return parent == null ? path : real(parent).resolve(path.getFileName());
    }
  }

  private Optional<RegistryCredentials> credentials(JsonNode repository) {
    if (!repository.has("credentialsParameter")) {
      return Optional.empty();
    }
    String arn = repository.get("credentialsParameter").asText();
    try {
      JsonNode secret = JSON.readTree(secrets.value(arn));
      if (secret.hasNonNull("username") && secret.hasNonNull("password")) {
        return Optional.of(
            new RegistryCredentials(
                secret.get("username").asText(), secret.get("password").asText()));
      }
    } catch (Secrets.NotFoundException e) {
      throw new NotRunnableException("CannotPullContainerError: " + e.getMessage());
    } catch (JsonProcessingException e) {
      // Said below; the exception's message would show the secret.
    }
    throw new NotRunnableException(
        "CannotPullContainerError: the secret %s is no JSON object with username and password"
            .formatted(arn));
  }

  private List<String> hostNamespaces(JsonNode container) {
    List<String> of = new ArrayList<>();
    for (String kind : List.of("ipc", "pid")) {
      if (container.path(kind + "Mode").asText().equals("host")) {
        if (!settings.allowPrivileged()) {
          throw new NotRunnableException(
              "CannotCreateContainerError: %sMode is host, and this server does not allow it; leave it out, or allow it under batch.allowPrivileged."
                  .formatted(kind));
        }
        of.add(kind);
      }
    }
    return List.copyOf(of);
  }

  private static OptionalLong number(JsonNode node, String member) {
    return node.has(member) ? OptionalLong.of(node.get(member).asLong()) : OptionalLong.empty();
  }

  private static OptionalInt integer(JsonNode node, String member) {
    return node.has(member) ? OptionalInt.of(node.get(member).asInt()) : OptionalInt.empty();
  }
}
