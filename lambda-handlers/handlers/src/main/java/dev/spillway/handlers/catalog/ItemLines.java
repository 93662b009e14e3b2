package dev.spillway.handlers.catalog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Items as JSON lines: what {@code catalog-collect} writes and the other two steps read. */
final class ItemLines implements AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int BUFFER = 1 << 16;

  private final JsonParser parser;

  private ItemLines(InputStream in) throws IOException {
    this.parser = JSON.createParser(in);
  }

  static ItemLines read(Path gzipFile) throws IOException {
    return new ItemLines(new GZIPInputStream(Files.newInputStream(gzipFile), BUFFER));
  }

  /** The next item; null at the end. Unknown fields are skipped. */
  Item next() throws IOException {
    if (parser.nextToken() == null) {
      return null;
    }
    String[] values = new String[10];
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      int at = position(parser.currentName());
      if (at >= 0) {
        values[at] = parser.nextTextValue();
      } else {
        parser.nextToken();
        parser.skipChildren();
      }
    }
    return new Item(
        values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7],
        values[8], values[9]);
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }

  /** One item as a line without its end. */
  static byte[] line(Item item, ByteArrayOutputStream buffer) throws IOException {
    buffer.reset();
    try (JsonGenerator json = JSON.createGenerator(buffer)) {
      json.writeStartObject();
      json.writeStringField("id", item.id());
      json.writeStringField("group", item.group());
      json.writeStringField("title", item.title());
      json.writeStringField("description", item.description());
      json.writeStringField("link", item.link());
      json.writeStringField("picture", item.picture());
      json.writeStringField("price", item.price());
      json.writeStringField("currency", item.currency());
      json.writeStringField("availability", item.availability());
      json.writeStringField("brand", item.brand());
      json.writeEndObject();
    }
    return buffer.toByteArray();
  }

  /** Quick rather than small: these files are read once, by the next step. */
  static OutputStream gzip(Path file) throws IOException {
    OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), BUFFER);
    return new BufferedOutputStream(
        new GZIPOutputStream(out, BUFFER) {
          {
            def.setLevel(Deflater.BEST_SPEED);
          }
        },
        BUFFER);
  }

  private static int position(String field) {
    return switch (field) {
      case "id" -> 0;
      case "group" -> 1;
      case "title" -> 2;
      case "description" -> 3;
      case "link" -> 4;
      case "picture" -> 5;
      case "price" -> 6;
      case "currency" -> 7;
      case "availability" -> 8;
      case "brand" -> 9;
      default -> -1;
    };
  }
}
