package dev.spillway.handlers.workload;

import com.amazonaws.services.lambda.runtime.Context;
import io.micronaut.core.type.Argument;
import io.micronaut.function.aws.MicronautRequestStreamHandler;
import io.micronaut.json.tree.JsonNode;
import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.exceptions.InvalidPropertyFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * A Micronaut handler whose code runs as a function and as a Batch job.
 *
 * <p>Shape: bytes outside, typed records inside. The event is taken as a stream, so that every
 * Lambda runtime hands over the same bytes and the answer is the same bytes under each of them; a
 * payload that travelled by reference is fetched first. <br>
 * Errors: {@link InvalidPayloadException} for input that cannot be worked on; anything else is the
 * workload's own and reaches the runtime unchanged.
 *
 * @param <I> the payload, a {@code @Serdeable} record
 * @param <O> the result, a {@code @Serdeable} record
 */
public abstract class WorkloadHandler<I, O> extends MicronautRequestStreamHandler {
  private final Argument<I> inputType;
  private final ObjectMapper json;
  private final S3Objects objects;
  private final Payloads payloads;

  protected WorkloadHandler(Class<I> inputType) {
    this.inputType = Argument.of(inputType);
    this.json = applicationContext.getBean(ObjectMapper.class);
    this.objects = applicationContext.getBean(S3Objects.class);
    this.payloads = new Payloads(json, objects);
  }

  /** The work. Scratch files belong under {@link Scratch}. */
  protected abstract O run(I input) throws IOException;

  protected final S3Objects objects() {
    return objects;
  }

  protected final ObjectMapper json() {
    return json;
  }

  final Payloads payloads() {
    return payloads;
  }

  @Override
  public final void handleRequest(InputStream input, OutputStream output, Context context)
      throws IOException {
    output.write(handle(input.readAllBytes()));
  }

  /** One call: JSON in, JSON out. */
  public final byte[] handle(byte[] event) throws IOException {
    return json.writeValueAsBytes(run(read(payloads.resolve(event))));
  }

  private I read(JsonNode payload) {
    if (!payload.isObject()) {
      throw new InvalidPayloadException("the payload must be a JSON object");
    }
    try {
      return json.readValueFromTree(payload, inputType);
    } catch (IOException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof InvalidPayloadException refused) {
          throw refused;
        }
        if (cause instanceof InvalidPropertyFormatException format) {
          String why = String.valueOf(format.getMessage()).lines().findFirst().orElse("");
          throw new InvalidPayloadException(format.getArgument().getName() + ": " + why, e);
        }
      }
      throw new InvalidPayloadException(e.getMessage(), e);
    }
  }
}
