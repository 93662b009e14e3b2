package dev.spillway.dispatch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessStartTest {
  @TempDir Path temp;

  @Test
  void the_age_is_the_time_since_boot_less_the_start_in_ticks() throws Exception {
    Path uptime = Files.writeString(temp.resolve("uptime"), "8104.53 12000.10\n");
    Path stat =
        Files.writeString(
            temp.resolve("stat"),
            "4711 (a (b) c) S 1 1 1 0 -1 4194560 0 0 0 0 3 1 0 0 20 0 12 0 810321 9 9 9\n");
    assertThat(ProcessStart.age(uptime, stat)).contains(Duration.ofMillis(1320));
  }

  @Test
  void where_the_kernel_does_not_tell_there_is_no_age() throws Exception {
    Path other = Files.writeString(temp.resolve("other"), "x");
    assertThat(ProcessStart.age(temp.resolve("none"), other)).isEmpty();
    assertThat(ProcessStart.age(other, other)).isEmpty();
  }
}
