package dev.spillway.batch.execution.process.supervisor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;

/**
 * The C library's calls that the supervisor needs and Java has not.
 *
 * <p>Shape: thin; a result below zero is {@code -errno}. Layouts and numbers are those of 64-bit
 * Linux with glibc 2.34 or newer (Debian 12 has 2.36).
 */
@SuppressWarnings("restricted") // the supervisor is started with native access
final class Libc {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int ENXIO = 6;
  static final int ECHILD = 10;
  static final int EACCES = 13;
  static final int SIGKILL = 9;

  private static final int O_WRONLY = 1;
  private static final int O_CREAT = 0100;
  private static final int O_APPEND = 02000;
  private static final int O_NOFOLLOW =
      System.getProperty("os.arch").equals("aarch64") ? 0100000 : 0400000;
  private static final int O_CLOEXEC = 02000000;
  private static final int O_NONBLOCK = 04000;
  private static final int O_PATH = 010000000;
  private static final int P_ALL = 0;
  private static final int WNOHANG = 1;
  private static final int WEXITED = 4;
  private static final int WNOWAIT = 0x01000000;
  private static final int PR_SET_DUMPABLE = 4;
  private static final int PR_SET_CHILD_SUBREAPER = 36;
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int PR_CAP_AMBIENT = 47;
  private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;
  private static final int RUSAGE_SELF = 0;
  private static final long RUSAGE_BYTES = 144;
  private static final long RUSAGE_MAXRSS = 32;
  private static final long SIGINFO_BYTES = 128;
  private static final long SIGINFO_PID = 16;
  // struct stat of x86-64 is the longer one; what is used of it lies at the same place in both.
  private static final long STAT_BYTES = 144;
  private static final long STAT_BLOCKS = 64;
  private static final long STAT_CHANGED = 104;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO_OF =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle OPEN = errno("open", 2, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle CLOSE = plain("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle FCHOWN =
      errno("fchown", -1, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle LCHOWN =
      errno("lchown", -1, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle KILL = errno("kill", -1, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle WAITID =
      errno("waitid", -1, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle WAIT4 =
      errno("wait4", -1, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
  private static final MethodHandle UNSHARE = errno("unshare", -1, JAVA_INT, JAVA_INT);
  private static final MethodHandle MOUNT =
      errno("mount", -1, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
  private static final MethodHandle LSTAT = errno("lstat", -1, JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle FSTAT = plain("fstat", JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle PREAD =
      errno("pread", -1, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle MKFIFO = errno("mkfifo", -1, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle GETRUSAGE = plain("getrusage", JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle UMASK = plain("umask", JAVA_INT, JAVA_INT);
  private static final MethodHandle GETEUID = plain("geteuid", JAVA_INT);
  private static final MethodHandle STRERROR = plain("strerror", ADDRESS, JAVA_INT);
  private static final MethodHandle PRCTL =
      errno("prctl", 1, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SYSCALL =
      errno("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final int PROCESS_ID = (int) ProcessHandle.current().pid();

  private Libc() {}

  static int processId() {
    return PROCESS_ID;
  }

  private static MethodHandle plain(String name, MemoryLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
  }

  /** A call that tells why it failed. {@code variadicFrom} is -1 for a fixed argument list. */
  private static MethodHandle errno(
      String name, int variadicFrom, MemoryLayout result, MemoryLayout... arguments) {
    var descriptor = FunctionDescriptor.of(result, arguments);
    var symbol = LINKER.defaultLookup().findOrThrow(name);
    return variadicFrom < 0
        ? LINKER.downcallHandle(symbol, descriptor, ERRNO)
        : LINKER.downcallHandle(
            symbol, descriptor, ERRNO, Linker.Option.firstVariadicArg(variadicFrom));
  }

  /** Opens for appending, owner-only, closed on exec, never through a symbolic link. */
  static int openForAppend(String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
      return result((int) OPEN.invokeExact(state, arena.allocateFrom(path), flags, 0600), state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static void close(int fd) {
    try {
      int ignored = (int) CLOSE.invokeExact(fd);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int fchown(int fd, int uid, int gid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return result((int) FCHOWN.invokeExact(state, fd, uid, gid), state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int lchown(String path, int uid, int gid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return result((int) LCHOWN.invokeExact(state, arena.allocateFrom(path), uid, gid), state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /** A negative {@code pid} is a process group. */
  static int kill(int pid, int signal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return result((int) KILL.invokeExact(state, pid, signal), state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /** Waits until a child has ended and leaves it a zombie, so that its id stays taken. */
  static int waitForAnyEnd() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment info = arena.allocate(SIGINFO_BYTES, 8);
      int done = result((int) WAITID.invokeExact(state, P_ALL, 0, info, WEXITED | WNOWAIT), state);
      return done < 0 ? done : info.get(JAVA_INT, SIGINFO_PID);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /**
   * What a reaped child left.
   *
   * @param pid {@code -errno} when it could not be reaped
   * @param exitCode 128 + signal when a signal ended it
   * @param maxRssKib as the kernel counts: never less than the parent's own at the fork
   */
  record Reaped(int pid, int exitCode, long maxRssKib) {}

  static Reaped reap(int pid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment status = arena.allocate(JAVA_INT);
      MemorySegment usage = arena.allocate(RUSAGE_BYTES, 8);
      int reaped = result((int) WAIT4.invokeExact(state, pid, status, WNOHANG, usage), state);
      int word = status.get(JAVA_INT, 0);
      int signal = word & 0x7f;
      return new Reaped(
          reaped,
          signal == 0 ? (word >> 8) & 0xff : 128 + signal,
          usage.get(JAVA_LONG, RUSAGE_MAXRSS));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static long ownMaxRssKib() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment usage = arena.allocate(RUSAGE_BYTES, 8);
      int ignored = (int) GETRUSAGE.invokeExact(RUSAGE_SELF, usage);
      return usage.get(JAVA_LONG, RUSAGE_MAXRSS);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static void umask(int mask) {
    try {
      int ignored = (int) UMASK.invokeExact(mask);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int effectiveUser() {
    try {
      return (int) GETEUID.invokeExact();
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /**
   * For a supervisor in a user namespace of its own, which may do there what root may: what the
   * calling thread forks, may not.
   */
  static int keepCapabilitiesFromChildren() {
    int done = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
    return done == 0 ? prctl(PR_SET_NO_NEW_PRIVS, 1) : done;
  }

  /** Orphans of our children become ours, so that they are reaped wherever we run. */
  static void becomeSubreaper() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
  }

  /**
   * Gives up root for the calling thread alone: {@code syscall} goes past the C library, which
   * would change every thread. What this thread forks afterwards inherits the loss.
   *
   * @return 0, or {@code -errno} of the step that failed; then the thread must not fork
   */
  static int dropThread(int uid, int gid) {
    boolean arm = arm();
    int done = syscall(arm ? 159 : 116, 0, 0, 0); // setgroups: none
    if (done == 0) {
      done = syscall(arm ? 149 : 119, gid, gid, gid); // setresgid
    }
    if (done == 0) {
      done = syscall(arm ? 147 : 117, uid, uid, uid); // setresuid
    }
    if (done == 0) {
      done = prctl(PR_SET_NO_NEW_PRIVS, 1);
    }
    if (done == 0) {
      // The thread shares our memory, root's too: a job of the same user must not trace it.
      done = prctl(PR_SET_DUMPABLE, 0);
    }
    if (done == 0 && syscall(arm ? 175 : 107, 0, 0, 0) != uid) { // geteuid
      done = -EPERM;
    }
    return done;
  }

  /** The kernel's id of the calling thread. */
  static int threadId() {
    return syscall(arm() ? 178 : 186, 0, 0, 0);
  }

  /** Bytes on the disk that the file takes, or {@code -errno}; a symbolic link is not followed. */
  static long diskBytes(String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment stat = arena.allocate(STAT_BYTES, 8);
      int done = result((int) LSTAT.invokeExact(state, arena.allocateFrom(path), stat), state);
      return done < 0 ? done : stat.get(JAVA_LONG, STAT_BLOCKS) * 512;
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /**
   * When the folder's entries or rights changed last, nanoseconds, of no use but to be compared;
   * unlike the time of its contents it cannot be forged.
   */
  static long changeTime(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stat = arena.allocate(STAT_BYTES, 8);
      int done = (int) FSTAT.invokeExact(descriptor, stat);
      return done < 0
          ? done
          : stat.get(JAVA_LONG, STAT_CHANGED) * 1_000_000_000
              + stat.get(JAVA_LONG, STAT_CHANGED + 8);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int openToRead(String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return result((int) OPEN.invokeExact(state, arena.allocateFrom(path), O_CLOEXEC, 0), state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /** From the start, as much as fits; the length. */
  static int readAgain(int descriptor, MemorySegment bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long read = (long) PREAD.invokeExact(state, descriptor, bytes, bytes.byteSize(), 0L);
      return result((int) read, state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int makeFifo(String path, int mode) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return result((int) MKFIFO.invokeExact(state, arena.allocateFrom(path), mode), state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /** {@code -ENXIO} while nobody waits to read. */
  static int openFifoToWrite(String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int flags = O_WRONLY | O_NONBLOCK | O_CLOEXEC;
      return result((int) OPEN.invokeExact(state, arena.allocateFrom(path), flags, 0), state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int unshare(int what) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return result((int) UNSHARE.invokeExact(state, what), state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int mount(String source, String target, String type, long flags, String data) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return result(
          (int)
              MOUNT.invokeExact(
                  state,
                  arena.allocateFrom(source),
                  arena.allocateFrom(target),
                  arena.allocateFrom(type),
                  flags,
                  arena.allocateFrom(data)),
          state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /** A descriptor that names the file without opening it. */
  static int openPath(String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return result(
          (int) OPEN.invokeExact(state, arena.allocateFrom(path), O_PATH | O_CLOEXEC, 0), state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  private static int prctl(int option, long value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return result((int) PRCTL.invokeExact(state, option, value, 0L, 0L, 0L), state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  private static boolean arm() {
    return System.getProperty("os.arch").equals("aarch64");
  }

  private static int syscall(long number, long first, long second, long third) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long done = (long) SYSCALL.invokeExact(state, number, first, second, third);
      return result((int) done, state);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static synchronized String describe(int errno) {
    try {
      MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
      return text.reinterpret(256).getString(0, StandardCharsets.UTF_8);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  private static int result(int done, MemorySegment state) {
    return done < 0 ? -(int) ERRNO_OF.get(state, 0L) : done;
  }

  static IllegalStateException broken(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("a call into the C library failed", e);
  }
}
