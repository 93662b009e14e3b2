import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Checks ({@code check}) or mends ({@code fix}) the format of every Java file under {@code src}. */
class Format {
  public static void main(String[] args) throws Exception {
    boolean fix = args.length > 0 && args[0].equals("fix");
    Path root = Path.of("src");
    if (!Files.isDirectory(root)) {
      return;
    }
    var formatter = new Formatter(JavaFormatterOptions.defaultOptions());
    List<Path> off = new ArrayList<>();
    try (var files = Files.walk(root)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
        String source = Files.readString(file);
        String imports =
            ImportOrderer.reorderImports(
                RemoveUnusedImports.removeUnusedImports(source), JavaFormatterOptions.Style.GOOGLE);
        String formatted = formatter.formatSource(imports);
        if (!formatted.equals(source)) {
          if (fix) {
            Files.writeString(file, formatted);
          }
          off.add(file);
        }
      }
    }
    if (fix) {
      off.forEach(file -> System.out.println("formatted " + file));
    } else if (!off.isEmpty()) {
      off.forEach(file -> System.err.println("not formatted: " + file));
      System.err.println("Run 'make fmt' to mend " + off.size() + " file(s).");
      System.exit(1);
    }
  }
}
