import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks ({@code check}) or mends ({@code fix}) the format of Java files: {@code Format check
 * [FOLDER ...]}, by default those under {@code src}.
 */
class Format {
  public static void main(String[] args) throws Exception {
    boolean fix = args.length > 0 && args[0].equals("fix");
    List<String> roots = args.length > 1 ? List.of(args).subList(1, args.length) : List.of("src");
    var formatter = new Formatter(JavaFormatterOptions.defaultOptions());
    List<Path> off = new ArrayList<>();
    for (String root : roots) {
      if (!Files.isDirectory(Path.of(root))) {
        continue;
      }
      for (Path file : sources(Path.of(root))) {
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

  private static List<Path> sources(Path root) throws java.io.IOException {
    try (var files = Files.walk(root)) {
      return files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
    }
  }
}
