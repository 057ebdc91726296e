package io.millrace.streams;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Takes a record's event time from it. */
@FunctionalInterface
public interface TimestampExtractor {

    /**
     * @param partitionTime greatest timestamp so far of the record's partition, -1 at first
     * @return milliseconds since 1970; a negative one drops the record
     */
    long extract(ConsumerRecord<Object, Object> record, long partitionTime);
}
