package dev.spillway.dispatch.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.dispatch.task.TaskDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
  @TempDir Path temp;

  @Test
  void other_users_of_the_host_read_neither_databases_nor_logs() throws IOException {
    Path data = temp.resolve("data");
    try (DataFolder _ = DataFolder.hold(data)) {
      TaskDatabase store = TaskDatabase.sqlite(data.resolve("tasks.db"));
      try (Stream<Path> files = Files.list(data)) {
        assertThat(files.filter(f -> f.getFileName().toString().contains(".db")))
            .hasSizeGreaterThan(2)
            .allSatisfy(file -> assertThat(mode(file)).isEqualTo("rw-------"));
      } finally {
        store.close();
      }
      assertThat(mode(data.resolve("logs"))).isEqualTo("rwx------");
    }
  }

  @Test
  void files_of_an_older_server_are_closed_too() throws IOException {
    Path database = Files.writeString(temp.resolve("batch.db"), "");
    Files.setPosixFilePermissions(database, PosixFilePermissions.fromString("rw-r--r--"));
    try (DataFolder _ = DataFolder.hold(temp)) {
      assertThat(mode(database)).isEqualTo("rw-------");
    }
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void a_folder_with_tasks_of_one_backend_is_refused_to_the_other() throws Exception {
    try (DataFolder folder = DataFolder.hold(temp.resolve("a"))) {
      folder.belongTo("aws");
      folder.belongTo("aws");
      assertThatThrownBy(() -> folder.belongTo("embedded"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("holds tasks of backend aws")
          .hasMessageContaining("--data");
    }
    Path older = Files.createDirectories(temp.resolve("older"));
    Files.writeString(older.resolve("tasks.db"), "x");
    try (DataFolder folder = DataFolder.hold(older)) {
      assertThatThrownBy(() -> folder.belongTo("aws")).hasMessageContaining("backend embedded");
      folder.belongTo("embedded");
    }
  }
}
