package dev.spillway.batch.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalSecretsTest {
  private static final String SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";

  @TempDir Path data;
  private Secrets secrets;

  @BeforeEach
  void open() throws Exception {
    write("db/password", "open sesame\n", "rw-------");
    write("login", "{\"username\":\"u\",\"port\":5432}", "rw-------");
    secrets = new LocalSecrets(data, Map.of("SPILLWAY_SECRET_API_TOKEN", "from the variable"));
  }

  private void write(String name, String text, String mode) throws Exception {
    Path file = data.resolve("secrets").resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  @Test
  void a_secret_is_found_by_each_of_its_names() {
    assertThat(secrets.value(SECRET + "db/password-AbCdEf")).isEqualTo("open sesame");
    assertThat(secrets.value("arn:aws:ssm:us-east-1:123456789012:parameter/db/password"))
        .isEqualTo("open sesame");
    assertThat(secrets.value("/db/password")).isEqualTo("open sesame");
    assertThat(secrets.value("api-token")).isEqualTo("from the variable");
  }

  @Test
  void a_key_reads_a_member_of_a_secret_that_is_json() {
    assertThat(secrets.value(SECRET + "login-AbCdEf:username::")).isEqualTo("u");
    assertThat(secrets.value(SECRET + "login:port::")).isEqualTo("5432");
    assertThatThrownBy(() -> secrets.value(SECRET + "login:no::"))
        .hasMessage("secret login has no key no");
    assertThatThrownBy(() -> secrets.value(SECRET + "db/password:key::"))
        .hasMessageContaining("is no JSON")
        .hasMessageNotContaining("sesame");
  }

  @Test
  void what_is_missing_is_named_with_the_way_to_provide_it() {
    assertThatThrownBy(() -> secrets.value(SECRET + "other-AbCdEf"))
        .isInstanceOf(Secrets.NotFoundException.class)
        .hasMessageContaining("secrets/other")
        .hasMessageContaining("SPILLWAY_SECRET_OTHER");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../batch.db", "a/../../batch.db", "", "a\0b", "."})
  void a_name_that_leaves_the_folder_is_no_name(String name) {
    assertThatThrownBy(() -> secrets.value(name)).isInstanceOf(Secrets.NotFoundException.class);
  }

  @Test
  void a_file_that_others_may_read_is_refused() throws Exception {
    write("open", "x", "rw-r--r--");
    assertThatThrownBy(() -> secrets.value("open")).hasMessageContaining("chmod 600");
  }
}
