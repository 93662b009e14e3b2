package dev.spillway.handlers.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DistinctLinesTest {
  @TempDir Path folder;

  @Test
  void keeps_the_first_line_of_each_key() throws IOException {
    try (var lines = new DistinctLines(folder.resolve("d"))) {
      lines.add("a", "a-1", "first".getBytes(StandardCharsets.UTF_8));
      lines.add("a", "a-2", "other é".getBytes(StandardCharsets.UTF_8));
      lines.add("a", "a-1", "again".getBytes(StandardCharsets.UTF_8));
      List<String> kept = new ArrayList<>();
      long dropped =
          lines.drain(
              line ->
                  kept.add(
                      new String(
                          line.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)));
      assertThat(kept).containsExactly("first", "other é");
      assertThat(dropped).isOne();
    }
  }

  @Test
  void gives_the_same_lines_however_small_its_files_must_be() throws IOException {
    for (long seed = 1; seed <= 5; seed++) {
      var random = new Random(seed);
      Set<String> expected = new HashSet<>();
      Set<String> kept = new HashSet<>();
      Path files = folder.resolve("seed-" + seed);
      long dropped;
      int added = 1000;
      // At 200 bytes a file nearly every one is dealt again, some to the last level.
      try (var lines = new DistinctLines(files, 0, 200)) {
        for (int i = 0; i < added; i++) {
          String key = "ключ" + random.nextInt(500);
          expected.add(key);
          lines.add(key, key, key.getBytes(StandardCharsets.UTF_8));
        }
        dropped =
            lines.drain(
                line ->
                    assertThat(
                            kept.add(
                                new String(
                                    line.getBytes(StandardCharsets.ISO_8859_1),
                                    StandardCharsets.UTF_8)))
                        .as("kept twice: " + line)
                        .isTrue());
      }
      assertThat(kept).as("seed " + seed).isEqualTo(expected);
      assertThat(dropped).as("seed " + seed).isEqualTo(added - expected.size());
      try (var left = Files.walk(files)) {
        assertThat(left.filter(Files::isRegularFile)).isEmpty();
      }
    }
  }
}
