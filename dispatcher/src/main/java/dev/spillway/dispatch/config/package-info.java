/**
 * What the server can be told: one {@code spillway.yaml}, environment variables over it, flags over
 * both.
 *
 * <p>Entry point: {@link dev.spillway.dispatch.config.Configuration#load}. Imports nothing else of
 * the dispatcher.
 */
package dev.spillway.dispatch.config;
