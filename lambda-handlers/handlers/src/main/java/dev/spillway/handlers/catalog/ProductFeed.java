package dev.spillway.handlers.catalog;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * A product feed, written item by item: RSS 2.0 with Google's {@code g:} namespace.
 *
 * <p>Source: Google Merchant Center, product data specification: id up to 50 characters, title 150,
 * description 5,000, brand 70, links 2,000; price is a decimal and an ISO 4217 currency.
 */
final class ProductFeed implements AutoCloseable {
  private static final int ID = 50;
  private static final int HASH = 8;

  private final OutputStream out;
  private final StringBuilder xml = new StringBuilder(8192);
  private long bytes;

  ProductFeed(OutputStream out, String shop, String link) throws IOException {
    this.out = out;
    xml.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        .append("<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n");
    element("title", shop, 150);
    element("link", link, 2000);
    element("description", "Products of " + shop, 5000);
    flush();
  }

  void add(Item item, String imageLink) throws IOException {
    xml.append("<item>\n");
    element("g:id", id(item.id()), ID);
    element("g:title", item.title(), 150);
    element("g:description", item.description(), 5000);
    element("g:link", item.link(), 2000);
    if (!imageLink.isEmpty()) {
      element("g:image_link", imageLink, 2000);
    }
    element("g:price", item.price() + " " + item.currency(), 40);
    element("g:availability", item.availability(), 40);
    element("g:brand", item.brand(), 70);
    element("g:item_group_id", id(item.group()), ID);
    xml.append("</item>\n");
    flush();
  }

  /** Bytes written so far, not packed. */
  long bytes() {
    return bytes;
  }

  /** A long id is cut, and told from its like by a hash of the whole. */
  static String id(String whole) {
    if (whole.length() <= ID) {
      return whole;
    }
    var crc = new CRC32();
    crc.update(whole.getBytes(StandardCharsets.UTF_8));
    return whole.substring(0, ID - HASH - 1) + "-" + "%08x".formatted(crc.getValue());
  }

  private void element(String name, String text, int most) {
    xml.append('<').append(name).append('>');
    XmlText.append(xml, text, most);
    xml.append("</").append(name).append(">\n");
  }

  private void flush() throws IOException {
    byte[] encoded = xml.toString().getBytes(StandardCharsets.UTF_8);
    out.write(encoded);
    bytes += encoded.length;
    xml.setLength(0);
  }

  @Override
  public void close() throws IOException {
    xml.append("</channel>\n</rss>\n");
    flush();
    out.close();
  }
}
