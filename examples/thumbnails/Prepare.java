import java.awt.Image;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.awt.image.RenderedImage;
import java.awt.image.SampleModel;
import java.awt.image.WritableRaster;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Vector;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.FileImageOutputStream;

/**
 * Puts the photographs into the bucket and prints one task for each.
 *
 * <p>{@code java Prepare.java WORK_FOLDER}, with {@code SPILLWAY_S3_ENDPOINT} set, in this folder.
 * Progress goes to standard error, {@code {"tasks": [...]}} to standard output. What a task needs
 * is worked out from the picture's own header and size.
 */
class Prepare {
  static final String BUCKET = "photos";
  static final int WIDTH = 320;

  /** 1000 x 872 becomes 20,000 x 17,440: 348.8 megapixels. */
  static final int ENLARGE = 20;

  /**
   * Pixels that the smallest place which may run it decodes in a second. Measured with the picture
   * made below (1.6 bits a pixel, as photographs have): 51 million in a container of one vCPU, 36
   * million in one of 0.58 vCPU, on a two-core cloud machine. The function has 1,024 MB, which is
   * 0.58 of a vCPU (Lambda gives a whole one at 1,769 MB); rounded down for slower machines.
   */
  static final double PIXELS_PER_SECOND = 30e6;

  /** Start of a Java worker, first S3 connection included: 1.3 s seen on one vCPU, cold. */
  static final double START_SECONDS = 1.5;

  /** What a decode holds (36 MB of pixels at most), the Java runtime and its heap. */
  static final long MEMORY_MIB = 512;

  /** Scratch beside the picture itself: room for the Java runtime's own files. */
  static final long DISK_MIB = 64;

