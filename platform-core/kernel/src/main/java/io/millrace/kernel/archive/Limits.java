package io.millrace.kernel.archive;

/**
 * What a plugin archive may cost.
 *
 * @param packedBytes   size of the file
 * @param expandedBytes size of everything in it once unpacked
 * @param entries       number of files in it
 */
public record Limits(long packedBytes, long expandedBytes, int entries) {}
