package dev.spillway.handlers.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

class ProductFeedTest {
  private static final String G = "http://base.google.com/ns/1.0";

  private static Document parsed(Item... items) throws Exception {
    var bytes = new ByteArrayOutputStream();
    try (var feed = new ProductFeed(bytes, "a & b", "https://shop.example/?a=1&b=2")) {
      for (Item item : items) {
        feed.add(item, item.picture().isEmpty() ? "" : "https://img.example/" + item.picture());
      }
    }
    var factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    return factory.newDocumentBuilder().parse(new ByteArrayInputStream(bytes.toByteArray()));
  }

  private static String text(Document feed, String name) {
    return feed.getElementsByTagNameNS(G, name).item(0).getTextContent();
  }

  private static Item titled(String title) {
    return new Item("1", "1", title, "d", "https://x", "p.jpg", "1.00", "EUR", "in_stock", "b");
  }

  @Test
  void odd_characters_leave_the_feed_well_formed() throws Exception {
    String odd = "<b>&amp; \"x\" ]]> \u0000\u0008\u001F \uD800 \uDC00x \uFFFE \r\n\t 😀 ü";
    Document feed = parsed(titled(odd));
    assertThat(text(feed, "title"))
        .isEqualTo("<b>&amp; \"x\" ]]> \uFFFD\uFFFD\uFFFD \uFFFD \uFFFDx \uFFFD \r\n\t 😀 ü");
  }

  @Test
  void carries_the_fields_that_a_feed_must_have() throws Exception {
    Document feed =
        parsed(
            new Item(
                "curl-DE",
                "curl",
                "curl: tool",
                "long text",
                "https://curl.se",
                "cat.jpg",
                "12.90",
                "EUR",
                "in_stock",
                "Debian"),
            titled("second"));
    assertThat(feed.getDocumentElement().getAttribute("version")).isEqualTo("2.0");
    assertThat(feed.getElementsByTagName("item").getLength()).isEqualTo(2);
    assertThat(text(feed, "id")).isEqualTo("curl-DE");
    assertThat(text(feed, "item_group_id")).isEqualTo("curl");
    assertThat(text(feed, "link")).isEqualTo("https://curl.se");
    assertThat(text(feed, "image_link")).isEqualTo("https://img.example/cat.jpg");
    assertThat(text(feed, "price")).isEqualTo("12.90 EUR");
    assertThat(text(feed, "availability")).isEqualTo("in_stock");
    assertThat(text(feed, "brand")).isEqualTo("Debian");
    assertThat(text(feed, "description")).isEqualTo("long text");
  }

  @Test
  void long_text_is_cut_between_characters_and_long_ids_stay_distinct() throws Exception {
    Document feed = parsed(titled("😀".repeat(200)));
    assertThat(text(feed, "title")).isEqualTo("😀".repeat(150));
    String same = "x".repeat(60);
    assertThat(ProductFeed.id(same + "1")).hasSize(50).isNotEqualTo(ProductFeed.id(same + "2"));
    assertThat(ProductFeed.id("short")).isEqualTo("short");
  }

  @Test
  void a_feed_without_items_is_a_feed() throws Exception {
    assertThat(parsed().getElementsByTagName("channel").getLength()).isOne();
  }

  @Test
  void counts_what_it_wrote() throws IOException {
    var bytes = new ByteArrayOutputStream();
    var feed = new ProductFeed(bytes, "s", "l");
    feed.add(titled("ü"), "");
    feed.close();
    assertThat(feed.bytes()).isEqualTo(bytes.size());
  }
}
