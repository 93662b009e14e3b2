package dev.spillway.dispatch.aws;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.junit.jupiter.api.Test;

class EmbeddedBatchGatewayTest extends BatchGatewayContract {
  @Override
  BatchGateway open() {
    return new EmbeddedBatchGateway(SERVER.batch(), SERVER.events());
  }

  @Test
  void the_newest_revision_is_found_on_whichever_page_it_is() {
    try (var paged =
        new EmbeddedBatchGateway(
            (_, request) -> {
              boolean last = request.path("nextToken").asText().equals("2");
              var page = JsonNodeFactory.instance.objectNode();
              page.putArray("jobDefinitions").addObject().put("revision", last ? 102 : 7);
              return last ? page : page.put("nextToken", "2");
            },
            _ -> () -> {})) {
      assertThat(paged.activeRevision("n")).hasValue("n:102");
    }
  }
}
