package dev.spillway.batch.logs;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.aJob;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobEvent;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.Placement;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogsTest {
  private static final Placement ON =
      new Placement(
          "ce",
          "ce_Batch_1",
          "i-0123456789abcdef0",
          List.of(),
          "0123456789abcdef0123456789abcdef",
          T0);

  @TempDir Path root;

  private static Job running(String id) {
    return new Job(
        aJob(id).build(),
        new JobState.Running(1, ON, T0, Optional.empty()),
        1,
        List.of(),
        false,
        false,
        Optional.empty());
  }

  private static Job ended(String id) {
    return running(id).after(new JobEvent.Exited(OptionalInt.of(0), Optional.empty(), T0));
  }

  private Path write(Path file, String text) throws Exception {
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  @Test
  void a_file_is_named_by_day_job_and_attempt() {
    LogFiles files = new LogFiles(root);
    assertThat(files.file(ON, new AttemptId("parent:7", 2)))
        .isEqualTo(root.resolve("2026-11-21").resolve("parent_7").resolve("2.log"));
    assertThat(files.file(ON, new AttemptId("job#1/side", 2)))
        .isEqualTo(root.resolve("2026-11-21").resolve("job").resolve("2.1.side.log"));
    String arn = "arn:aws:batch:us-east-1:123456789012:job-definition/" + "n".repeat(300) + ":1";
    ObjectNode template = new ObjectMapper().createObjectNode();
    assertThat(LogFiles.stream(template, Optional.empty(), arn, ON.taskId()))
        .hasValue("n".repeat(200) + "/default/" + ON.taskId());
    template.putObject("logConfiguration").put("logDriver", "json-file");
    assertThat(LogFiles.stream(template, Optional.empty(), arn, ON.taskId())).isEmpty();
  }

  @Test
  void a_log_is_read_on_from_an_offset_until_the_attempt_has_ended() throws Exception {
    LogFiles files = new LogFiles(root);
    write(files.file(ON, new AttemptId("a", 1)), "hello\nworld\n");
    JobLogs live = new StoredLogs(files, id -> Optional.of(running(id)));
    JobLogs.Slice first = live.read("a", 1, 0, 6);
    assertThat(new String(first.bytes(), StandardCharsets.UTF_8)).isEqualTo("hello\n");
    assertThat(first.nextOffset()).isEqualTo(6);
    JobLogs.Slice second = live.read("a", 1, first.nextOffset(), 100);
    assertThat(new String(second.bytes(), StandardCharsets.UTF_8)).isEqualTo("world\n");
    assertThat(second.ended()).isFalse();
    JobLogs done = new StoredLogs(files, id -> Optional.of(ended(id)));
    assertThat(done.read("a", 1, 12, 100).ended()).isTrue();
    assertThat(done.read("a", 1, 0, 6).ended()).isFalse();
  }

  @Test
  void a_log_that_is_not_there_is_empty() {
    JobLogs none = new StoredLogs(new LogFiles(root), _ -> Optional.empty());
    assertThat(none.file("x", 1)).isEmpty();
    assertThat(none.read("x", 1, 0, 10))
        .extracting(s -> s.bytes().length, s -> s.ended())
        .containsExactly(0, true);
    JobLogs early = new StoredLogs(new LogFiles(root), id -> Optional.of(running(id)));
    assertThat(early.read("x", 1, 0, 10).ended()).isFalse();
    assertThat(early.file("x", 1)).isPresent();
  }

  @Test
  void old_logs_go_but_not_those_of_attempts_that_run() throws Exception {
    Path old = write(root.resolve("2026-11-01/a/1.log"), "x");
    Path quiet = write(root.resolve("2026-11-01/b/1.log"), "x");
    Path fresh = write(root.resolve("2026-11-20/c/1.log"), "x");
    for (Path file : List.of(old, quiet)) {
      Files.setLastModifiedTime(file, FileTime.from(T0.minus(Duration.ofDays(10))));
    }
    Files.setLastModifiedTime(fresh, FileTime.from(T0));
    assertThat(LogRetention.sweep(root, T0.minus(Duration.ofDays(7)), Set.of(quiet.getParent())))
        .isEqualTo(1);
    assertThat(old.getParent()).doesNotExist();
    assertThat(quiet).exists();
    assertThat(fresh).exists();
    assertThat(LogRetention.sweep(root, T0.minus(Duration.ofDays(7)), Set.of())).isEqualTo(1);
    assertThat(root.resolve("2026-11-01")).doesNotExist();
    assertThat(LogRetention.sweep(root.resolve("none"), T0, Set.of())).isZero();
  }
}
