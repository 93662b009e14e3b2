package dev.spillway.batch.execution.process.supervisor;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.Collection;
import java.util.List;

/**
 * Deletes what jobs have written.
 *
 * <p>Goes by open folders, never by path: a left-over process of the job may put a symbolic link in
 * a folder's place while we, perhaps root, are deleting.
 */
public final class Deletion {
  private Deletion() {}

  /** {@code root}'s entry {@code name}, with all that is in it; harmless when it is not there. */
  public static void delete(Path root, Path name) throws IOException {
    try (DirectoryStream<Path> folder = Files.newDirectoryStream(root)) {
      delete(secure(folder), name);
    } catch (NoSuchFileException e) {
      // Deleted already, or never made.
    }
  }

  /** All that is in {@code root}, but for entries of these names. */
  static void empty(Path root, Collection<Path> keep) throws IOException {
    try (DirectoryStream<Path> folder = Files.newDirectoryStream(root)) {
      SecureDirectoryStream<Path> here = secure(folder);
      for (Path entry : names(here)) {
        if (!keep.contains(entry)) {
          delete(here, entry);
        }
      }
    }
  }

  private static List<Path> names(SecureDirectoryStream<Path> folder) {
    List<Path> names = new java.util.ArrayList<>();
    folder.forEach(entry -> names.add(entry.getFileName()));
    return names;
  }

  private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> folder)
      throws IOException {
    if (folder instanceof SecureDirectoryStream<Path> here) {
      return here;
    }
    throw new IOException("this file system has no secure directory streams");
  }

  private static void delete(SecureDirectoryStream<Path> parent, Path name) throws IOException {
    boolean folder =
        parent
            .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .readAttributes()
            .isDirectory();
    if (!folder) {
      parent.deleteFile(name);
      return;
    }
    try (SecureDirectoryStream<Path> here =
        parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
      for (Path entry : here) {
        delete(here, entry.getFileName());
      }
    }
    parent.deleteDirectory(name);
  }
}
