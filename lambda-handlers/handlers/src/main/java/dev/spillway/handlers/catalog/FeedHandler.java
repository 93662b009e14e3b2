package dev.spillway.handlers.catalog;

import dev.spillway.handlers.workload.Scratch;
import dev.spillway.handlers.workload.Workload;
import dev.spillway.handlers.workload.WorkloadHandler;
import io.micronaut.core.annotation.Introspected;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes a shop's product feed from its items.
 *
 * <p>Scratch: the packed items and the packed feed.
 */
@Workload("catalog-feed")
@Introspected
public class FeedHandler extends WorkloadHandler<ShopRequest, FeedResult> {
  public FeedHandler() {
    super(ShopRequest.class);
  }

  @Override
  protected FeedResult run(ShopRequest shop) throws IOException {
    long start = System.nanoTime();
    try (var scratch = new Scratch("feed")) {
      Path items = scratch.file("items.jsonl.gz");
      objects().download(shop.items(), items);
      Path packed = scratch.file("feed.xml.gz");
      long count = 0;
      var feed = new ProductFeed(ItemLines.gzip(packed), shop.shop(), shop.imageBaseUrl());
      try (feed;
          ItemLines lines = ItemLines.read(items)) {
        for (Item item = lines.next(); item != null; item = lines.next()) {
          feed.add(item, imageLink(shop, item.picture()));
          count++;
        }
      }
      objects().upload(packed, shop.feed(), "application/gzip");
      return new FeedResult(
          shop.shop(),
          count,
          feed.bytes(),
          Files.size(packed),
          shop.feed().toString(),
          (System.nanoTime() - start) / 1_000_000);
    }
  }

  private static String imageLink(ShopRequest shop, String picture) {
    return picture.isEmpty()
        ? ""
        : shop.imageBaseUrl() + shop.rendition(picture, ImagesHandler.LARGEST).key();
  }
}
