/**
 * What happened, in EventBridge's words. Entry point: {@link dev.spillway.batch.events.EventFeed},
 * which follows the outbox from any sequence on; {@link dev.spillway.batch.events.EventEnvelope}
 * says what one event reads like.
 */
package dev.spillway.batch.events;
