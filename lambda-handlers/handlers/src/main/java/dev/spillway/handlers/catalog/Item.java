package dev.spillway.handlers.catalog;

/**
 * One product offer, cleaned.
 *
 * @param id unique in the shop
 * @param group the product that this is a variant of
 * @param picture key of its picture in the shop's bucket; empty when it has none
 * @param price decimal with a point, for example {@code 12.90}; never empty
 * @param currency ISO 4217
 * @param availability one of the feed's words: {@code in_stock}, {@code out_of_stock}, {@code
 *     preorder}, {@code backorder}
 */
record Item(
    String id,
    String group,
    String title,
    String description,
    String link,
    String picture,
    String price,
    String currency,
    String availability,
    String brand) {}
