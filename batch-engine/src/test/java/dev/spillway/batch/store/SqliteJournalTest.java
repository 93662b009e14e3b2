package dev.spillway.batch.store;

import static dev.spillway.batch.testkit.Fixtures.ARNS;
import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.limits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.batch.Arns;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Engine;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteJournalTest extends JournalContract {
  @TempDir Path data;

  @Override
  Journal open() {
    return SqlJournal.open(data, ARNS);
  }

  @Test
  void a_second_writer_is_refused_and_told_the_first_ones_process() {
    assertThatThrownBy(() -> SqlJournal.open(data, ARNS))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(Long.toString(ProcessHandle.current().pid()))
        .hasMessageContaining(data.toString());
  }

  @Test
  void another_process_is_refused_too() throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                OpensJournal.class.getName(),
                data.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(other.getInputStream().readAllBytes());
    assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(other.exitValue()).as(said).isEqualTo(3);
    assertThat(said).contains("in use by process " + ProcessHandle.current().pid());
  }

  /** Run in a process of its own. */
  static final class OpensJournal {
    public static void main(String[] arguments) {
      try {
        SqlJournal.open(Path.of(arguments[0]), ARNS).close();
      } catch (IllegalStateException e) {
        System.out.println(e.getMessage());
        System.exit(3);
      }
    }
  }

  @Test
  void a_writer_that_lost_its_epoch_cannot_write(@TempDir Path own) throws Exception {
    try (SqlJournal journal = SqlJournal.open(own, ARNS)) {
      try (Connection thief =
              DriverManager.getConnection("jdbc:sqlite:" + own.resolve("batch.db"));
          Statement statement = thief.createStatement()) {
        statement.execute("update owner set epoch = epoch + 1");
      }
      var step =
          new Engine(limits(1, 1024), journal.load())
              .handle(List.of(new Command.CreateComputeEnvironment(environment("ce", 1))), T0);
      assertThatThrownBy(() -> journal.commit(step))
          .isInstanceOf(JournalException.class)
          .hasMessageContaining("taken over");
      assertThat(journal.load().resources().computeEnvironments()).isEmpty();
    }
  }

  @Test
  void regions_do_not_see_each_other(@TempDir Path own) {
    try (SqlJournal east = SqlJournal.open(own, ARNS)) {
      east.commit(
          new Engine(limits(1, 1024), east.load())
              .handle(List.of(new Command.CreateComputeEnvironment(environment("ce", 1))), T0));
    }
    try (SqlJournal west = SqlJournal.open(own, new Arns("eu-west-1", "123456789012"))) {
      assertThat(west.load().resources().computeEnvironments()).isEmpty();
    }
    try (SqlJournal east = SqlJournal.open(own, ARNS)) {
      assertThat(east.load().resources().computeEnvironments()).hasSize(1);
    }
  }
}
