package dev.spillway.dispatch.aws;

class EmbeddedBatchGatewayTest extends BatchGatewayContract {
  @Override
  BatchGateway open() {
    return new EmbeddedBatchGateway(SERVER.batch(), SERVER.events());
  }
}
