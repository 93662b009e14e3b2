package dev.spillway.lambda.function;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A function as callers write it: {@code name}, {@code account:function:name}, {@code
 * function:name} or the full ARN, each with or without {@code :qualifier}.
 *
 * <p>Source: AWS Lambda API 2015-03-31, Invoke, FunctionName.
 */
public record FunctionName(
    Optional<String> region, Optional<String> account, String name, Optional<String> qualifier) {

  public static final String LATEST = "$LATEST";
  private static final String NAME = "[a-zA-Z0-9-_]{1,64}";
  private static final Pattern FORM =
      Pattern.compile(
          "(?:(?:arn:aws[a-zA-Z-]*:lambda:(?<region>[a-z0-9-]+):)?(?<account>\\d{12}):function:"
              + "|function:)?(?<name>"
              + NAME
              + ")(?::(?<qualifier>\\$LATEST|[a-zA-Z0-9-_]{1,128}))?");

  /**
   * Reads a name in any of its forms.
   *
   * @throws LambdaException 400 when it is none of them
   */
  public static FunctionName parse(String text) {
    Matcher form = FORM.matcher(text);
    if (text.length() > 256 || !form.matches()) {
      throw new LambdaException(
          "ValidationException",
          400,
          "1 validation error detected: Value '"
              + abbreviated(text)
              + "' at 'functionName' failed to satisfy constraint: Member must be a function name of"
              + " letters, digits, - and _ (at most 64), or its ARN");
    }
    return new FunctionName(
        Optional.ofNullable(form.group("region")),
        Optional.ofNullable(form.group("account")),
        form.group("name"),
        Optional.ofNullable(form.group("qualifier")));
  }

  static boolean matches(String text) {
    return text.length() <= 256 && FORM.matcher(text).matches();
  }

  static boolean isPlain(String text) {
    return text.matches(NAME);
  }

  static String arn(String region, String account, String name) {
    return "arn:aws:lambda:" + region + ":" + account + ":function:" + name;
  }

  private static String abbreviated(String text) {
    return text.length() <= 300 ? text : text.substring(0, 300) + "...";
  }
}
