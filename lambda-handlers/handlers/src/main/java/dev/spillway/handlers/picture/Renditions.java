package dev.spillway.handlers.picture;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Smaller JPEG copies of a picture file. */
public final class Renditions {
  /** Past this a copy is no thumbnail; it also bounds what is held. */
  public static final int LARGEST_WIDTH = 4096;

  private static final float QUALITY = 0.85f;

  private Renditions() {}

  /**
   * One copy.
   *
   * @param width in pixels, upright
   */
  public record Rendition(int width, int height, byte[] jpeg) {}

  /**
   * A copy of the asked width, upright, in the picture's own proportions; never larger than the
   * picture itself.
   */
  public static Rendition of(Path file, PictureHeader header, int width) throws IOException {
    if (header.width() < 1 || header.height() < 1) {
      throw new UnreadablePictureException(
          "the header says " + header.width() + "x" + header.height() + " pixels");
    }
    int wide = Math.min(width, header.uprightWidth());
    double scale = (double) wide / header.uprightWidth();
    int high = Math.max(1, (int) Math.round(header.uprightHeight() * scale));
    if (high > LARGEST_WIDTH * 4) {
      throw new UnreadablePictureException(
          "a copy %d pixels wide would be %d high; ask for a smaller width".formatted(wide, high));
    }
    boolean turned = header.orientation() >= 5;
    int storedWidth = turned ? high : wide;
    int storedHeight = turned ? wide : high;
    BufferedImage decoded = PictureDecoder.decode(file, header, storedWidth, storedHeight);
    var scaler = new AreaScaler(decoded.getWidth(), decoded.getHeight(), storedWidth, storedHeight);
    PictureDecoder.feed(decoded, scaler);
    BufferedImage upright = Orientation.upright(scaler.image(), header.orientation());
    return new Rendition(wide, high, jpeg(upright));
  }

  private static byte[] jpeg(BufferedImage image) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    try (var bytes = new ByteArrayOutputStream();
        var out = new MemoryCacheImageOutputStream(bytes)) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(QUALITY);
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), param);
      out.flush();
      return bytes.toByteArray();
    } finally {
      writer.dispose();
    }
  }
}
