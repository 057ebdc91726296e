package io.millrace.broker.group;

/**
 * A position of a group in a partition.
 *
 * @param leaderEpoch of the last record read, or -1
 * @param metadata    the client's own words, never null
 * @param committedAt milliseconds since 1970
 */
record CommittedOffset(long offset, int leaderEpoch, String metadata, long committedAt) {
}
