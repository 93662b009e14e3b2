/**
 * The one place where state changes. {@link dev.spillway.batch.engine.Engine} decides (no I/O, no
 * clock), {@link dev.spillway.batch.engine.EngineCycle} keeps the order decide, commit, publish,
 * reply, act, and {@link dev.spillway.batch.engine.EngineLoop} is the one thread that runs it.
 */
package dev.spillway.batch.engine;
