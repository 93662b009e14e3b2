/**
 * The workloads {@code catalog-collect}, {@code catalog-feed} and {@code catalog-images}: a shop's
 * raw catalogue becomes clean items, a product feed and pictures in the sizes a shop window needs.
 *
 * <p>Where everything lies in the bucket is {@link dev.spillway.handlers.catalog.ShopRequest}'s to
 * know. Every step streams: its memory does not grow with the shop, its scratch disk does.
 */
package dev.spillway.handlers.catalog;
