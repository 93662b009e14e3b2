package dev.spillway.dispatch.wiring;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.lambda.LambdaClient;

/**
 * How many functions may run at once when nobody said: what the account has left unreserved, less
 * the hundred that AWS wants kept for others.
 *
 * <p>Source: AWS Lambda API 2016-08-19, GetAccountSettings.
 */
final class AccountConcurrency {
  private static final Logger LOG = LoggerFactory.getLogger(AccountConcurrency.class);
  private static final int KEPT_FOR_OTHERS = 100;
  private static final int MOST = 1_000;
  private static final int WHEN_NOT_TOLD = 10;

  private AccountConcurrency() {}

  static int of(LambdaClient lambda) {
    try {
      Integer unreserved =
          lambda.getAccountSettings(_ -> {}).accountLimit().unreservedConcurrentExecutions();
      if (unreserved != null) {
        // A small account keeps half of what it has.
        int own = Math.max(unreserved - KEPT_FOR_OTHERS, unreserved / 2);
        return Math.clamp(own, 1, MOST);
      }
    } catch (SdkException e) {
      LOG.warn(
          "the account's concurrency cannot be read, so {} functions at once; set"
              + " function.concurrency: {}",
          WHEN_NOT_TOLD,
          e.toString());
    }
    return WHEN_NOT_TOLD;
  }
}
