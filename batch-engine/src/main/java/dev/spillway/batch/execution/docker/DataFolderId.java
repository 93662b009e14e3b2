package dev.spillway.batch.execution.docker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Names a data folder for good, wherever it is moved: containers and the network carry it as a
 * label, so that two servers on one Docker engine do not touch each other's.
 */
public record DataFolderId(String value) {
  /** Under this label, everything made on an engine carries the folder's id. */
  public static final String LABEL = "dev.spillway.data";

  private static final String FILE = "folder.id";
  private static final int SHORT = 12;

  /** Reads {@code folder.id}; makes it the first time. */
  public static DataFolderId of(Path dataDirectory) {
    Path file = dataDirectory.resolve(FILE);
    try {
      Files.createDirectories(dataDirectory);
      try {
        Files.writeString(file, UUID.randomUUID().toString(), StandardOpenOption.CREATE_NEW);
      } catch (FileAlreadyExistsException e) {
        // Made before; it is read below.
      }
      return new DataFolderId(Files.readString(file).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Enough to tell folders of one machine apart, for names that people read. */
  public String abbreviated() {
    return value.replace("-", "").substring(0, SHORT);
  }
}
