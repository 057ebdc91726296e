package io.millrace.streams;

/** Where a job's description begins. For one thread. */
public interface StreamsBuilder {

    /** A topic as a stream of events. */
    <K, V> KStream<K, V> stream(String topic, Consumed<K, V> consumed);

    /** A topic as a table: the last value per key; a null value deletes. Records with a null key are dropped and counted. */
    <K, V> KTable<K, V> table(String topic, Consumed<K, V> consumed);

    /** As {@link #table(String, Consumed)}, with the store's name, which must then be unique in the job. */
    <K, V> KTable<K, V> table(String topic, Consumed<K, V> consumed, Materialized<K, V> materialized);
}
