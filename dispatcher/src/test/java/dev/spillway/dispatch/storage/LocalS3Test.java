package dev.spillway.dispatch.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.dispatch.aws.ObjectStore.Location;
import java.net.BindException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.S3Exception;

class LocalS3Test {
  private static final AttemptId ATTEMPT =
      new AttemptId("0b0b5fd2-95a4-4dd6-8a7d-32d5b8a0c3f1:17", 2);

  @TempDir Path temp;
  private final Set<AttemptId> living = ConcurrentHashMap.newKeySet();
  private LocalS3 s3;
  private AttemptCredentials credentials;
  private URI open;
  private URI guarded;

  @BeforeEach
  void listen() throws Exception {
    s3 = LocalS3.open(temp.resolve("s3"));
    credentials = AttemptCredentials.load(temp.resolve("s3.key"));
    open = s3.listen("127.0.0.1", 0);
    guarded = s3.listenGuarded("127.0.0.1", 0, credentials, living::contains);
    s3.put(new Location("photos", "in/a.txt"), "hello".getBytes());
  }

  @AfterEach
  void close() {
    s3.close();
  }

  @Test
  void the_open_listener_takes_any_credentials_and_none() {
    assertThat(read(client(open, anyone()))).isEqualTo("hello");
    assertThat(read(client(open, AnonymousCredentialsProvider.create()))).isEqualTo("hello");
  }

  @Test
  void a_deleted_object_is_gone_and_its_neighbours_stay() {
    s3.put(new Location("photos", "in/b.txt"), "b".getBytes());
    s3.delete(new Location("photos", "in/a.txt"));
    s3.delete(new Location("photos", "in/a.txt"));
    s3.delete(new Location("no-such-bucket", "in/a.txt"));
    assertThat(s3.size(new Location("photos", "in/a.txt"))).isEmpty();
    assertThat(s3.size(new Location("photos", "in/b.txt"))).contains(1L);
  }

  @Test
  void what_a_client_writes_is_what_this_process_reads() {
    S3Client client = client(open, anyone());
    client.createBucket(b -> b.bucket("made-by-client"));
    client.putObject(
        p -> p.bucket("made-by-client").key("deep/er.bin").contentType("image/jpeg"),
        RequestBody.fromBytes(new byte[300_000]));
    assertThat(s3.size(new Location("made-by-client", "deep/er.bin"))).contains(300_000L);
    assertThat(s3.get(new Location("made-by-client", "none"))).isEmpty();
    assertThat(s3.get(new Location("no-such-bucket", "none"))).isEmpty();
    assertThat(client.headObject(h -> h.bucket("made-by-client").key("deep/er.bin")).contentType())
        .isEqualTo("image/jpeg");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../s3.key", "/etc/passwd", "in/../../../s3.key", "a\u0000b", ".."})
  void a_key_that_is_no_path_inside_its_bucket_has_no_object(String key) {
    assertThat(s3.size(new Location("photos", key))).isEmpty();
    assertThat(s3.get(new Location("photos", key))).isEmpty();
  }

  @Test
  void a_key_longer_than_a_file_name_has_no_object() {
    assertThat(s3.size(new Location("photos", "a".repeat(300)))).isEmpty();
  }

  @Test
  void a_key_part_that_fits_into_no_file_name_is_no_failure_of_the_server() {
    S3Client client = client(open, anyone());
    for (String key : List.of("a".repeat(256), "in/" + "ü".repeat(128) + "/x")) {
      assertAnswer(404, "NoSuchKey", () -> client.getObject(g -> g.bucket("photos").key(key)));
      assertAnswer(404, null, () -> client.headObject(h -> h.bucket("photos").key(key)));
      client.deleteObject(d -> d.bucket("photos").key(key));
      assertAnswer(
          404,
          "NoSuchKey",
          () ->
              client.copyObject(
                  c ->
                      c.sourceBucket("photos")
                          .sourceKey(key)
                          .destinationBucket("photos")
                          .destinationKey("copy")));
      assertAnswer(
          400,
          "KeyTooLongError",
          () -> client.putObject(p -> p.bucket("photos").key(key), RequestBody.fromString("x")));
      assertAnswer(400, "KeyTooLongError", () -> copy(client, key));
      assertAnswer(
          400,
          "KeyTooLongError",
          () -> client.createMultipartUpload(u -> u.bucket("photos").key(key)));
      assertAnswer(
          400,
          "KeyTooLongError",
          () ->
              client.uploadPart(
                  u ->
                      u.bucket("photos")
                          .key(key)
                          .partNumber(1)
                          .uploadId(UUID.randomUUID().toString()),
                  RequestBody.fromString("x")));
    }
  }

  @Test
  void a_key_over_s3s_own_limit_is_refused() {
    S3Client client = client(open, anyone());
    String key = "abc/".repeat(256) + "x";
    assertAnswer(
        400,
        "KeyTooLongError",
        () -> client.putObject(p -> p.bucket("photos").key(key), RequestBody.fromString("x")));
  }

  @Test
  void the_longest_key_part_that_is_taken_can_be_written_and_one_byte_more_is_refused() {
    S3Client client = client(open, anyone());
    String whole = "a".repeat(218);
    client.putObject(p -> p.bucket("photos").key(whole), RequestBody.fromString("whole"));
    copy(client, "b".repeat(218));
    assertAnswer(400, "KeyTooLongError", () -> copy(client, "b".repeat(219)));
    String inParts = "c".repeat(169);
    String id = client.createMultipartUpload(u -> u.bucket("photos").key(inParts)).uploadId();
    String tag =
        client
            .uploadPart(
                u -> u.bucket("photos").key(inParts).uploadId(id).partNumber(10_000),
                RequestBody.fromString("parts"))
            .eTag();
    CompletedPart part = CompletedPart.builder().partNumber(10_000).eTag(tag).build();
    client.completeMultipartUpload(
        u ->
            u.bucket("photos")
                .key(inParts)
                .uploadId(id)
                .multipartUpload(m -> m.parts(List.of(part))));
    assertThat(s3.get(new Location("photos", inParts))).contains("parts".getBytes());
    assertAnswer(
        400,
        "KeyTooLongError",
        () -> client.createMultipartUpload(u -> u.bucket("photos").key("c".repeat(170))));
  }

  private static void copy(S3Client client, String key) {
    client.copyObject(
        c ->
            c.sourceBucket("photos")
                .sourceKey("in/a.txt")
                .destinationBucket("photos")
                .destinationKey(key));
  }

  /** A HEAD has no body, and so no code. */
  private static void assertAnswer(int status, String code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> {
              assertThat(e.statusCode()).isEqualTo(status);
              if (code != null) {
                assertThat(e.awsErrorDetails().errorCode()).isEqualTo(code);
              }
            });
  }

