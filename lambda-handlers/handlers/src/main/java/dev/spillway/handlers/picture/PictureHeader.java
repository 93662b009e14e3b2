package dev.spillway.handlers.picture;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * What the first bytes of a picture file say, without decoding it.
 *
 * <p>Units: width and height in pixels as stored, before the orientation is applied. <br>
 * Source: ISO/IEC 10918-1 (JPEG markers), Exif 2.3 (tag 0x0112), PNG 1.2 (IHDR).
 *
 * @param components colours per pixel in the file; 0 when unknown
 * @param progressive a JPEG whose coefficients must all be held before the first line is known
 * @param orientation Exif 1 to 8; 1 when the file does not say
 */
public record PictureHeader(
    Format format, int width, int height, int components, boolean progressive, int orientation) {

  /** What can be read. */
  public enum Format {
    JPEG,
    PNG
  }

  private static final long PNG_SIGNATURE = 0x89504E470D0A1A0AL;
  private static final int ORIENTATION_TAG = 0x0112;

  /** Width as a person sees the picture. */
  public int uprightWidth() {
    return orientation >= 5 ? height : width;
  }

  /** Height as a person sees the picture. */
  public int uprightHeight() {
    return orientation >= 5 ? width : height;
  }

  /** Reads the header; refuses what is neither JPEG nor PNG. */
  public static PictureHeader read(Path file) throws IOException {
    byte[] first;
    try (var in = Files.newInputStream(file)) {
      first = in.readNBytes(8);
    }
    try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      if (first.length >= 3 && first[0] == (byte) 0xFF && first[1] == (byte) 0xD8) {
        return jpeg(in);
      }
      if (first.length == 8 && in.readLong() == PNG_SIGNATURE) {
        return png(in);
      }
    } catch (EOFException e) {
      throw new UnreadablePictureException("the file ends inside its header", e);
    }
    throw new UnreadablePictureException(
        "not a JPEG or PNG picture: "
            + (first.length == 0
                ? "the file is empty"
                : "it begins with the bytes "
                    + HexFormat.ofDelimiter(" ").withUpperCase().formatHex(first)
                    + guess(first)));
  }

  private static String guess(byte[] first) {
    String text = new String(first, StandardCharsets.ISO_8859_1);
    if (text.startsWith("%PDF")) {
      return " (a PDF document)";
    }
    if (text.startsWith("GIF8")) {
      return " (a GIF picture)";
    }
    if (text.startsWith("RIFF")) {
      return " (perhaps a WebP picture)";
    }
    if (text.startsWith("<")) {
      return " (an XML, SVG or HTML document)";
    }
    return text.startsWith("PK") ? " (a zip archive)" : "";
  }

  private static PictureHeader png(DataInputStream in) throws IOException {
    in.readInt(); // length of the chunk
    if (in.readInt() != 0x49484452) { // IHDR
      throw new UnreadablePictureException("a PNG file must begin with its IHDR chunk");
    }
    return new PictureHeader(Format.PNG, in.readInt(), in.readInt(), 0, false, 1);
  }

  private static PictureHeader jpeg(DataInputStream in) throws IOException {
    int orientation = 1;
    in.readUnsignedShort(); // start of image
    while (true) {
      int marker = nextMarker(in);
      if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
        continue; // these have no body
      }
      if (marker == 0xD9 || marker == 0xDA) {
        throw new UnreadablePictureException("the JPEG has no frame header before its data");
      }
      int length = in.readUnsignedShort() - 2;
      if (length < 0) {
        throw new UnreadablePictureException("a JPEG segment has a negative length");
      }
      if (isFrame(marker)) {
        in.readUnsignedByte(); // bits per sample
        int height = in.readUnsignedShort();
        int width = in.readUnsignedShort();
        boolean progressive = (marker & 3) == 2;
        return new PictureHeader(
            Format.JPEG, width, height, in.readUnsignedByte(), progressive, orientation);
      }
      byte[] body = in.readNBytes(length);
      if (body.length < length) {
        throw new EOFException();
      }
      if (marker == 0xE1) {
        orientation = exifOrientation(body, orientation);
      }
    }
  }

  private static int nextMarker(DataInputStream in) throws IOException {
    int b = in.readUnsignedByte();
    while (b != 0xFF) {
      b = in.readUnsignedByte(); // stray bytes between segments are skipped, as decoders do
    }
    while (b == 0xFF) {
      b = in.readUnsignedByte(); // fill bytes
    }
    return b;
  }

  /** SOF0 to SOF15 but the three numbers that mean something else. */
  private static boolean isFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  /** Exif is a small TIFF file; anything odd in it means: no orientation given. */
  private static int exifOrientation(byte[] app1, int otherwise) {
    if (app1.length < 14
        || !new String(app1, 0, 6, StandardCharsets.ISO_8859_1).equals("Exif\0\0")) {
      return otherwise;
    }
    boolean little = app1[6] == 'I';
    long directory = number(app1, 10, 4, little) + 6;
    if (directory < 14 || directory + 2 > app1.length) {
      return otherwise;
    }
    int entries = (int) number(app1, (int) directory, 2, little);
    for (int i = 0; i < entries; i++) {
      int at = (int) directory + 2 + 12 * i;
      if (at + 12 > app1.length) {
        return otherwise;
      }
      if (number(app1, at, 2, little) == ORIENTATION_TAG) {
        int value = (int) number(app1, at + 8, 2, little);
        return value >= 1 && value <= 8 ? value : otherwise;
      }
    }
    return otherwise;
  }

  private static long number(byte[] bytes, int at, int size, boolean little) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value = value << 8 | bytes[little ? at + size - 1 - i : at + i] & 0xFF;
    }
    return value;
  }
}
