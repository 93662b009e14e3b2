package dev.spillway.handlers.thumbnail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.handlers.picture.UnreadablePictureException;
import dev.spillway.handlers.testkit.LocalS3;
import dev.spillway.handlers.testkit.Pictures;
import dev.spillway.handlers.workload.InvalidPayloadException;
import dev.spillway.handlers.workload.MissingObjectException;
import dev.spillway.handlers.workload.Payloads;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ThumbnailHandlerTest {
  private static LocalS3 s3;
  private static ThumbnailHandler handler;

  @BeforeAll
  static void start() throws IOException {
    s3 = LocalS3.started().bucket("photos").bucket("out");
    handler = new ThumbnailHandler();
    s3.put("photos", "in/a.JPEG", Pictures.encode(Pictures.gradient(2000, 1000), "jpg"));
    s3.put("photos", "b.png", Pictures.encode(Pictures.gradient(700, 700), "png"));
    s3.put("photos", "letter.jpg", "Dear all".getBytes(StandardCharsets.UTF_8));
  }

  @AfterAll
  static void stop() {
    handler.close();
  }

  private static String call(String payload) throws IOException {
    return new String(
        handler.handle(payload.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
  }

  @Test
  void writes_the_thumbnail_and_its_record() throws IOException {
    String result =
        call("{\"bucket\":\"photos\",\"key\":\"in/a.JPEG\",\"width\":320,\"outBucket\":\"out\"}");
    byte[] jpeg = s3.get("out", "thumbnails/in/a.jpg");
    var image = ImageIO.read(new ByteArrayInputStream(jpeg));
    assertThat(image.getWidth()).isEqualTo(320);
    assertThat(image.getHeight()).isEqualTo(160);
    assertThat(result)
        .contains("\"key\":\"thumbnails/in/a.jpg\"")
        .contains("\"width\":320,\"height\":160,\"bytes\":" + jpeg.length)
        .contains("\"sha256\":\"" + Payloads.sha256(jpeg) + "\"")
        .contains("\"format\":\"jpeg\",\"width\":2000,\"height\":1000,\"orientation\":1");
    assertThat(s3.get("out", "thumbnails/in/a.json")).asString().isEqualTo(result);
  }

  @Test
  void a_png_keeps_its_whole_name() throws IOException {
    call("{\"bucket\":\"photos\",\"key\":\"b.png\",\"width\":100,\"outPrefix\":\"small/\"}");
    var image = ImageIO.read(new ByteArrayInputStream(s3.get("photos", "small/b.png.jpg")));
    assertThat(image.getWidth()).isEqualTo(100);
  }

  @Test
  void what_cannot_be_made_says_why_and_leaves_nothing_behind() throws IOException {
    long before = scratchFolders();
    assertThatThrownBy(() -> call("{\"bucket\":\"photos\",\"key\":\"letter.jpg\",\"width\":10}"))
        .isInstanceOf(UnreadablePictureException.class)
        .hasMessageStartingWith("s3://photos/letter.jpg: not a JPEG or PNG picture");
    assertThatThrownBy(() -> call("{\"bucket\":\"photos\",\"key\":\"none.jpg\",\"width\":10}"))
        .isInstanceOf(MissingObjectException.class)
        .hasMessageContaining("s3://photos/none.jpg does not exist");
    assertThatThrownBy(() -> call("{\"bucket\":\"photos\",\"key\":\"b.png\",\"width\":0}"))
        .isInstanceOf(InvalidPayloadException.class)
        .hasMessageContaining("width is 0");
    assertThatThrownBy(() -> call("{\"key\":\"b.png\",\"width\":10}"))
        .hasMessageContaining("bucket is missing");
    assertThat(scratchFolders()).isEqualTo(before);
  }

  private static long scratchFolders() throws IOException {
    try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files.filter(f -> f.getFileName().toString().startsWith("thumbnail-")).count();
    }
  }
}
