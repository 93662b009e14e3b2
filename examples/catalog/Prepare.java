import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Puts the raw catalogues of some shops into the bucket and prints three tasks for each.
 *
 * <p>{@code java Prepare.java WORK_FOLDER}, with {@code SPILLWAY_S3_ENDPOINT} set, in this folder.
 * Progress goes to standard error, {@code {"tasks": [...]}} to standard output.
 *
 * <p>The products are the packages of this machine's own Debian index. A small shop is one section
 * of it; the marketplace is the whole index, offered in so many countries that it is over two
 * gigabytes when expanded. To each package three columns are added that a shop has and an index has
 * not: a price (one euro, and one more for each megabyte), a picture and, in the marketplace, a
 * country.
 */
class Prepare {
  static final String BUCKET = "catalog";
  static final Path PHOTOS = Path.of("..", "thumbnails", "photos");

  /** The marketplace has at least as many bytes when expanded. */
  static final long MARKETPLACE_BYTES = 2_200_000_000L;

  static final int SMALL_SHOPS = 6;
  static final int FEWEST_PRODUCTS = 20;
  static final List<String> FAVOURITES =
      List.of(
          "web",
          "games",
          "graphics",
          "sound",
          "fonts",
          "gnome",
          "text",
          "editors",
          "video",
          "mail");

  // What one vCPU was seen to do with a marketplace of 1.13 GB, in a container of 512 MiB on a
  // two-core cloud machine that had other work: collect 78 million bytes of the expanded raw
  // catalogue a second, feed 116, images 240. Rounded down for slower machines. The functions have
  // 1,024 MB, which is 0.58 of a vCPU (Lambda gives a whole one at 1,769 MB): that share of the
  // rate
  // is counted on, so that a task that fits is not stopped.
  static final double VCPU = 1024.0 / 1769.0;
  static final double COLLECT_BYTES_PER_SECOND = 70e6 * VCPU;
  static final double FEED_BYTES_PER_SECOND = 100e6 * VCPU;
  static final double IMAGES_BYTES_PER_SECOND = 190e6 * VCPU;

  /** Three sizes of a photograph of up to a megapixel, read and written. */
  static final double SECONDS_PER_PICTURE = 0.1 / VCPU;

  /** Start of a Java worker, first S3 connection included. */
  static final double START_SECONDS = 1.5;

  /** Seen to pass with the marketplace, in each step; the steps hold no more for more products. */
  static final long MEMORY_MIB = 512;

  /** Clean items lie unpacked on the scratch disk, with their keys: 0.53 of the raw catalogue. */
  static final double ITEMS_PER_RAW_BYTE = 0.55;

  /** One package and what a shop adds to it. */
  record Product(String section, String paragraph) {}

  /** A shop's raw catalogue, as it was uploaded. */
  record Shop(String name, long products, long expandedBytes, long packedBytes) {}

