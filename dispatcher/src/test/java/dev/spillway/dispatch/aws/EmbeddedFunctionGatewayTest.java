package dev.spillway.dispatch.aws;

import java.util.UUID;

class EmbeddedFunctionGatewayTest extends FunctionGatewayContract {
  @Override
  FunctionGateway open() {
    return new EmbeddedFunctionGateway(SERVER.functions(), () -> UUID.randomUUID().toString());
  }
}
