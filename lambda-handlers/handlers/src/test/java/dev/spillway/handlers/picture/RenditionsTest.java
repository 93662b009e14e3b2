package dev.spillway.handlers.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.handlers.picture.PictureHeader.Format;
import dev.spillway.handlers.testkit.Pictures;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RenditionsTest {
  @TempDir Path folder;

  private Path file(byte[] content) throws IOException {
    return Files.write(folder.resolve("picture"), content);
  }

  private static BufferedImage decode(Renditions.Rendition made) throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(made.jpeg()));
    assertThat(image.getWidth()).isEqualTo(made.width());
    assertThat(image.getHeight()).isEqualTo(made.height());
    return image;
  }

  private Renditions.Rendition render(byte[] content, int width) throws IOException {
    Path file = file(content);
    return Renditions.of(file, PictureHeader.read(file), width);
  }

  @ParameterizedTest
  @CsvSource({
    "4000,3000,320,320,240",
    "3000,4000,320,320,427",
    "641,427,320,320,213",
    "200,100,320,200,100", // never enlarged
    "5000,3,100,100,1",
    "1,1,320,1,1"
  })
  void keeps_the_proportions(int width, int height, int asked, int wide, int high)
      throws IOException {
    var made = render(Pictures.encode(Pictures.gradient(width, height), "jpg"), asked);
    assertThat(made.width()).isEqualTo(wide);
    assertThat(made.height()).isEqualTo(high);
    decode(made);
  }

  /** Where the dark red corner (stored top left) is seen. */
  @ParameterizedTest
  @CsvSource({"1,0,0", "2,1,0", "3,1,1", "4,0,1", "5,0,0", "6,1,0", "7,1,1", "8,0,1"})
  void turns_the_picture_upright(int orientation, int right, int below) throws IOException {
    var made = render(Pictures.jpegWithOrientation(Pictures.corners(400, 200), orientation), 100);
    assertThat(made.height()).isEqualTo(orientation >= 5 ? 200 : 50);
    BufferedImage image = decode(made);
    int rgb = image.getRGB(10 + right * 80, made.height() / 10 + below * made.height() * 8 / 10);
    assertThat(rgb >> 16 & 0xFF).as("red").isBetween(100, 140);
    assertThat(rgb & 0xFF).as("blue").isLessThan(40);
  }

  @Test
  void averages_fine_detail_instead_of_skipping_it() throws IOException {
    var stripes = new BufferedImage(3000, 600, BufferedImage.TYPE_INT_RGB);
    for (int x = 0; x < 3000; x += 2) {
      for (int y = 0; y < 600; y++) {
        stripes.setRGB(x, y, 0xFFFFFF);
      }
    }
    BufferedImage image = decode(render(Pictures.encode(stripes, "png"), 1000));
    for (int x = 0; x < 1000; x += 7) {
      assertThat(image.getRGB(x, 50) & 0xFF).as("column " + x).isBetween(75, 180);
    }
  }

  @Test
  void a_grey_photograph_keeps_its_levels() throws IOException {
    var grey = new BufferedImage(300, 300, BufferedImage.TYPE_BYTE_GRAY);
    byte[] levels = new byte[300 * 300];
    Arrays.fill(levels, (byte) 100);
    grey.getRaster().setDataElements(0, 0, 300, 300, levels);
    for (String format : new String[] {"jpg", "png"}) {
      BufferedImage image = decode(render(Pictures.encode(grey, format), 100));
      assertThat(image.getRaster().getSample(50, 50, 0)).as(format).isBetween(98, 102);
    }
  }

  @Test
  void what_is_transparent_becomes_white() throws IOException {
    var clear = new BufferedImage(300, 300, BufferedImage.TYPE_INT_ARGB);
    BufferedImage image = decode(render(Pictures.encode(clear, "png"), 100));
    assertThat(image.getRGB(50, 50) & 0xFFFFFF).isEqualTo(0xFFFFFF);
  }

  @ParameterizedTest
  @CsvSource({"100000,100000,320", "24000,16000,320", "24000,16000,4096", "60000,5000,4096"})
  void what_is_held_does_not_grow_with_the_picture(int width, int height, int target) {
    var header = new PictureHeader(Format.JPEG, width, height, 3, false, 1);
    int high = (int) ((long) height * target / width);
    int step = PictureDecoder.step(header, target, high);
    assertThat((long) (width / step) * (height / step))
        .isLessThanOrEqualTo(Math.max(PictureDecoder.HELD_PIXELS, 4L * target * high));
    assertThat(width / step).isGreaterThanOrEqualTo(target);
  }

  @Test
  void a_progressive_picture_that_cannot_fit_is_refused_before_it_is_decoded() throws IOException {
    // Only a header: start of image, then a progressive frame of 65,000 x 65,000 in three colours.
    byte[] header = {
      (byte) 0xFF,
      (byte) 0xD8,
      (byte) 0xFF,
      (byte) 0xC2,
      0,
      17,
      8,
      (byte) 0xFD,
      (byte) 0xE8,
      (byte) 0xFD,
      (byte) 0xE8,
      3,
      1,
      0x22,
      0,
      2,
      0x11,
      1,
      3,
      0x11,
      1
    };
    assertThatThrownBy(() -> render(header, 320))
        .isInstanceOf(OutOfMemoryError.class)
        .hasMessageContaining("progressive JPEG of 65000x65000");
  }

  @Test
  void what_is_no_picture_is_named_for_what_it_is() {
    assertThatThrownBy(() -> render("%PDF-1.7 ...".getBytes(), 320))
        .isInstanceOf(UnreadablePictureException.class)
        .hasMessageContaining("a PDF document");
    assertThatThrownBy(() -> render(new byte[0], 320)).hasMessageContaining("the file is empty");
    assertThatThrownBy(() -> render("<html></html>".getBytes(), 320)).hasMessageContaining("HTML");
  }

  @Test
  void a_jpeg_cut_off_in_its_header_is_refused() throws IOException {
    byte[] whole = Pictures.encode(Pictures.gradient(300, 200), "jpg");
    assertThatThrownBy(() -> render(Arrays.copyOf(whole, 30), 320))
        .isInstanceOf(UnreadablePictureException.class);
    byte[] noData = Arrays.copyOf(whole, 4);
    assertThatThrownBy(() -> render(noData, 320)).isInstanceOf(UnreadablePictureException.class);
  }
}
