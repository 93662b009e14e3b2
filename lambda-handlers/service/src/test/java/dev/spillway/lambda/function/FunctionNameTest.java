package dev.spillway.lambda.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FunctionNameTest {
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "f, -, -, f, -",
        "my-fn_1:$LATEST, -, -, my-fn_1, $LATEST",
        "f:live, -, -, f, live",
        "function:f, -, -, f, -",
        "123456789012:function:f, -, 123456789012, f, -",
        "123456789012:function:f:7, -, 123456789012, f, 7",
        "arn:aws:lambda:eu-west-1:123456789012:function:f, eu-west-1, 123456789012, f, -",
        "arn:aws:lambda:eu-west-1:123456789012:function:f:live, eu-west-1, 123456789012, f, live",
      })
  void every_form_of_a_name_is_read(
      String text, String region, String account, String name, String qualifier) {
    FunctionName parsed = FunctionName.parse(text);
    assertThat(parsed.region().orElse(null)).isEqualTo(region);
    assertThat(parsed.account().orElse(null)).isEqualTo(account);
    assertThat(parsed.name()).isEqualTo(name);
    assertThat(parsed.qualifier().orElse(null)).isEqualTo(qualifier);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a b", "f:", "arn:aws:lambda:us-east-1:1:function:f", "f:a:b", "../f"})
  void what_is_no_name_is_refused(String text) {
    assertThatThrownBy(() -> FunctionName.parse(text))
        .isInstanceOfSatisfying(LambdaException.class, e -> assertThat(e.status()).isEqualTo(400));
  }

  @Test
  void a_name_of_more_than_64_characters_is_refused() {
    assertThatThrownBy(() -> FunctionName.parse("x".repeat(65)))
        .isInstanceOf(LambdaException.class);
  }
}
