package dev.spillway.dispatch.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ConfigurationTest {
  @TempDir Path temp;

  @Test
  void a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default()
      throws Exception {
    Path file = write("server.port: 1\nserver.s3Port: 2\nregion: eu-west-1\n");
    Configuration settings =
        load(
            Optional.of(file),
            Map.of(Setting.SERVER_PORT, "3"),
            Map.of("SPILLWAY_SERVER_PORT", "4", "SPILLWAY_SERVER_S3_PORT", "5"));
    assertThat(settings.whole(Setting.SERVER_PORT)).isEqualTo(3);
    assertThat(settings.whole(Setting.SERVER_S3_PORT)).isEqualTo(5);
    assertThat(settings.text(Setting.REGION)).isEqualTo("eu-west-1");
    assertThat(settings.text(Setting.ACCOUNT)).isEqualTo("123456789012");
    assertThat(settings.byKey().get("server.port").origin()).isEqualTo("flag");
    assertThat(settings.byKey().get("server.s3Port").origin()).isEqualTo("SPILLWAY_SERVER_S3_PORT");
    assertThat(settings.byKey().get("region").origin()).isEqualTo(file.toString());
    assertThat(settings.byKey().get("account").origin()).isEqualTo("default");
  }

  @Test
  void the_file_of_the_working_directory_is_read_without_being_named() throws Exception {
    write("batch.stopGrace: PT2S\n");
    assertThat(load(Optional.empty(), Map.of(), Map.of()).span(Setting.BATCH_STOP_GRACE))
        .isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void keys_may_be_nested_and_images_are_names_or_objects() throws Exception {
    write(
        """
        server: {port: 0}
        runner: process
        runner.process.images: [busybox, {name: "acme/x:1", entryPoint: [/bin/x, -v]}]
        """);
    Configuration settings = load(Optional.empty(), Map.of(), Map.of());
    assertThat(settings.whole(Setting.SERVER_PORT)).isZero();
    assertThat(settings.images())
        .containsExactly(
            new Rule.Images.Image("busybox", List.of()),
            new Rule.Images.Image("acme/x:1", List.of("/bin/x", "-v")));
  }

  @ParameterizedTest
  @CsvSource({
    "server.prot, server.port",
    "server.S3port, server.s3Port",
    "batch.hostVcpu, batch.hostVcpus",
    "runner.proces.image, runner.process.images",
    "retention.job, retention.jobs",
  })
  void an_unknown_key_stops_the_start_and_names_the_nearest(String wrong, String nearest)
      throws Exception {
    write(wrong + ": 1\n");
    assertThatThrownBy(() -> load(Optional.empty(), Map.of(), Map.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("\"" + wrong + "\" is not a setting")
        .hasMessageContaining("nearest is \"" + nearest + "\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "server.port: 70000         | server.port is \"70000\" | whole number, 0 to 65535",
        "server.port: [1]           | server.port is \"[1]\" | whole number",
        "server.host: 0.0.0.0       | server.host is \"0.0.0.0\" | only a loopback address",
        "runner: podman             | runner is \"podman\" | one of auto, docker, process",
        "batch.hostMemory: 12       | batch.hostMemory is \"12\" | for example 12 GiB",
        "batch.hostMemory: 1 MiB    | batch.hostMemory is \"1 MiB\" | at least 64 MiB",
        "batch.stopGrace: 30        | batch.stopGrace is \"30\" | for example PT90S",
        "batch.stopGrace: PT11M     | batch.stopGrace is \"PT11M\" | PT0S to PT10M",
        "batch.allowPrivileged: yes please | batch.allowPrivileged is | true or false",
        "account: 12                | account is \"12\" | 12 digits",
        "region: mars               | region is \"mars\" | us-east-1",
        "runner.process.images: [{name: x}] | runner.process.images is | entryPoint",
        "server.port:               | server.port has no value | Give one",
        "hello                      | must hold keys | ",
        "'a: [1'                    | is not YAML | ",
      })
  void a_bad_value_stops_the_start_and_names_key_value_and_rule(
      String line, String names, String rule) throws Exception {
    write(line + "\n");
    assertThatThrownBy(() -> load(Optional.empty(), Map.of(), Map.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(names)
        .hasMessageContaining(rule == null ? "" : rule);
  }

  @Test
  void a_password_is_never_shown_and_does_not_belong_in_the_url() {
    Configuration settings =
        load(
            Optional.empty(),
            Map.of(),
            Map.of(
                "SPILLWAY_STORE_URL",
                "jdbc:postgresql://db:5433/jobs?currentSchema=x",
                "SPILLWAY_STORE_PASSWORD",
                "sesame"));
    assertThat(settings.optional(Setting.STORE_PASSWORD)).contains("sesame");
    assertThat(settings.optional(Setting.STORE_USER)).isEmpty();
    assertThat(settings.byKey().get("store.password").text()).isEqualTo("(hidden)");
    for (String url :
        List.of(
            "jdbc:postgresql://me:sesame@db/jobs",
            "jdbc:postgresql://db/jobs?ssl=true&password=sesame&x=y",
            "jdbc:mysql://db/jobs?password=sesame",
            "postgres://me:sesame@db/jobs")) {
      assertThatThrownBy(() -> load(Optional.empty(), Map.of(), Map.of("SPILLWAY_STORE_URL", url)))
          .as(url)
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("store.url")
          .hasMessageContaining("store.password")
          .hasMessageNotContaining("sesame");
    }
  }

  @Test
  void a_named_file_that_is_absent_stops_the_start() {
    assertThatThrownBy(() -> load(Optional.of(temp.resolve("none.yaml")), Map.of(), Map.of()))
        .hasMessageContaining("none.yaml does not exist");
  }

  @Test
  void defaults_come_from_the_host() {
    Configuration settings = load(Optional.empty(), Map.of(), Map.of());
    assertThat(settings.whole(Setting.BATCH_HOST_VCPUS)).isEqualTo(6);
    assertThat(settings.mib(Setting.BATCH_HOST_MEMORY)).isEqualTo(6144);
    assertThat(settings.path(Setting.DATA_DIR)).contains(temp.resolve("home/.spillway"));
    assertThat(settings.path(Setting.TEMPLATE)).isEmpty();
  }

  @Test
  void a_home_that_nobody_else_can_enter_is_not_the_place_for_the_data() {
    Configuration settings = Configuration.load(Optional.empty(), Map.of(), host(Map.of(), false));
    assertThat(settings.path(Setting.DATA_DIR)).contains(Path.of("/var/lib/spillway"));
  }

  @Test
  void a_path_of_the_file_starts_at_the_files_folder() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("conf"));
    Path file = Files.writeString(folder.resolve("x.yaml"), "template: ../t.yaml\ndata.dir: d\n");
    Configuration settings = load(Optional.of(file), Map.of(), Map.of());
    assertThat(settings.path(Setting.TEMPLATE)).contains(temp.resolve("t.yaml"));
    assertThat(settings.path(Setting.DATA_DIR)).contains(folder.resolve("d"));
  }

  @ParameterizedTest
  @EnumSource(Setting.class)
  void the_manual_lists_every_setting_with_its_default(Setting setting) throws Exception {
    String manual = Files.readString(Path.of("../docs/configuration.md"));
    assertThat(manual.lines())
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("| `" + setting.key() + "` |")
                    .contains(setting.fallback()));
  }

  private Path write(String yaml) throws Exception {
    return Files.writeString(temp.resolve(Configuration.FILE), yaml);
  }

  private Configuration load(
      Optional<Path> file, Map<Setting, String> flags, Map<String, String> environment) {
    return Configuration.load(file, flags, host(environment, true));
  }

  private Configuration.Host host(Map<String, String> environment, boolean open) {
    return new Configuration.Host(environment, temp, temp.resolve("home"), open, 6, 8192);
  }
}
