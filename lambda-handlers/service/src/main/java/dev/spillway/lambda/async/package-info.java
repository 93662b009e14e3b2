/**
 * Events: calls that were acknowledged and are carried out later, with retries and destinations.
 * Entry point: {@link dev.spillway.lambda.async.AsyncInvocations}; what is decided when an attempt
 * has ended is in {@link dev.spillway.lambda.async.AsyncRules}, which is pure. Must not see what
 * runs functions, nor the wire, nor how events are stored.
 */
package dev.spillway.lambda.async;
