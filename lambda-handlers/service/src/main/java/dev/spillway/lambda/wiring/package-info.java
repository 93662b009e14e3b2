/** Puts ports and adapters together. */
package dev.spillway.lambda.wiring;
