package dev.spillway.handlers.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.handlers.picture.UnreadablePictureException;
import dev.spillway.handlers.testkit.LocalS3;
import dev.spillway.handlers.testkit.Pictures;
import dev.spillway.handlers.workload.InvalidPayloadException;
import dev.spillway.handlers.workload.MissingObjectException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The three steps of a shop, one after the other, over a real S3 endpoint. */
class CatalogTest {
  private static final String FIRST =
      """
      Package: curl
      Version: 7.88.1-10
      Architecture: amd64
      Maintainer: Alessandro Ghedini <ghedo@debian.org>
      Homepage: https://curl.se/
      Section: web
      Description: command line tool for transferring data
       with URL syntax & <more>
       .
       Last line.
      Price: 3.5 EUR
      Image: pictures/coffee.jpg

      Package: wget
      Maintainer: Noël Köthe <noel@debian.org>
      Description: retrieves files from the web
      Price: 12 EUR
      Availability: Out of stock
      Image: pictures/coffee.jpg

      Package: nothing
      Description: has no price

      """;

  private static final String SECOND =
      """
      Package: curl
      Description: the same product again
      Price: 99 EUR

      Package: curl
      Country: DE
      Description: a variant
      Price: 4.99 EUR
      Image: pictures/missing.jpg
      """;

  private static LocalS3 s3;

  @BeforeAll
  static void fill() throws IOException {
    s3 = LocalS3.started().bucket("catalog");
    s3.put("catalog", "raw/web/1.gz", gzip(FIRST));
    s3.put("catalog", "raw/web/2.txt", SECOND.getBytes(StandardCharsets.UTF_8));
    s3.put("catalog", "pictures/coffee.jpg", Pictures.encode(Pictures.gradient(1000, 500), "jpg"));
  }

  private static byte[] gzip(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static byte[] gunzip(byte[] packed) throws IOException {
    return new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes();
  }

  private static String shop(String name) {
    return "{\"shop\":\"" + name + "\"}";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void a_shop_goes_from_raw_catalogue_to_feed_and_pictures() throws Exception {
    try (var collect = new CollectHandler();
        var feed = new FeedHandler();
        var images = new ImagesHandler()) {
      assertThat(collect.handle(bytes(shop("web"))))
          .asString()
          .contains("\"raw\":[\"raw/web/1.gz\",\"raw/web/2.txt\"]")
          .contains("\"expandedBytes\":" + (bytes(FIRST).length + bytes(SECOND).length))
          .contains("\"items\":3,\"duplicates\":1,\"rejected\":1");
      List<String> items =
          new String(gunzip(s3.get("catalog", "shops/web/items.jsonl.gz")), StandardCharsets.UTF_8)
              .lines()
              .sorted()
              .toList();
      assertThat(items).hasSize(3);
      assertThat(items.getFirst())
          .contains("\"id\":\"curl\",\"group\":\"curl\"")
          .contains("\"price\":\"3.50\",\"currency\":\"EUR\"")
          .contains("\"brand\":\"Alessandro Ghedini\"");
      assertThat(items.get(2)).contains("out_of_stock").contains("Noël Köthe");
      assertThat(s3.get("catalog", "shops/web/summary.json")).asString().contains("\"items\":3");

      assertThat(feed.handle(bytes(shop("web")))).asString().contains("\"items\":3");
      var factory = DocumentBuilderFactory.newInstance();
      factory.setNamespaceAware(true);
      var xml =
          factory
              .newDocumentBuilder()
              .parse(new ByteArrayInputStream(gunzip(s3.get("catalog", "shops/web/feed.xml.gz"))));
      assertThat(xml.getElementsByTagName("item").getLength()).isEqualTo(3);
      assertThat(xml.getElementsByTagNameNS("*", "image_link").item(0).getTextContent())
          .startsWith("https://catalog.s3.amazonaws.com/shops/web/images/pictures/");

      assertThat(images.handle(bytes(shop("web"))))
          .asString()
          .contains("\"pictures\":2,\"renditions\":3,\"unreadable\":1")
          .contains("pictures/missing.jpg: s3://catalog/pictures/missing.jpg does not exist");
      for (int width : new int[] {800, 400, 120}) {
        byte[] jpeg = s3.get("catalog", "shops/web/images/pictures/coffee-" + width + ".jpg");
        assertThat(ImageIO.read(new ByteArrayInputStream(jpeg)).getWidth()).isEqualTo(width);
      }
    }
  }

  @Test
  void a_shop_without_one_readable_picture_fails() throws Exception {
    s3.put("catalog", "raw/bare/1", bytes("Package: a\nPrice: 1 EUR\nImage: none.jpg\n"));
    try (var collect = new CollectHandler();
        var images = new ImagesHandler()) {
      collect.handle(bytes(shop("bare")));
      assertThatThrownBy(() -> images.handle(bytes(shop("bare"))))
          .isInstanceOf(UnreadablePictureException.class)
          .hasMessageContaining("none of the 1 pictures of shop bare");
    }
  }

  @Test
  void what_is_missing_or_wrong_is_named() throws Exception {
    try (var collect = new CollectHandler();
        var feed = new FeedHandler()) {
      assertThatThrownBy(() -> collect.handle(bytes(shop("nowhere"))))
          .isInstanceOf(MissingObjectException.class)
          .hasMessageContaining("s3://catalog/raw/nowhere/");
      assertThatThrownBy(() -> feed.handle(bytes(shop("nowhere"))))
          .isInstanceOf(MissingObjectException.class)
          .hasMessageContaining("items.jsonl.gz does not exist");
      assertThatThrownBy(() -> feed.handle(bytes(shop("../x"))))
          .isInstanceOf(InvalidPayloadException.class)
          .hasMessageContaining("shop is \"../x\"");
    }
  }
}
