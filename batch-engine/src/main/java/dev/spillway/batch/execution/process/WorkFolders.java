package dev.spillway.batch.execution.process;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.process.supervisor.Deletion;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Scratch space of attempts: one folder each beneath {@code work/}, gone when the attempt is. */
final class WorkFolders {
  private static final Logger LOG = LoggerFactory.getLogger(WorkFolders.class);

  private final Path root;

  WorkFolders(Path root) {
    this.root = root;
  }

  /** {@code <jobId>-<attempt>}, with what a file name or a search path cannot hold replaced. */
  Path of(AttemptId attempt) {
    String job = attempt.jobId().replace(':', '.').replaceAll("[^A-Za-z0-9._-]", "_");
    return root.resolve(job + "-" + attempt.number());
  }

  void delete(AttemptId attempt) {
    delete(of(attempt).getFileName());
  }

  /** What attempts left that nobody knows any more. */
  void deleteAllBut(Set<AttemptId> known) {
    Set<Path> keep = known.stream().map(one -> of(one).getFileName()).collect(Collectors.toSet());
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(root)) {
      for (Path folder : folders) {
        if (!keep.contains(folder.getFileName())) {
          delete(folder.getFileName());
        }
      }
    } catch (NoSuchFileException e) {
      // No attempt has run here yet.
    } catch (IOException e) {
      LOG.warn("left-over work folders in {} cannot be listed", root, e);
    }
  }

  private void delete(Path name) {
    try {
      Deletion.delete(root, name);
    } catch (IOException e) {
      LOG.warn("the work folder {} cannot be deleted", root.resolve(name), e);
    }
  }
}
