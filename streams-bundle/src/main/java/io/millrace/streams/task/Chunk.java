package io.millrace.streams.task;

import java.util.Iterator;
import org.apache.kafka.common.record.internal.Record;

/**
 * Some consecutive records of a partition.
 *
 * @param records    decoded as they are asked for
 * @param nextOffset where the partition goes on after them, past markers and aborted records
 */
public record Chunk(Iterator<Record> records, long nextOffset) {}