  public static void main(String[] args) throws Exception {
    if (args.length != 1 || System.getenv("SPILLWAY_S3_ENDPOINT") == null) {
      System.err.println(
          "usage: SPILLWAY_S3_ENDPOINT=http://127.0.0.1:8081 java Prepare.java WORK_FOLDER");
      System.exit(2);
    }
    Path work = Files.createDirectories(Path.of(args[0]));
    List<Path> pictures;
    try (var files = Files.list(PHOTOS)) {
      pictures = files.filter(f -> f.toString().matches(".*\\.(jpg|png)")).sorted().toList();
    }
    List<Product> index = index(pictures);
    Map<String, List<Product>> sections = new TreeMap<>();
    for (Product product : index) {
      sections.computeIfAbsent(product.section(), s -> new ArrayList<>()).add(product);
    }
    List<Shop> shops = new ArrayList<>();
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (Path picture : pictures) {
        put(http, picture, "pictures/" + picture.getFileName());
      }
      for (String section : chosen(sections)) {
        shops.add(upload(http, work, section, sections.get(section), 1));
      }
      long once = 0;
      for (Product product : index) {
        once += bytes(product.paragraph()) + "Country: XX\n\n".length();
      }
      int countries = Math.toIntExact(MARKETPLACE_BYTES / once + 1);
      shops.add(upload(http, work, "marketplace", index, countries));
    }
    print(shops, pictures.size());
  }

  /** Reads the package index; every package gets its price and its section's picture. */
  static List<Product> index(List<Path> pictures) throws IOException, InterruptedException {
    List<Product> products = read(new ProcessBuilder("apt-cache", "dumpavail"), pictures);
    if (products.isEmpty()) {
      System.err.println(
          "apt-cache gives no packages here: the catalogue is /var/lib/dpkg/status, the installed"
              + " packages only");
      products = read(new ProcessBuilder("cat", "/var/lib/dpkg/status"), pictures);
    }
    System.err.printf(Locale.ROOT, "%,d packages%n", products.size());
    if (products.isEmpty()) {
      throw new IOException("no Debian package index on this machine; this example needs one");
    }
    return products;
  }

  static List<Product> read(ProcessBuilder command, List<Path> pictures)
      throws InterruptedException {
    List<Product> products = new ArrayList<>();
    try {
      Process process = command.redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
        var paragraph = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (!line.isEmpty()) {
            paragraph.append(line).append('\n');
          } else if (!paragraph.isEmpty()) {
            products.add(product(paragraph.toString(), pictures));
            paragraph.setLength(0);
          }
        }
      }
      process.waitFor();
    } catch (IOException e) {
      System.err.println("cannot run " + command.command() + ": " + e.getMessage());
    }
    return products;
  }

  static Product product(String paragraph, List<Path> pictures) {
    String section = field(paragraph, "Section", "misc").replace('/', '-');
    String size = field(paragraph, "Size", "0");
    long bytes = size.matches("[0-9]{1,15}") ? Long.parseLong(size) : 0;
    Path picture = pictures.get(Math.floorMod(section.hashCode(), pictures.size()));
    return new Product(
        section,
        paragraph
            + String.format(Locale.ROOT, "Price: %.2f EUR\n", 1 + bytes / 1e6)
            + "Image: pictures/"
            + picture.getFileName()
            + "\n");
  }

  static String field(String paragraph, String name, String otherwise) {
    int at = paragraph.startsWith(name + ": ") ? 0 : paragraph.indexOf("\n" + name + ": ") + 1;
    if (at == 0 && !paragraph.startsWith(name + ": ")) {
      return otherwise;
    }
    return paragraph.substring(at + name.length() + 2, paragraph.indexOf('\n', at)).strip();
  }

  /** The favourite sections that this machine's index has, then any others that are not large. */
  static List<String> chosen(Map<String, List<Product>> sections) {
    var names = new ArrayList<>(FAVOURITES);
    names.addAll(sections.keySet());
    return names.stream()
        .distinct()
        .filter(name -> sections.containsKey(name))
        .filter(name -> sections.get(name).size() >= FEWEST_PRODUCTS)
        .filter(name -> sections.get(name).size() < 2000)
        .limit(SMALL_SHOPS)
        .toList();
  }

  /** Writes a shop's products, once for each country, as one packed object. */
  static Shop upload(HttpClient http, Path work, String name, List<Product> products, int countries)
      throws IOException, InterruptedException {
    String[] codes = Locale.getISOCountries();
    Path file = work.resolve(name + ".gz");
    long expanded = 0;
    long count = 0;
    if (countries > 1) {
      System.err.printf(
          Locale.ROOT,
          "%s: %,d packages, each offered in %d places ...%n",
          name,
          products.size(),
          countries);
    }
    try (OutputStream out = packed(file)) {
      for (Product product : products) {
        byte[] paragraph = product.paragraph().getBytes(StandardCharsets.UTF_8);
        for (int country = 0; country < countries; country++) {
          String code = codes[country % codes.length];
          // A small index is offered by several sellers of each country.
          String seller = country < codes.length ? "" : "." + country / codes.length;
          byte[] end =
              (countries == 1 ? "\n" : "Country: " + code + seller + "\n\n")
                  .getBytes(StandardCharsets.UTF_8);
          out.write(paragraph);
          out.write(end);
          expanded += paragraph.length + end.length;
          count++;
        }
      }
    }
    put(http, file, "raw/" + name + "/packages.gz");
    var shop = new Shop(name, count, expanded, Files.size(file));
    Files.delete(file);
    System.err.printf(
        Locale.ROOT,
        "%-12s %,10d products, %,9.1f MB expanded, %,7.1f MB packed%n",
        name,
        shop.products(),
        shop.expandedBytes() / 1e6,
        shop.packedBytes() / 1e6);
    return shop;
  }

  static OutputStream packed(Path file) throws IOException {
    return new BufferedOutputStream(
        new GZIPOutputStream(Files.newOutputStream(file), 1 << 16) {
          {
            def.setLevel(Deflater.BEST_SPEED);
          }
        },
        1 << 16);
  }

  static void put(HttpClient http, Path file, String key) throws IOException, InterruptedException {
    URI to =
        URI.create(
            System.getenv("SPILLWAY_S3_ENDPOINT").replaceFirst("/+$", "")
                + "/"
                + BUCKET
                + "/"
                + key);
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(to).PUT(HttpRequest.BodyPublishers.ofFile(file)).build(),
            HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException("PUT " + to + ": " + response.statusCode() + " " + response.body());
    }
  }

  static void print(List<Shop> shops, int pictures) {
    List<String> tasks = new ArrayList<>();
    for (Shop shop : shops) {
      double raw = shop.expandedBytes();
      // A small shop is one section, and a section has one picture.
      int shown = shop.name().equals("marketplace") ? pictures : 1;
      // Items and feed pack to 0.6 and 0.7 of what the raw catalogue packs to.
      double packed = shop.packedBytes();
      tasks.add(
          task(
              shop,
              "collect",
              raw / COLLECT_BYTES_PER_SECOND,
              shop.packedBytes() + raw * ITEMS_PER_RAW_BYTE + packed));
      tasks.add(task(shop, "feed", raw / FEED_BYTES_PER_SECOND, 2 * packed));
      tasks.add(
          task(
              shop, "images", raw / IMAGES_BYTES_PER_SECOND + shown * SECONDS_PER_PICTURE, packed));
    }
    System.out.println("{\"tasks\":[\n" + String.join(",\n", tasks) + "\n]}");
  }

  static String task(Shop shop, String step, double seconds, double scratchBytes) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("workload", "\"catalog-" + step + "\"");
    fields.put("name", "\"" + shop.name() + "-" + step + "\"");
    if (!step.equals("collect")) {
      fields.put("dependsOn", "[{\"name\": \"" + shop.name() + "-collect\"}]");
    }
    long millis = Math.round((START_SECONDS + seconds) * 1000);
    fields.put("expectedDuration", "\"" + Duration.ofMillis(millis) + "\"");
    fields.put("memory", "\"" + MEMORY_MIB + " MiB\"");
    // A sixteenth more than counted, and room for the runtime's own files.
    fields.put("disk", "\"" + (64 + (long) (scratchBytes * 17 / 16 / (1 << 20))) + " MiB\"");
    fields.put("payload", "{\"shop\": \"" + shop.name() + "\", \"bucket\": \"" + BUCKET + "\"}");
    var line = new StringBuilder("{");
    fields.forEach(
        (name, value) ->
            line.append(line.length() == 1 ? "" : ", ")
                .append('"')
                .append(name)
                .append("\": ")
                .append(value));
    return line.append('}').toString();
  }

  static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
