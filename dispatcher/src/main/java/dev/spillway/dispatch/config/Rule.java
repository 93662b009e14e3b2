package dev.spillway.dispatch.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a value must be. {@code read} throws {@link IllegalArgumentException} with the rule. */
public sealed interface Rule {

  /** Value as written (text, number, list ...) to its typed form. */
  Object read(Object written);

  /** The value for people, who may not be meant to see all of it. */
  default String shown(Object written) {
    return written.toString();
  }

  /** A PostgreSQL database; a password does not belong in it. */
  record PostgresUrl() implements Rule {
    private static final Pattern URL =
        Pattern.compile("jdbc:postgresql://[^/@?\\s]+/[^/@?\\s]+(\\?[^\\s]*)?");

    @Override
    public Object read(Object written) {
      String url = written.toString().strip();
      if (url.contains("password=") || url.contains("@")) {
        throw new IllegalArgumentException(
            "it must hold no user and no password; those are store.user and store.password");
      }
      if (!URL.matcher(url).matches()) {
        throw new IllegalArgumentException(
            "it must be jdbc:postgresql://HOST[:PORT]/DATABASE, for example"
                + " jdbc:postgresql://localhost/spillway");
      }
      return url;
    }

    @Override
    public String shown(Object written) {
      return written
          .toString()
          .replaceAll("password=[^&]*", "password=(hidden)")
          .replaceAll("//[^/]*@", "//(hidden)@");
    }
  }

  /** Any text; nobody is shown it. */
  record Secret() implements Rule {
    @Override
    public Object read(Object written) {
      if (written.toString().isEmpty()) {
        throw new IllegalArgumentException("it must not be empty");
      }
      return written.toString();
    }

    @Override
    public String shown(Object written) {
      return "(hidden)";
    }
  }

  /** Text that the expression matches whole. */
  record Matching(String expression, String means) implements Rule {
    @Override
    public Object read(Object written) {
      if (!written.toString().matches(expression)) {
        throw new IllegalArgumentException("it must be " + means);
      }
      return written.toString();
    }
  }

  /** A loopback address: nothing else is safe before requests are verified. */
  record Loopback() implements Rule {
    @Override
    public Object read(Object written) {
      String host = written.toString();
      if (!host.equals("localhost") && !host.matches("127\\.[0-9]+\\.[0-9]+\\.[0-9]+")) {
        throw new IllegalArgumentException(
            "requests are not verified yet, so only a loopback address is served, for example"
                + " 127.0.0.1; reach it from elsewhere through an SSH tunnel");
      }
      return host;
    }
  }

  /** One of some words. */
  record OneOf(List<String> words) implements Rule {
    OneOf(String... words) {
      this(List.of(words));
    }

    @Override
    public Object read(Object written) {
      if (!words.contains(written.toString())) {
        throw new IllegalArgumentException("it must be one of " + String.join(", ", words));
      }
      return written.toString();
    }
  }

  /** A whole number. */
  record Whole(int least, int most) implements Rule {
    @Override
    public Object read(Object written) {
      try {
        int value = Integer.parseInt(written.toString().strip());
        if (value >= least && value <= most) {
          return value;
        }
      } catch (NumberFormatException _) {
        // Same sentence as for a number out of bounds.
      }
      throw new IllegalArgumentException("it must be a whole number, " + least + " to " + most);
    }
  }

  /** A number with up to two decimals. */
  record Decimal(String least, String most) implements Rule {
    @Override
    public Object read(Object written) {
      String text = written.toString().strip();
      if (text.matches("[0-9]{1,6}(\\.[0-9]{1,2})?")) {
        BigDecimal value = new BigDecimal(text);
        if (value.compareTo(new BigDecimal(least)) >= 0
            && value.compareTo(new BigDecimal(most)) <= 0) {
          return value.doubleValue();
        }
      }
      throw new IllegalArgumentException("it must be a number, " + least + " to " + most);
    }
  }

