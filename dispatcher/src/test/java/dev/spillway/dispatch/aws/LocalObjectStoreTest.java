package dev.spillway.dispatch.aws;

class LocalObjectStoreTest extends ObjectStoreContract {
  @Override
  ObjectStore store() {
    return SERVER.objects();
  }
}
