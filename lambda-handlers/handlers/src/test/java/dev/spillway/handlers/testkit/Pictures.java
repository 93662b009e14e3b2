package dev.spillway.handlers.testkit;

import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;

/** Pictures made for a test. */
public final class Pictures {
  private Pictures() {}

  /** Left half red, right half blue, top third of both darker: no two corners are alike. */
  public static BufferedImage corners(int width, int height) {
    var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int level = y < height / 2 ? 120 : 240;
        image.setRGB(x, y, x < width / 2 ? level << 16 : level);
      }
    }
    return image;
  }

  /** A colour gradient. */
  public static BufferedImage gradient(int width, int height) {
    var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    var graphics = image.createGraphics();
    graphics.setPaint(new GradientPaint(0, 0, Color.ORANGE, width, height, Color.DARK_GRAY));
    graphics.fillRect(0, 0, width, height);
    graphics.dispose();
    return image;
  }

  public static byte[] encode(BufferedImage image, String format) throws IOException {
    var bytes = new ByteArrayOutputStream();
    if (!ImageIO.write(image, format, bytes)) {
      throw new IOException("no writer for " + format);
    }
    return bytes.toByteArray();
  }

  /** A JPEG with an Exif block that gives this orientation. */
  public static byte[] jpegWithOrientation(BufferedImage image, int orientation)
      throws IOException {
    byte[] jpeg = encode(image, "jpg");
    byte[] exif = {
      (byte) 0xFF,
      (byte) 0xE1,
      0,
      34,
      'E',
      'x',
      'i',
      'f',
      0,
      0, // marker, length 2 + 6 + 26
      'M',
      'M',
      0,
      42,
      0,
      0,
      0,
      8, // big endian, first directory at 8
      0,
      1,
      1,
      0x12,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      (byte) orientation,
      0,
      0, // one entry: orientation
      0,
      0,
      0,
      0
    };
    var all = new ByteArrayOutputStream();
    all.write(jpeg, 0, 2);
    all.writeBytes(exif);
    all.write(jpeg, 2, jpeg.length - 2);
    return all.toByteArray();
  }
}
