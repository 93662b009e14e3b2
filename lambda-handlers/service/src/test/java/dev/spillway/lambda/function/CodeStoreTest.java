package dev.spillway.lambda.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeStoreTest {
  @TempDir Path folder;

  @Test
  void a_zip_is_unpacked_once_per_content_readable_by_all_and_with_its_modes() throws Exception {
    Path zip = folder.resolve("f.zip");
    try (var archive =
        FileSystems.newFileSystem(
            zip, Map.of("create", "true", "enablePosixFileAttributes", "true"))) {
      Files.createDirectories(archive.getPath("/lib"));
      Files.writeString(archive.getPath("/lib/a.txt"), "a");
      Files.setPosixFilePermissions(
          archive.getPath("/lib/a.txt"), PosixFilePermissions.fromString("rw-------"));
      Files.writeString(archive.getPath("/bootstrap"), "#!/bin/sh\n");
      Files.setPosixFilePermissions(
          archive.getPath("/bootstrap"), PosixFilePermissions.fromString("rwx------"));
    }
    CodeStore store = new CodeStore(folder.resolve("data"));
    CodeStore.Code code = store.unpack(function(zip));
    assertThat(code.taskRoot().resolve("lib/a.txt")).hasContent("a");
    assertThat(modes(code.taskRoot())).isEqualTo("rwxr-xr-x");
    assertThat(modes(code.taskRoot().resolve("lib/a.txt"))).isEqualTo("r--r--r--");
    assertThat(modes(code.taskRoot().resolve("bootstrap"))).isEqualTo("r-xr-xr-x");
    assertThat(code.size()).isEqualTo(Files.size(zip));
    assertThat(store.unpack(function(zip))).isEqualTo(code);
  }

  @Test
  void functions_with_the_same_code_share_its_files_but_not_what_was_run_before() throws Exception {
    Path source = Files.createDirectories(folder.resolve("source/lib"));
    Files.writeString(source.resolve("a.txt"), "a");
    CodeStore store = new CodeStore(folder.resolve("data"));
    Path first = store.unpack(function("f", source.getParent())).taskRoot();
    Path second = store.unpack(function("g", source.getParent())).taskRoot();
    assertThat(second.resolve("lib/a.txt")).hasContent("a");
    assertThat(Files.isSameFile(first.resolve("lib/a.txt"), second.resolve("lib/a.txt"))).isTrue();
    assertThat(modes(second.resolve("lib"))).isEqualTo("rwxr-xr-x");
    Path later =
        new CodeStore(folder.resolve("data")).unpack(function("h", source.getParent())).taskRoot();
    assertThat(later.resolve("lib/a.txt")).hasContent("a");
    assertThat(Files.isSameFile(first.resolve("lib/a.txt"), later.resolve("lib/a.txt"))).isFalse();
  }

  @Test
  void an_entry_outside_the_folder_is_refused_and_nothing_is_left() throws Exception {
    Path zip = folder.resolve("slip.zip");
    try (var out = new ZipOutputStream(Files.newOutputStream(zip))) {
      out.putNextEntry(new ZipEntry("../../slipped.txt"));
      out.write("x".getBytes(StandardCharsets.UTF_8));
    }
    CodeStore store = new CodeStore(folder.resolve("data"));
    assertThatThrownBy(() -> store.unpack(function(zip)))
        .isInstanceOfSatisfying(LambdaException.class, e -> assertThat(e.status()).isEqualTo(400));
    try (var files = Files.walk(folder)) {
      assertThat(files.filter(Files::isRegularFile)).containsExactly(zip);
    }
  }

  @Test
  void what_is_no_zip_is_refused() throws Exception {
    Path zip = Files.writeString(folder.resolve("no.zip"), "not a zip");
    assertThatThrownBy(() -> new CodeStore(folder.resolve("data")).unpack(function(zip)))
        .isInstanceOf(LambdaException.class)
        .hasMessageContaining("could not be read as a zip file");
  }

  @Test
  void old_code_is_deleted_unless_somebody_uses_it() throws Exception {
    CodeStore store = new CodeStore(folder.resolve("data"));
    Path source = Files.createDirectories(folder.resolve("source"));
    Path first = put(store, source, "1");
    Path second = put(store, source, "2");
    Path third = put(store, source, "3");
    store.prune("f", Set.of(second, third));
    assertThat(first).doesNotExist();
    assertThat(second).exists();
    assertThat(third).exists();
  }

  private Path put(CodeStore store, Path source, String content) throws IOException {
    Files.writeString(source.resolve("a.txt"), content);
    return store.unpack(function(source)).taskRoot();
  }

  private static String modes(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private static FunctionConfiguration function(Path code) {
    return function("f", code);
  }

  private static FunctionConfiguration function(String name, Path code) {
    return new FunctionConfiguration(
        name,
        "java25",
        "a.B",
        code,
        3,
        128,
        512,
        "x86_64",
        Map.of(),
        OptionalInt.empty(),
        Map.of());
  }
}
