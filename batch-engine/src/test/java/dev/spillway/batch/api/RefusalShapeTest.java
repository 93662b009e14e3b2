package dev.spillway.batch.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that reach no operation are refused in the shape that the SDKs read. */
@Tag("conformance")
class RefusalShapeTest {
  @TempDir static Path data;
  private static ScriptedServer server;

  @BeforeAll
  static void start() {
    server = ScriptedServer.start(data);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static RawConnection.Answer send(String firstLine, String header, byte[] body)
      throws Exception {
    String head =
        "%s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n"
            .formatted(firstLine, header.isEmpty() ? "" : header + "\r\n", body.length);
    try (var connection = new RawConnection(server.url())) {
      return connection
          .sendLast(FuzzInputs.join(head.getBytes(ISO_8859_1), body), firstLine.startsWith("HEAD"))
          .orElseThrow();
    }
  }

  private static void refused(RawConnection.Answer answer, int status, String type, String says) {
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.headers()).containsEntry("x-amzn-errortype", type);
    assertThat(answer.headers().get("x-amzn-requestid")).isNotBlank();
    assertThat(new String(answer.body(), UTF_8)).contains("\"message\":").contains(says);
  }

  private static byte[] text(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void a_path_that_is_not_there() throws Exception {
    refused(
        send("POST /v2/x", "", text("{}")), 404, "ResourceNotFoundException", "nothing at POST");
  }

  @Test
  void a_method_that_a_path_does_not_take() throws Exception {
    refused(send("PUT /v1/submitjob", "", text("{}")), 405, "ValidationException", "not take PUT");
    assertThat(send("HEAD /v1/submitjob", "", text("")).headers())
        .containsEntry("x-amzn-errortype", "ValidationException");
  }

  @Test
  void a_path_that_is_not_percent_encoded_well() throws Exception {
    refused(send("GET /v1/tags/%zz", "", text("")), 400, "ValidationException", "Malformed URI");
  }

  @Test
  void lengths_that_contradict_each_other() throws Exception {
    refused(
        send("POST /v1/submitjob", "Content-Length: 7", text("{}")),
        400,
        "ValidationException",
        "Bad Request");
  }

  @Test
  void a_body_that_is_not_zipped_as_its_head_says() throws Exception {
    refused(
        send("POST /v1/describejobqueues", "Content-Encoding: gzip", text("{\"jobQueues\":[]}")),
        400,
        "ValidationException",
        "not compressed");
  }

  @Test
  void a_small_body_that_unzips_to_a_large_one() throws Exception {
    byte[] bomb = FuzzInputs.gzip(new byte[64 * 1024 * 1024]);
    assertThat(send("POST /v1/submitjob", "Content-Encoding: gzip", bomb).status()).isEqualTo(413);
  }

  @Test
  void a_page_from_elsewhere() throws Exception {
    refused(
        send("POST /v1/submitjob", "Origin: http://elsewhere.example", text("{}")),
        403,
        "AccessDeniedException",
        "Origin");
  }

  @Test
  void what_is_no_character_or_no_text() throws Exception {
    String[] bodies = {
      "{\"jobDefinitionName\":\"\\ud83d\"}",
      "{\"tags\":{\"\\ude00\":\"v\"}}",
      "{\"tags\":{\"k\":\"a\\ud83dz\"}}",
      "{\"tags\":[\"\\ude00\\ud83d\"]}"
    };
    for (String body : bodies) {
      refused(
          send("POST /v1/registerjobdefinition", "", text(body)),
          400,
          "ClientException",
          "surrogate");
    }
    refused(
        send(
            "POST /v1/submitjob",
            "",
            text("{\"tags\":{\"spillway:idempotency-key\":\"a\\u0000b\"}}")),
        400,
        "ClientException",
        "tags.spillway:idempotency-key is \\\"a\\\\u0000b\\\"; it should have no zero byte.");
    refused(
        send(
            "GET /v1/tags/arn%3Aaws%3Abatch%3Aus-east-1%3A123456789012%3Ajob%2Fa%00b",
            "", new byte[0]),
        400,
        "ClientException",
        "NUL");
    assertThat(send("POST /v1/describejobs", "", text("{\"jobs\":[\"\\ud83d\\ude00\"]}")).status())
        .isEqualTo(200);
  }
}
