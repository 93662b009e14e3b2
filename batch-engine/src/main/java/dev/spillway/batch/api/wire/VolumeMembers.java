package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks {@code volumes} and {@code mountPoints}. Source: Volume, EFSVolumeConfiguration. */
final class VolumeMembers {
  private static final List<String> KINDS =
      List.of("host", "efsVolumeConfiguration", "s3filesVolumeConfiguration");

  private VolumeMembers() {}

  /** The names of a task's volumes, which mount points may use. */
  static Set<String> check(
      Members task, Platform platform, String platformVersion, boolean jobRole) {
    Set<String> names = new HashSet<>();
    for (Members volume : task.anyObjects("volumes")) {
      String name = volume.requiredText("name");
      if (!name.matches("[a-zA-Z0-9_-]{1,255}")) {
        throw PrefixedRefusal.of(
            "%s is %s; it should have 1 to 255 letters, digits, hyphens and underscores."
                .formatted(volume.path("name"), name));
      }
      if (!names.add(name)) {
        throw PrefixedRefusal.of("Volume name %s is given twice.".formatted(name));
      }
      if (KINDS.stream().filter(volume::has).count() > 1) {
        throw PrefixedRefusal.of(
            "When the volume parameter is specified, only one volume configuration type should be"
                + " used.");
      }
      if (platform == Platform.FARGATE
          && volume.anyObject("host").filter(host -> host.says("sourcePath")).isPresent()) {
        throw PrefixedRefusal.of("host.sourcePath should not be set for volumes in Fargate.");
      }
      volume
          .anyObject("efsVolumeConfiguration")
          .ifPresent(efs -> efs(efs, platform, platformVersion, jobRole));
      volume.anyObject("s3filesVolumeConfiguration").ifPresent(s3 -> s3files(s3, jobRole));
    }
    return names;
  }

  private static void efs(Members efs, Platform platform, String version, boolean jobRole) {
    if (platform == Platform.FARGATE && version.matches("1\\.[0-3]\\..*")) {
      throw PrefixedRefusal.of(
          "EFS is supported for Fargate platform version(s) 1.4.0 or later, provided " + version);
    }
    String id = efs.requiredText("fileSystemId");
    if (!id.matches("fs-[0-9a-f]{8,40}")) {
      throw PrefixedRefusal.of("EFS configuration fileSystemId is not valid: %s.".formatted(id));
    }
    port(efs);
    boolean encrypted = efs.text("transitEncryption").orElse("").equals("ENABLED");
    Members authorization =
        efs.anyObject("authorizationConfig").orElseGet(() -> Members.of(Json.object()));
    if (authorization.text("iam").orElse("").equals("ENABLED")) {
      if (!encrypted) {
        throw PrefixedRefusal.of("EFS IAM authorization requires TransitEncryption to be enabled.");
      }
      if (!jobRole) {
        throw PrefixedRefusal.of(
            "A jobRoleArn/taskRoleArn is required when using EFS IAM authorization.");
      }
    }
    if (authorization.says("accessPointId")) {
      if (!encrypted) {
        throw PrefixedRefusal.of("EFS IAM access point requires TransitEncryption to be enabled.");
      }
      if (efs.says("rootDirectory") && !efs.requiredText("rootDirectory").equals("/")) {
        throw PrefixedRefusal.of(
            "When using an EFS access point, the root directory must either be set to \"/\" or"
                + " omitted");
      }
    }
    efs.text("rootDirectory")
        .filter(directory -> directory.length() > 4096)
        .ifPresent(
            directory -> {
              throw PrefixedRefusal.of(
                  "%s has %d characters; the maximum is 4096."
                      .formatted(efs.path("rootDirectory"), directory.length()));
            });
  }

  private static void s3files(Members s3, boolean jobRole) {
    if (!jobRole) {
      throw PrefixedRefusal.of(
          "A jobRoleArn/taskRoleArn is required when using s3filesVolumeConfiguration.");
    }
    port(s3);
  }

  private static void port(Members volume) {
    volume
        .integer("transitEncryptionPort")
        .filter(port -> port < 0 || port > 65535)
        .ifPresent(
            _ -> {
              throw PrefixedRefusal.of("TransitEncryptionPort must be a valid port number.");
            });
  }

  /** Every mount point names a volume of the task. */
  static void mountPoints(Members container, Set<String> volumes) {
    for (Members mount : container.anyObjects("mountPoints")) {
      String volume = mount.requiredText("sourceVolume");
      mount.requiredText("containerPath");
      if (!volumes.contains(volume)) {
        throw PrefixedRefusal.of(
            "%s is %s, which is no volume of this job definition."
                .formatted(mount.path("sourceVolume"), volume));
      }
    }
  }
}