  public static void main(String[] args) throws Exception {
    System.setProperty("java.awt.headless", "true");
    if (args.length != 1 || System.getenv("SPILLWAY_S3_ENDPOINT") == null) {
      System.err.println(
          "usage: SPILLWAY_S3_ENDPOINT=http://127.0.0.1:8081 java Prepare.java WORK_FOLDER");
      System.exit(2);
    }
    Path work = Files.createDirectories(Path.of(args[0]));
    List<Path> pictures = new ArrayList<>();
    try (var files = Files.list(Path.of("photos"))) {
      files.filter(f -> f.toString().matches(".*\\.(jpg|png)")).sorted().forEach(pictures::add);
    }
    Path wall = work.resolve("hubble-wall.jpg");
    if (!Files.exists(wall)) {
      enlarge(Path.of("photos", "hubble.jpg"), wall);
    }
    pictures.add(wall);

    var tasks = new StringBuilder("{\"tasks\":[");
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (int i = 0; i < pictures.size(); i++) {
        Path picture = pictures.get(i);
        put(http, picture);
        tasks.append(i == 0 ? "\n" : ",\n").append(task(picture));
      }
    }
    System.out.println(tasks.append("\n]}"));
  }

  static String task(Path picture) throws IOException {
    String key = picture.getFileName().toString();
    long bytes = Files.size(picture);
    long pixels = pixels(picture);
    long millis = Math.round((START_SECONDS + pixels / PIXELS_PER_SECOND) * 1000);
    System.err.printf(Locale.ROOT, "%-18s %6.1f MP %6.1f MB%n", key, pixels / 1e6, bytes / 1e6);
    return """
    {"workload": "thumbnail", "name": "%s", "expectedDuration": "%s",
     "memory": "%d MiB", "disk": "%d MiB",
     "payload": {"bucket": "%s", "key": "%s", "width": %d, "outPrefix": "thumbnails/"}}\
    """
        .formatted(
            key.replace('.', '-'),
            Duration.ofMillis(millis),
            MEMORY_MIB,
            DISK_MIB + (bytes >> 20) + 1,
            BUCKET,
            key,
            WIDTH);
  }

  static void put(HttpClient http, Path file) throws IOException, InterruptedException {
    URI to =
        URI.create(
            System.getenv("SPILLWAY_S3_ENDPOINT").replaceFirst("/+$", "")
                + "/"
                + BUCKET
                + "/"
                + file.getFileName());
    var request =
        HttpRequest.newBuilder(to)
            .header("Content-Type", file.toString().endsWith("png") ? "image/png" : "image/jpeg")
            .PUT(HttpRequest.BodyPublishers.ofFile(file))
            .build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException("PUT " + to + ": " + response.statusCode() + " " + response.body());
    }
  }

  /** Width times height, from the header alone. */
  static long pixels(Path picture) throws IOException {
    try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(picture)))) {
      if (picture.toString().endsWith(".png")) {
        in.skipNBytes(16); // signature, then the header chunk's length and name
        return (long) in.readInt() * in.readInt();
      }
      in.skipNBytes(2);
      while (true) {
        int marker = in.readUnsignedShort();
        int length = in.readUnsignedShort();
        boolean frame =
            marker >= 0xFFC0 && marker <= 0xFFCF && marker != 0xFFC4 && marker != 0xFFC8;
        if (frame && marker != 0xFFCC) {
          in.readUnsignedByte(); // bits per sample
          return (long) in.readUnsignedShort() * in.readUnsignedShort();
        }
        in.skipNBytes(length - 2);
      }
    }
  }

  static void enlarge(Path from, Path to) throws IOException {
    BufferedImage small = ImageIO.read(from.toFile());
    var big = new Enlarged(small, ENLARGE);
    System.err.printf(
        "enlarging %s to %d x %d ...%n", from.getFileName(), big.getWidth(), big.getHeight());
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    Path partial = to.resolveSibling(to.getFileName() + ".part");
    Files.deleteIfExists(partial);
    try (var out = new FileImageOutputStream(partial.toFile())) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(0.85f);
      writer.setOutput(out);
      writer.write(null, new IIOImage(big, null, null), param);
    } finally {
      writer.dispose();
    }
    Files.move(partial, to);
  }

  /**
   * A picture scaled up line by line, never held whole: the JPEG writer asks for one line at a
   * time, and gets a line that was just worked out (bilinear).
   */
  static final class Enlarged implements RenderedImage {
    private final BufferedImage like = new BufferedImage(1, 1, BufferedImage.TYPE_3BYTE_BGR);
    private final Lines lines;

    Enlarged(BufferedImage small, int factor) {
      int width = small.getWidth() * factor;
      int height = small.getHeight() * factor;
      // All lines share one line's memory: the distance from a line to the next is zero.
      var model =
          new ComponentSampleModel(DataBuffer.TYPE_BYTE, width, height, 3, 0, new int[] {2, 1, 0});
      lines = new Lines(model, new DataBufferByte(width * 3), small, factor);
    }

    @Override
    public int getWidth() {
      return lines.getWidth();
    }

    @Override
    public int getHeight() {
      return lines.getHeight();
    }

    @Override
    public Raster getTile(int x, int y) {
      return lines;
    }

    @Override
    public Raster getData() {
      return lines;
    }

    @Override
    public ColorModel getColorModel() {
      return like.getColorModel();
    }

    @Override
    public SampleModel getSampleModel() {
      return new ImageTypeSpecifier(like).getSampleModel();
    }

    @Override
    public Raster getData(Rectangle area) {
      return lines.createChild(area.x, area.y, area.width, area.height, 0, 0, null);
    }

    @Override
    public WritableRaster copyData(WritableRaster to) {
      throw new UnsupportedOperationException("too large to copy");
    }

    @Override
    public Vector<RenderedImage> getSources() {
      return null;
    }

    @Override
    public Object getProperty(String name) {
      return Image.UndefinedProperty;
    }

    @Override
    public String[] getPropertyNames() {
      return null;
    }

    @Override
    public int getMinX() {
      return 0;
    }

    @Override
    public int getMinY() {
      return 0;
    }

    @Override
    public int getNumXTiles() {
      return 1;
    }

    @Override
    public int getNumYTiles() {
      return 1;
    }

    @Override
    public int getMinTileX() {
      return 0;
    }

    @Override
    public int getMinTileY() {
      return 0;
    }

    @Override
    public int getTileWidth() {
      return getWidth();
    }

    @Override
    public int getTileHeight() {
      return getHeight();
    }

    @Override
    public int getTileGridXOffset() {
      return 0;
    }

    @Override
    public int getTileGridYOffset() {
      return 0;
    }
  }

  /** Works out the line that is asked for. */
  static final class Lines extends Raster {
    private final BufferedImage small;
    private final int factor;
    private int seed = 1;

    Lines(SampleModel model, DataBufferByte line, BufferedImage small, int factor) {
      super(model, line, new Point(0, 0));
      this.small = small;
      this.factor = factor;
    }

    @Override
    public Raster createChild(
        int x, int y, int width, int height, int childX, int childY, int[] bands) {
      if (height != 1 || x != 0 || width != getWidth()) {
        throw new IllegalArgumentException("one whole line at a time");
      }
      byte[] line = ((DataBufferByte) getDataBuffer()).getData();
      float at = Math.clamp((y + 0.5f) / factor - 0.5f, 0, small.getHeight() - 1);
      int above = (int) at;
      int below = Math.min(above + 1, small.getHeight() - 1);
      int[] mixed = mix(above, below, at - above);
      for (int to = 0; to < width; to++) {
        float from = Math.clamp((to + 0.5f) / factor - 0.5f, 0, small.getWidth() - 1);
        int left = (int) from * 3;
        int right = Math.min(left + 3, mixed.length - 3);
        int share = (int) ((from - (int) from) * 256);
        int grain = grain();
        for (int band = 0; band < 3; band++) {
          int value = mixed[left + band] * (256 - share) + mixed[right + band] * share;
          line[to * 3 + 2 - band] = (byte) Math.clamp((value >> 16) + grain, 0, 255);
        }
      }
      var model =
          new PixelInterleavedSampleModel(
              DataBuffer.TYPE_BYTE, width, 1, 3, width * 3, new int[] {2, 1, 0});
      return Raster.createRaster(model, getDataBuffer(), null)
          .createChild(0, 0, width, 1, childX, childY, bands);
    }

    /**
     * Sensor noise, a few levels up or down: without it the enlarged picture would be smoother than
     * any photograph, and decode several times quicker than one.
     */
    private int grain() {
      seed = seed * 1664525 + 1013904223; // Numerical Recipes' quick generator; always the same
      return (seed >>> 28) + (seed >>> 24 & 15) - 15;
    }

    /** Two lines of the small picture, times 256. */
    private int[] mix(int above, int below, float share) {
      int width = small.getWidth();
      int[] upper = small.getRaster().getPixels(0, above, width, 1, (int[]) null);
      int[] lower = small.getRaster().getPixels(0, below, width, 1, (int[]) null);
      for (int i = 0; i < upper.length; i++) {
        upper[i] = Math.round((upper[i] * (1 - share) + lower[i] * share) * 256);
      }
      return upper;
    }
  }
}
