package dev.spillway.handlers.picture;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorConvertOp;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;

/**
 * Decodes a picture of any size into one that is small enough to hold.
 *
 * <p>Shape: the decoder drops lines and columns as it goes (source subsampling), so that what is
 * held is about {@link #SAMPLES} times as wide as the target, at most {@link #HELD_PIXELS}; the
 * rest is averaged afterwards. A baseline JPEG or a PNG of hundreds of megapixels is never held
 * whole. <br>
 * Errors: {@link UnreadablePictureException}; {@link OutOfMemoryError}, before the first byte is
 * decoded, for a progressive JPEG whose coefficients do not fit.
 */
final class PictureDecoder {
  /** Samples kept per target pixel and direction: 64 per pixel, past which no eye sees more. */
  static final int SAMPLES = 8;

  /** 12 million pixels: 36 MB at three bytes each. */
  static final long HELD_PIXELS = 12_000_000;

  static {
    // The file is on the disk already: no second copy of it in a cache file.
    ImageIO.setUseCache(false);
  }

  private PictureDecoder() {}

  /** The picture, at least as large as asked, sides in the file's own orientation. */
  static BufferedImage decode(Path file, PictureHeader header, int width, int height)
      throws IOException {
    refuseWhatDoesNotFit(header);
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(header.format().name());
    ImageReader reader = readers.next();
    try (var in = new FileImageInputStream(file.toFile())) {
      reader.setInput(in, true, true);
      ImageReadParam param = reader.getDefaultReadParam();
      int step = step(header, width, height);
      // The middle of each block, so that the picture does not shift.
      param.setSourceSubsampling(step, step, step / 2, step / 2);
      return reader.read(0, param);
    } catch (IOException | RuntimeException e) {
      throw new UnreadablePictureException(
          "cannot decode the "
              + header.width()
              + "x"
              + header.height()
              + " "
              + header.format()
              + (header.components() == 4 ? " (four colours: CMYK is not supported)" : "")
              + ": "
              + e.getMessage(),
          e);
    } finally {
      reader.dispose();
    }
  }

  /** Every how many-th line and column is kept. */
  static int step(PictureHeader header, int width, int height) {
    int most = Math.max(1, Math.min(header.width() / width, header.height() / height));
    int step = Math.max(1, most / SAMPLES);
    while (step < most && (long) (header.width() / step) * (header.height() / step) > HELD_PIXELS) {
      step++;
    }
    return step;
  }

  /** A progressive JPEG needs two bytes for each coefficient of each colour, all at once. */
  private static void refuseWhatDoesNotFit(PictureHeader header) {
    if (!header.progressive()) {
      return;
    }
    long needed = (long) header.width() * header.height() * header.components() * 2;
    long there = memory();
    if (needed > there) {
      throw new OutOfMemoryError(
          "a progressive JPEG of %dx%d needs up to %d MiB to decode, %d MiB are there"
              .formatted(header.width(), header.height(), needed >> 20, there >> 20));
    }
  }

  /** What is left for native code, in bytes: the container's or the function's memory less heap. */
  private static long memory() {
    long total = Long.MAX_VALUE;
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean machine) {
      total = machine.getTotalMemorySize(); // knows the container's limit
    }
    String function = System.getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
    if (function != null && function.matches("[0-9]{1,6}")) {
      total = Math.min(total, Long.parseLong(function) << 20);
    }
    return total - Runtime.getRuntime().totalMemory();
  }

  /** Feeds a decoded picture to a scaler, flattened onto white, in plain sRGB. */
  static void feed(BufferedImage image, AreaScaler scaler) {
    ColorModel model = image.getColorModel();
    boolean grey =
        model.getColorSpace().getType() == ColorSpace.TYPE_GRAY
            && !(model instanceof IndexColorModel);
    BufferedImage source = grey || plain(model) ? image : toPlain(image);
    int width = source.getWidth();
    byte[] line = new byte[width * 3];
    int[] buffer = new int[width * 4];
    for (int y = 0; y < source.getHeight(); y++) {
      if (grey) {
        greyLine(source.getRaster(), y, line, buffer, model);
      } else {
        colourLine(source, y, line, buffer);
      }
      scaler.line(line);
    }
  }

  private static boolean plain(ColorModel model) {
    return model instanceof IndexColorModel || model.getColorSpace().isCS_sRGB();
  }

  private static BufferedImage toPlain(BufferedImage image) {
    var plain = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_ARGB);
    return new ColorConvertOp(null).filter(image, plain);
  }

  /**
   * Grey levels as they are stored: Java's own conversion takes them for linear light and would
   * make every grey photograph paler.
   */
  private static void greyLine(Raster raster, int y, byte[] line, int[] buffer, ColorModel model) {
    int width = raster.getWidth();
    int bands = raster.getNumBands();
    int bits = model.getComponentSize(0);
    int top = (1 << bits) - 1;
    int[] samples = raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, buffer);
    for (int x = 0; x < width; x++) {
      int level = samples[x * bands] * 255 / top;
      if (bands == 2) {
        int alpha = samples[x * 2 + 1] * 255 / top;
        level = onWhite(level, alpha);
      }
      line[x * 3] = line[x * 3 + 1] = line[x * 3 + 2] = (byte) level;
    }
  }

  private static void colourLine(BufferedImage image, int y, byte[] line, int[] buffer) {
    int width = image.getWidth();
    image.getRGB(0, y, width, 1, buffer, 0, width);
    for (int x = 0; x < width; x++) {
      int argb = buffer[x];
      int alpha = argb >>> 24;
      line[x * 3] = (byte) onWhite(argb >> 16 & 0xFF, alpha);
      line[x * 3 + 1] = (byte) onWhite(argb >> 8 & 0xFF, alpha);
      line[x * 3 + 2] = (byte) onWhite(argb & 0xFF, alpha);
    }
  }

  private static int onWhite(int level, int alpha) {
    return alpha == 255 ? level : (level * alpha + 255 * (255 - alpha)) / 255;
  }
}
