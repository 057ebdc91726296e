/** Partition logs on disk, in Kafka's format: segments, indexes, producer state, group commit, recovery, retention. */
package io.millrace.broker.log;
