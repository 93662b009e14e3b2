package dev.spillway.batch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A Docker engine of a test's own, to be stopped and killed: own socket, data, containers and
 * addresses and bridge, and no firewall rule. It needs root.
 */
public final class PrivateEngine implements AutoCloseable {
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final Path folder;
  private final boolean liveRestore;
  private final int number = NUMBERS.incrementAndGet();
  private Process engine;

  /** Starts one; {@code folder} gets all that it makes. */
  public PrivateEngine(Path folder, boolean liveRestore) {
    this.folder = folder;
    this.liveRestore = liveRestore;
    // An engine without a bridge, or with address pools of its own, takes away the user's docker0.
    run("/bin/busybox", "ip", "link", "add", "name", bridge(), "type", "bridge");
    run("/bin/busybox", "ip", "addr", "add", "10." + (200 + number) + ".255.1/24", "dev", bridge());
    run("/bin/busybox", "ip", "link", "set", bridge(), "up");
    start();
    try {
      Path busybox = Path.of("/bin/busybox");
      Path root = Files.createDirectories(folder.resolve("image"));
      Files.createDirectories(root.resolve("bin"));
      Files.copy(busybox, root.resolve("bin/busybox"));
      load(root, BusyboxImage.NAME);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives the engine an image of its busybox under another name. */
  public void addImage(String name) {
    load(folder.resolve("image"), name);
  }

  private void load(Path root, String name) {
    run("sh", "-c", "tar -C '" + root + "' -c . | docker -H '" + host() + "' import - " + name);
  }

  public void removeImage(String name) {
    run("docker", "-H", host(), "rmi", "-f", name);
  }

  private String bridge() {
    return "spwtest" + ProcessHandle.current().pid() % 100_000 + "n" + number;
  }

  /** As in {@code DOCKER_HOST}. */
  public String host() {
    return "unix://" + folder.resolve("docker.sock");
  }

  /** Starts it, again; returns when it answers. */
  public void start() {
    List<String> command =
        new ArrayList<>(
            List.of(
                "dockerd",
                "--host",
                host(),
                "--data-root",
                folder.resolve("data").toString(),
                "--exec-root",
                folder.resolve("exec").toString(),
                "--pidfile",
                folder.resolve("docker.pid").toString(),
                "--config-file",
                folder.resolve("daemon.json").toString(),
                "--bridge",
                bridge(),
                "--iptables=false",
                "--ip6tables=false",
                "--containerd-namespace",
                "spillway-test-" + number,
                "--containerd-plugins-namespace",
                "spillway-test-plugins-" + number,
                "--shutdown-timeout",
                "2"));
    if (liveRestore) {
      command.add("--live-restore");
    }
    try {
      Files.writeString(folder.resolve("daemon.json"), "{}");
      Files.deleteIfExists(folder.resolve("docker.pid"));
      engine =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(folder.resolve("dockerd.log").toFile()))
              .start();
      for (int look = 0; look < 300; look++) {
        if (answers()) {
          return;
        }
        Thread.sleep(100);
      }
      throw new IllegalStateException(
          "dockerd does not answer:\n" + Files.readString(folder.resolve("dockerd.log")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean answers() throws IOException, InterruptedException {
    return new ProcessBuilder("docker", "-H", host(), "version")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  /** SIGTERM, as a service manager sends it. */
  public void stop() {
    engine.destroy();
    await();
  }

  /** SIGKILL, to it and to the containerd that it started, as when a machine goes. */
  public void kill() {
    engine.destroyForcibly();
    await();
    killContainerd();
    // Where nobody reaps it, the next one would take it for alive.
    run("rm", "-f", folder.resolve("exec/containerd/containerd.pid").toString());
  }

  private void killContainerd() {
    run(
        "sh",
        "-c",
        "pkill -KILL -f '[c]ontainerd --config " + folder.resolve("exec") + "' || true");
  }

  private void await() {
    try {
      if (!engine.waitFor(60, TimeUnit.SECONDS)) {
        engine.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void run(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor() != 0) {
        throw new IllegalStateException("failed: " + String.join(" ", command));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Nothing of it runs on: containers, its containerd, mounts. */
  @Override
  public void close() {
    if (!engine.isAlive()) {
      start();
    }
    run(
        "sh",
        "-c",
        "docker -H '" + host() + "' ps -aq | xargs -r docker -H '" + host() + "' rm -f");
    run(
        "sh",
        "-c",
        "docker -H '"
            + host()
            + "' network ls -q -f label=dev.spillway.data | xargs -r docker -H '"
            + host()
            + "' network rm");
    stop();
    killContainerd();
    run("/bin/busybox", "ip", "link", "del", bridge());
    run(
        "sh",
        "-c",
        "grep -o '"
            + folder
            + "[^ ]*' /proc/mounts | sort -r | xargs -r umount -l; rm -rf '"
            + folder.resolve("data")
            + "' '"
            + folder.resolve("exec")
            + "'");
  }
}
