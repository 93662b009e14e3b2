package dev.spillway.dispatch.fallback;

/** How a child of an array ended, and what it cost. */
public record ChildEnd(boolean succeeded, Spent spent) {}
