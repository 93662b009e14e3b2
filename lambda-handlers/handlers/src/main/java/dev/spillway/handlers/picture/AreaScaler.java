package dev.spillway.handlers.picture;

import java.awt.image.BufferedImage;
import java.util.Arrays;

/**
 * Makes a picture smaller by averaging, line by line.
 *
 * <p>Shape: every target pixel is the mean of the source area under it, partly covered source
 * pixels counted by their share: no detail is skipped, so none turns into a pattern that was not
 * there. It holds one line of sums and the target. <br>
 * Units: lines are RGB, three bytes a pixel.
 */
final class AreaScaler {
  private final int width;
  private final int height;
  private final BufferedImage target;
  private final int[] column; // the first target column that a source column touches
  private final float[] share; // how much of the source column lies there; the rest is in the next
  private final double yScale;
  private final float[] across;
  private float[] sums;
  private float[] next;
  private int sourceLine;
  private int targetLine;
  private float weight;
  private float nextWeight;

  AreaScaler(int sourceWidth, int sourceHeight, int width, int height) {
    if (width > sourceWidth || height > sourceHeight || width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "only smaller: " + sourceWidth + "x" + sourceHeight + " to " + width + "x" + height);
    }
    this.width = width;
    this.height = height;
    this.target = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    this.column = new int[sourceWidth];
    this.share = new float[sourceWidth];
    double xScale = (double) width / sourceWidth;
    for (int x = 0; x < sourceWidth; x++) {
      column[x] = Math.min(width - 1, (int) (x * xScale));
      double edge = column[x] + 1;
      double right = (x + 1) * xScale;
      share[x] =
          (float) (right <= edge || column[x] == width - 1 ? 1 : (edge - x * xScale) / xScale);
    }
    this.yScale = (double) height / sourceHeight;
    this.across = new float[width * 3 + 3];
    this.sums = new float[width * 3];
    this.next = new float[width * 3];
  }

  /** The next source line, from the top. */
  void line(byte[] rgb) {
    addAcross(rgb);
    double top = sourceLine * yScale;
    double bottom = ++sourceLine * yScale;
    double edge = targetLine + 1;
    float inside =
        (float) (bottom <= edge || targetLine == height - 1 ? 1 : (edge - top) / (bottom - top));
    for (int i = 0; i < sums.length; i++) {
      sums[i] += across[i] * inside;
      next[i] += across[i] * (1 - inside);
    }
    weight += inside;
    nextWeight += 1 - inside;
    if (bottom >= edge - 1e-9 && targetLine < height - 1) {
      finish();
    }
  }

  /** The picture, when the last line is in. */
  BufferedImage image() {
    finish();
    return target;
  }

  private void addAcross(byte[] rgb) {
    Arrays.fill(across, 0);
    for (int x = 0, at = 0; x < column.length; x++, at += 3) {
      int to = column[x] * 3;
      float here = share[x];
      float r = rgb[at] & 0xFF;
      float g = rgb[at + 1] & 0xFF;
      float b = rgb[at + 2] & 0xFF;
      across[to] += r * here;
      across[to + 1] += g * here;
      across[to + 2] += b * here;
      if (here < 1) {
        float there = 1 - here;
        across[to + 3] += r * there;
        across[to + 4] += g * there;
        across[to + 5] += b * there;
      }
    }
  }

  private void finish() {
    if (targetLine >= height) {
      return;
    }
    float area = weight * column.length / width;
    for (int x = 0, at = 0; x < width; x++, at += 3) {
      int rgb = level(sums[at] / area) << 16 | level(sums[at + 1] / area) << 8;
      target.setRGB(x, targetLine, rgb | level(sums[at + 2] / area));
    }
    float[] used = sums;
    sums = next;
    next = used;
    Arrays.fill(next, 0);
    weight = nextWeight;
    nextWeight = 0;
    targetLine++;
  }

  private static int level(float value) {
    return Math.clamp(Math.round(value), 0, 255);
  }
}
