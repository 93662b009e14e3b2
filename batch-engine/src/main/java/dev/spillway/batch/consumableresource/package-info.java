/** Consumable resources, as the API has them. */
package dev.spillway.batch.consumableresource;
