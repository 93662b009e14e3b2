package dev.spillway.dispatch.aws;

class EmbeddedJobLogsTest extends JobLogsContract {
  @Override
  JobLogReader logs() {
    return new EmbeddedJobLogs(SERVER.logs());
  }
}
