package dev.spillway.handlers.picture;

import java.awt.image.BufferedImage;

/** Turns a picture upright as its Exif orientation (1 to 8) says. */
final class Orientation {
  private Orientation() {}

  static BufferedImage upright(BufferedImage image, int orientation) {
    if (orientation == 1) {
      return image;
    }
    int width = image.getWidth();
    int height = image.getHeight();
    boolean turned = orientation >= 5;
    var upright =
        new BufferedImage(
            turned ? height : width, turned ? width : height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int right = width - 1 - x;
        int below = height - 1 - y;
        int toX =
            switch (orientation) {
              case 2, 3 -> right;
              case 4 -> x;
              case 5, 8 -> y;
              default -> below; // 6, 7
            };
        int toY =
            switch (orientation) {
              case 2 -> y;
              case 3, 4 -> below;
              case 5, 6 -> x;
              default -> right; // 7, 8
            };
        upright.setRGB(toX, toY, image.getRGB(x, y));
      }
    }
    return upright;
  }
}
