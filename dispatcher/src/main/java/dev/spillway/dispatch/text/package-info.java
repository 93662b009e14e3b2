/** Words in messages; knows nothing of what they are about. */
package dev.spillway.dispatch.text;
