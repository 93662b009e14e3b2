import java.awt.image.BufferedImage;
import java.io.BufferedInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import javax.imageio.ImageIO;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;

/**
 * Looks at what a journey left: {@code Look jpegs FOLDER SIDE} (every JPEG is one, and its longer
 * side or its width is SIDE), {@code Look feeds FOLDER} (every feed is well-formed XML with items).
 * Fails when there is none.
 */
class Look {
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[1]);
    // The JDK takes a document of millions of items for an attack; these are our own.
    System.setProperty("jdk.xml.maxGeneralEntitySizeLimit", "0");
    System.setProperty("jdk.xml.totalEntitySizeLimit", "0");
    int seen =
        switch (args[0]) {
          case "jpegs" -> jpegs(folder, Integer.parseInt(args[2]));
          case "feeds" -> feeds(folder);
          default -> throw new IllegalArgumentException("jpegs or feeds, not " + args[0]);
        };
    System.out.println(seen + " " + args[0]);
    if (seen == 0) {
      throw new IllegalStateException("no " + args[0] + " in " + folder);
    }
  }

  private static int jpegs(Path folder, int side) throws Exception {
    List<Path> files = files(folder, ".jpg");
    for (Path file : files) {
      BufferedImage image = ImageIO.read(file.toFile());
      if (image == null
          || (image.getWidth() != side && Math.max(image.getWidth(), image.getHeight()) != side)) {
        throw new IllegalStateException(file + " is no JPEG with a side of " + side);
      }
    }
    return files.size();
  }

  private static int feeds(Path folder) throws Exception {
    List<Path> files = files(folder, ".xml.gz");
    for (Path file : files) {
      long items = 0;
      try (InputStream in =
          new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file), 1 << 16))) {
        var xml = XMLInputFactory.newDefaultFactory().createXMLStreamReader(in);
        while (xml.hasNext()) {
          if (xml.next() == XMLStreamConstants.START_ELEMENT && xml.getLocalName().equals("item")) {
            items++;
          }
        }
      }
      System.out.printf("%s %,d items%n", file, items);
      if (items == 0) {
        throw new IllegalStateException(file + " has no items");
      }
    }
    return files.size();
  }

  private static List<Path> files(Path folder, String ending) throws Exception {
    try (var files = Files.walk(folder)) {
      return files.filter(f -> f.toString().endsWith(ending)).sorted().toList();
    }
  }
}
