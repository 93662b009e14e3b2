package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor.Spawn;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * What must be there before a fork: the program's path, the working folder, the output file. Done
 * with the supervisor's own rights; the job itself has the job user's.
 */
final class Preparation {
  private static final String DEFAULT_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Optional<JobUser> user;

  Preparation(Optional<JobUser> user) {
    this.user = user;
  }

  /** A start that cannot be; the message is the reason told to the server. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String reason) {
      super(reason);
    }
  }

  /** The descriptor in the answer is the caller's to close. */
  Fork.Image prepare(Spawn spawn) throws Refused {
    if (spawn.command().isEmpty()) {
      throw new Refused("no command specified");
    }
    refuseZeroBytes(spawn);
    String program = program(spawn);
    folder(spawn.workingDirectory());
    Optional<Path> temporary = temporary(spawn);
    if (temporary.isPresent()) {
      folder(temporary.get());
    }
    int output = output(spawn.output());
    return Fork.Image.of(
        program, spawn.command(), spawn.environment(), spawn.workingDirectory().toString(), output);
  }

  /** The folder for temporary files that is made with the working folder, in it. */
  static Optional<Path> temporary(Spawn spawn) {
    return Optional.ofNullable(spawn.environment().get("TMPDIR"))
        .filter(path -> path.indexOf('\0') < 0)
        .map(Path::of)
        .filter(path -> path.startsWith(spawn.workingDirectory()));
  }

  private static void refuseZeroBytes(Spawn spawn) throws Refused {
    for (String argument : spawn.command()) {
      if (argument.indexOf('\0') >= 0) {
        throw new Refused("an argument of the command contains a zero byte");
      }
    }
    for (var variable : spawn.environment().entrySet()) {
      if (variable.getKey().indexOf('\0') >= 0 || variable.getValue().indexOf('\0') >= 0) {
        throw new Refused(
            "the environment variable " + variable.getKey() + " contains a zero byte");
      }
    }
  }

  /** A name with a slash is a path from the working folder; any other is looked up in PATH. */
  private static String program(Spawn spawn) throws Refused {
    String name = spawn.command().getFirst();
    if (name.indexOf('/') >= 0) {
      return name;
    }
    String path = spawn.environment().getOrDefault("PATH", DEFAULT_PATH);
    for (String folder : path.split(":")) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, name);
      if (!name.isEmpty() && Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
        return candidate.toString();
      }
    }
    throw new Refused("exec: \"" + name + "\": executable file not found in $PATH (" + path + ")");
  }

  private void folder(Path folder) throws Refused {
    try {
      if (!Files.isDirectory(folder)) {
        makeParent(folder);
        Files.createDirectory(folder, PRIVATE);
      }
    } catch (FileAlreadyExistsException e) {
      throw new Refused("the working folder " + folder + " is there and is no folder");
    } catch (IOException e) {
      throw new Refused("the working folder " + folder + " cannot be made: " + e);
    }
    if (user.isPresent()) {
      int done = Libc.lchown(folder.toString(), user.get().uid(), user.get().gid());
      if (done < 0) {
        throw new Refused(
            "the working folder "
                + folder
                + " cannot be handed to user "
                + user.get()
                + ": "
                + Libc.describe(-done));
      }
    }
  }

  /** Asks first: for a folder that is there already an exception would be made and thrown away. */
  private static void makeParent(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(parent)) {
      Files.createDirectories(parent);
    }
  }

  /**
   * Owned by the job's user, so that a job may open {@code /dev/stdout} and {@code /dev/stderr}.
   */
  private int output(Path output) throws Refused {
    try {
      makeParent(output);
    } catch (IOException e) {
      throw new Refused("the folder of the log " + output + " cannot be made: " + e);
    }
    int descriptor = Libc.openForAppend(output.toString());
    if (descriptor < 0) {
      throw new Refused("the log " + output + " cannot be opened: " + Libc.describe(-descriptor));
    }
    user.ifPresent(owner -> Libc.fchown(descriptor, owner.uid(), owner.gid()));
    return descriptor;
  }

  /** Why the system refused to start {@code program}, with the way out where there is one. */
  String explain(int errno, Spawn spawn) {
    String program = spawn.command().getFirst();
    String said =
        "exec: \"" + program + "\": " + Libc.describe(errno).toLowerCase(java.util.Locale.ROOT);
    if (errno == Libc.ENOENT && spawn.limits().tmpMib() > 0) {
      Path path = spawn.workingDirectory().resolve(program);
      for (Path common : PrivateFolders.common()) {
        if (path.startsWith(common) && Files.exists(path)) {
          return said
              + ": it is in the host's "
              + common
              + ", and jobs have a "
              + common
              + " of their own; move it to another folder";
        }
      }
    }
    if (errno != Libc.EACCES || user.isEmpty()) {
      return said;
    }
    for (Path path :
        java.util.List.of(spawn.workingDirectory(), spawn.workingDirectory().resolve(program))) {
      Optional<Path> closed = user.get().closedFolderOnTheWayTo(path);
      if (closed.isPresent()) {
        return said
            + ": jobs run as user "
            + user.get()
            + ", who may not enter "
            + closed.get()
            + " on the way to "
            + path
            + "; let others search it (chmod o+x "
            + closed.get()
            + "), or move it to a folder that all may enter, or start Spillway as another user";
      }
    }
    return said;
  }
}
