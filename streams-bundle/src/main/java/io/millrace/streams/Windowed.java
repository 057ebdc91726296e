package io.millrace.streams;

/** A key within a window. */
public record Windowed<K>(K key, Window window) {}
