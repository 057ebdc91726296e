package io.millrace.broker.log;

/**
 * Something that keeps logs from taking records, or from giving them.
 *
 * @param kind      {@code log folder} or {@code partition}
 * @param name      the folder's path, or the partition
 * @param isOffline whether it gives none either, until restart
 * @param reason    with the mend
 */
public record LogTrouble(String kind, String name, boolean isOffline, String reason) {}