  @Test
  void the_guarded_listener_takes_a_living_attempts_credentials() {
    living.add(ATTEMPT);
    S3Client client = client(guarded, of(ATTEMPT));
    assertThat(read(client)).isEqualTo("hello");
    client.putObject(
        p -> p.bucket("photos").key("out/a.txt"), RequestBody.fromString("from the job"));
    assertThat(s3.get(new Location("photos", "out/a.txt")))
        .hasValueSatisfying(bytes -> assertThat(new String(bytes)).isEqualTo("from the job"));
  }

  @Test
  void the_guarded_listener_refuses_an_attempt_that_ended() {
    living.add(ATTEMPT);
    S3Client client = client(guarded, of(ATTEMPT));
    assertThat(read(client)).isEqualTo("hello");
    living.remove(ATTEMPT);
    assertRefused(client);
  }

  @Test
  void the_guarded_listener_refuses_a_wrong_secret_strangers_and_nobody() throws Exception {
    living.add(ATTEMPT);
    String id = credentials.of(ATTEMPT).accessKeyId();
    assertRefused(client(guarded, pair(id, "0".repeat(64))));
    assertRefused(client(guarded, anyone()));
    assertRefused(client(guarded, pair("SPWYzz", "x")));
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(guarded.resolve("/photos/in/a.txt")).build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(403);
  }

  @Test
  void credentials_survive_a_restart_and_their_key_is_closed_to_others() throws Exception {
    assertThat(AttemptCredentials.load(temp.resolve("s3.key")).of(ATTEMPT))
        .isEqualTo(credentials.of(ATTEMPT));
    assertThat(Files.getPosixFilePermissions(temp.resolve("s3.key")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(credentials.of(ATTEMPT).toString())
        .doesNotContain(credentials.of(ATTEMPT).secretAccessKey());
    assertThat(credentials.of(new AttemptId(ATTEMPT.jobId(), 3)))
        .isNotEqualTo(credentials.of(ATTEMPT));
  }

  @Test
  void a_taken_port_is_named() {
    assertThatThrownBy(() -> s3.listen("127.0.0.1", open.getPort()))
        .isInstanceOf(BindException.class)
        .hasMessageContaining("127.0.0.1:" + open.getPort());
  }

  private static void assertRefused(S3Client client) {
    assertThatThrownBy(() -> read(client))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(403));
  }

  private static String read(S3Client client) {
    return client.getObjectAsBytes(g -> g.bucket("photos").key("in/a.txt")).asUtf8String();
  }

  private AwsCredentialsProvider of(AttemptId attempt) {
    var pair = credentials.of(attempt);
    return pair(pair.accessKeyId(), pair.secretAccessKey());
  }

  private static AwsCredentialsProvider anyone() {
    return pair("anyone", "anything");
  }

  private static AwsCredentialsProvider pair(String id, String secret) {
    return StaticCredentialsProvider.create(AwsBasicCredentials.create(id, secret));
  }

  private static S3Client client(URI endpoint, AwsCredentialsProvider credentials) {
    return S3Client.builder()
        .endpointOverride(endpoint)
        .forcePathStyle(true)
        .region(Region.US_EAST_1)
        .credentialsProvider(credentials)
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }
}
