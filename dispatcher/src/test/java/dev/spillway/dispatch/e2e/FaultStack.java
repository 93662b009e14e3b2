package dev.spillway.dispatch.e2e;

import dev.spillway.batch.testkit.BusyboxImage;
import dev.spillway.dispatch.testfunctions.Faulty;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A folder with what a server needs to run tasks that break: an archive of {@link Faulty}, a job
 * that writes down its runs, a template and settings. Functions and jobs append to one file.
 */
final class FaultStack {
  private final Path folder;
  private final Path shared;
  private final StringBuilder template =
      new StringBuilder(
          """
          AWSTemplateFormatVersion: '2010-09-09'
          Transform: AWS::Serverless-2016-10-31
          Resources:
          """);

  FaultStack(Path folder) throws IOException {
    this.folder = folder;
    // Processes have a /tmp of their own; what lies in images/ they are shown.
    this.shared = Files.createDirectories(data().resolve("images/faults"));
    for (Path open : List.of(folder, data(), shared.getParent(), shared)) {
      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Files.createFile(runsFile());
    Files.setPosixFilePermissions(runsFile(), PosixFilePermissions.fromString("rw-rw-rw-"));
    Files.writeString(
        shared.resolve("job.sh"),
        """
        echo "$SPILLWAY_TASK_ID $SPILLWAY_HOP job $SPILLWAY_PAYLOAD" >> %s
        echo "hop $SPILLWAY_HOP: $SPILLWAY_PAYLOAD"
        case "$1" in
          stay) exec sleep 300 ;;
          stay-first) [ "$SPILLWAY_HOP" != 1 ] || exec sleep 300 ;;
          short) sleep "$2" ;;
        esac
        """
            .formatted(runsFile()));
    zip(shared.resolve("faulty.zip"));
  }

  private static void zip(Path file) throws IOException {
    String name = Faulty.class.getName().replace('.', '/') + ".class";
    try (var zip = new ZipOutputStream(Files.newOutputStream(file));
        var in = Faulty.class.getClassLoader().getResourceAsStream(name)) {
      zip.putNextEntry(new ZipEntry(name));
      in.transferTo(zip);
    }
  }

  Path data() {
    return folder.resolve("data");
  }

  Path shared() {
    return shared;
  }

  private Path runsFile() {
    return shared.resolve("runs");
  }

  /** What ran: task, hop, {@code function} or {@code job}, input; in the order of the starts. */
  List<String> runs() {
    try {
      return Files.readAllLines(runsFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A function of this workload.
   *
   * @param more properties, one a line
   */
  FaultStack function(String workload, String fault, String more) {
    template.append(
        """
          %s:
            Type: AWS::Serverless::Function
            Properties:
              FunctionName: %s
              Runtime: java25
              Handler: %s::handle
              CodeUri: %s
              MemorySize: 256
              Timeout: 20
              Environment: {Variables: {FAULT: '%s', RUNS: '%s'}}
              Tags: {'spillway:workload': %s}
        """
            .formatted(
                id("F", workload),
                workload,
                Faulty.class.getName(),
                shared.resolve("faulty.zip"),
                fault,
                runsFile(),
                workload));
    if (!more.isEmpty()) {
      // A key that stands twice is refused: the property is replaced.
      String name = more.substring(0, more.indexOf(':'));
      int start = template.lastIndexOf("  " + id("F", workload) + ":");
      int line = template.indexOf("      " + name + ":", start);
      if (line >= 0) {
        template.replace(line, template.indexOf("\n", line) + 1, "      " + more + "\n");
      } else {
        template.append("      ").append(more).append('\n');
      }
    }
    return this;
  }

  /** A job of this workload, as a process. */
  FaultStack job(String workload, String... arguments) {
    return job(workload, "faulty", 256, List.of(arguments), "");
  }

  /** A job of this workload, in a container of busybox that has the runs at {@code /runs}. */
  FaultStack container(String workload, int memoryMib, String script) {
    String write =
        "echo \"$SPILLWAY_TASK_ID $SPILLWAY_HOP job $SPILLWAY_PAYLOAD\" >> /runs/runs; "
            + "echo \"hop $SPILLWAY_HOP: $SPILLWAY_PAYLOAD\"; ";
    return job(
        workload,
        BusyboxImage.NAME,
        memoryMib,
        List.of("/bin/busybox", "sh", "-c", write + script),
        """
                Volumes: [{Name: runs, Host: {SourcePath: '%s'}}]
                MountPoints: [{ContainerPath: /runs, SourceVolume: runs}]
        """
            .formatted(shared));
  }

  /** A job of this workload, as a process of Fargate. */
  FaultStack fargateJob(String workload) {
    return job(
        workload,
        "faulty",
        "FARGATE",
        new Size("0.25", 512),
        List.of(),
        "        ExecutionRoleArn: arn:aws:iam::123456789012:role/r\n");
  }

  private record Size(String vcpus, int memoryMib) {}

  private FaultStack job(
      String workload, String image, int memoryMib, List<String> command, String more) {
    return job(workload, image, "EC2", new Size("1", memoryMib), command, more);
  }

  private FaultStack job(
      String workload,
      String image,
      String platform,
      Size size,
      List<String> command,
      String more) {
    template.append(
        """
          %s:
            Type: AWS::Batch::JobDefinition
            Properties:
              JobDefinitionName: %s
              Type: container
              PlatformCapabilities: [%s]
              ContainerProperties:
                Image: %s
                Command: [%s]
                ResourceRequirements: [{Type: VCPU, Value: '%s'}, {Type: MEMORY, Value: '%d'}]
        %s      Tags: {'spillway:workload': %s}
        """
            .formatted(
                id("J", workload),
                workload,
                platform,
                image,
                String.join(
                    ", ", command.stream().map(c -> "'" + c.replace("'", "''") + "'").toList()),
                size.vcpus(),
                size.memoryMib(),
                more,
                workload));
    return this;
  }

  /** A queue with an environment of its own; tasks of this priority take it. */
  FaultStack queue(String name, String type, int priority, int maxVcpus) {
    String strategy = type.equals("SPOT") ? "SPOT_CAPACITY_OPTIMIZED" : "BEST_FIT_PROGRESSIVE";
    String instances =
        type.equals("FARGATE")
            ? ""
            : "AllocationStrategy: %s, MinvCpus: 0, InstanceTypes: [c5.large], InstanceRole: r, "
                .formatted(strategy);
    template.append(
        """
          %1$s:
            Type: AWS::Batch::ComputeEnvironment
            Properties:
              ComputeEnvironmentName: %2$s
              Type: MANAGED
              State: ENABLED
              ReplaceComputeEnvironment: false
              ComputeResources: {Type: %3$s, %6$sMaxvCpus: %5$d, Subnets: [s], SecurityGroupIds: [g]}
          %1$sQueue:
            Type: AWS::Batch::JobQueue
            Properties:
              JobQueueName: %2$s
              State: ENABLED
              Priority: %4$d
              ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: !Ref %1$s}]
              Tags: {'spillway:dispatch': 'true'}
        """
            .formatted(id("E", name), name, type, priority, maxVcpus, instances));
    return this;
  }

  private static String id(String kind, String name) {
    return kind + name.replace("-", "");
  }

  /** The options of a server with this stack and these settings. */
  String[] options(String settings) throws IOException {
    Path config =
        Files.writeString(
            folder.resolve("spillway.yaml"),
            """
            runner.process.images: [{name: faulty, entryPoint: [/bin/sh, '%s']}]
            batch.hostVcpus: 64
            batch.hostMemory: 16 GiB
            batch.allowedHostPaths: %s
            """
                    .formatted(shared.resolve("job.sh"), shared)
                + settings);
    Path file = Files.writeString(folder.resolve("template.yaml"), template);
    return new String[] {"--config", config.toString(), "--template", file.toString()};
  }
}
