/** The workload {@code thumbnail}: one picture in, one small JPEG and a JSON record out. */
package dev.spillway.handlers.thumbnail;