  /** true or false. */
  record YesNo() implements Rule {
    @Override
    public Object read(Object written) {
      return switch (written.toString()) {
        case "true" -> true;
        case "false" -> false;
        default -> throw new IllegalArgumentException("it must be true or false");
      };
    }
  }

  /**
   * An ISO-8601 duration, bounds included; {@code 90s}, {@code 15m}, {@code 2h}, {@code 7d} too.
   */
  record Span(String least, String most) implements Rule {
    private static final Pattern SHORT = Pattern.compile("([0-9]+)(s|m|h|d)");

    @Override
    public Object read(Object written) {
      Duration value;
      try {
        value = parse(written.toString().strip());
      } catch (DateTimeParseException _) {
        throw new IllegalArgumentException("it must be a duration, for example PT90S or 90s");
      }
      if (value.compareTo(Duration.parse(least)) < 0 || value.compareTo(Duration.parse(most)) > 0) {
        throw new IllegalArgumentException("it must be " + least + " to " + most);
      }
      return value;
    }

    private static Duration parse(String text) {
      Matcher matcher = SHORT.matcher(text);
      if (!matcher.matches()) {
        return Duration.parse(text);
      }
      String unit = matcher.group(2).toUpperCase(Locale.ROOT);
      return Duration.parse((unit.equals("D") ? "P" : "PT") + matcher.group(1) + unit);
    }
  }

  /** One or two durations, in a list or with commas. */
  record Spans(String least, String most) implements Rule {
    @Override
    public Object read(Object written) {
      List<?> items =
          written instanceof List<?> list ? list : List.of(written.toString().split(" *, *"));
      if (items.isEmpty() || items.size() > 2) {
        throw new IllegalArgumentException("it must be one or two durations, for example 1m, 2m");
      }
      Span span = new Span(least, most);
      return items.stream().map(span::read).toList();
    }
  }

  /** A number and a unit; read as MiB. */
  record Size(long leastMib) implements Rule {
    private static final Pattern SIZE =
        Pattern.compile("([0-9]+(?:\\.[0-9]+)?) ?(MiB|GiB|TiB|MB|GB|TB)");

    @Override
    public Object read(Object written) {
      Matcher matcher = SIZE.matcher(written.toString().strip());
      if (!matcher.matches()) {
        throw new IllegalArgumentException("it must be a number and a unit, for example 12 GiB");
      }
      long factor =
          switch (matcher.group(2).charAt(0)) {
            case 'M' -> 1L;
            case 'G' -> 1024L;
            default -> 1024L * 1024L;
          };
      long mib = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(factor)).longValue();
      if (mib < leastMib) {
        throw new IllegalArgumentException("it must be at least " + leastMib + " MiB");
      }
      return mib;
    }
  }

  /** A path; a relative one in the file starts at the file's folder. */
  record Folder() implements Rule {
    @Override
    public Object read(Object written) {
      if (written.toString().isBlank()) {
        throw new IllegalArgumentException("it must be a path");
      }
      return java.nio.file.Path.of(written.toString());
    }
  }

  /** Image names, or {@code {name, entryPoint}}; in a variable or flag names with commas. */
  record Images() implements Rule {
    private static final String WHAT =
        "it must be a list of image names, or of {name: IMAGE, entryPoint: [PROGRAM, ...]}";

    /** An image; the entry point is empty when it was not given. */
    public record Image(String name, List<String> entryPoint) {}

    @Override
    public Object read(Object written) {
      List<Image> images = new ArrayList<>();
      List<?> items =
          written instanceof List<?> list ? list : List.of(written.toString().split(" *, *"));
      for (Object item : items) {
        images.add(image(item));
      }
      return List.copyOf(images);
    }

    private static Image image(Object item) {
      return switch (item) {
        case String name when !name.isBlank() -> new Image(name.strip(), List.of());
        case Map<?, ?> map
            when map.get("name") instanceof String name
                && map.get("entryPoint") instanceof List<?> entryPoint
                && map.size() == 2 ->
            new Image(name, entryPoint.stream().map(Object::toString).toList());
        case null, default -> throw new IllegalArgumentException(WHAT);
      };
    }
  }
}
