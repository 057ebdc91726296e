package io.millrace.streams;

/**
 * A stream of records. Every method adds to the job's plan and returns at once. Results carry the timestamp of the record they come from.
 *
 * <p>Operators that may change the key mark the stream; grouping, joining and {@link #toTable} then route it through an internal repartition topic first.
 */
public interface KStream<K, V> {

    <K2, V2> KStream<K2, V2> map(KeyValueMapper<? super K, ? super V, KeyValue<K2, V2>> mapper);

    <V2> KStream<K, V2> mapValues(ValueMapper<? super V, ? extends V2> mapper);

    <V2> KStream<K, V2> mapValues(ValueMapperWithKey<? super K, ? super V, ? extends V2> mapper);

    <K2, V2> KStream<K2, V2> flatMap(KeyValueMapper<? super K, ? super V, ? extends Iterable<KeyValue<K2, V2>>> mapper);

    <V2> KStream<K, V2> flatMapValues(ValueMapper<? super V, ? extends Iterable<? extends V2>> mapper);

    KStream<K, V> filter(Predicate<? super K, ? super V> predicate);

    KStream<K, V> filterNot(Predicate<? super K, ? super V> predicate);

    <K2> KStream<K2, V> selectKey(KeyValueMapper<? super K, ? super V, ? extends K2> mapper);

    KStream<K, V> peek(ForeachAction<? super K, ? super V> action);

    /** Both streams' records, in no order between the two. */
    KStream<K, V> merge(KStream<K, V> other);

    /**
     * Gives each record the event time that the function takes from it. Records with a negative result are dropped and counted. Not in Kafka
     * Streams' DSL (there a processor does it): needed where one record becomes several of different times.
     */
    KStream<K, V> assignTimestamps(KeyValueMapper<? super K, ? super V, Long> timestamp);

    KGroupedStream<K, V> groupByKey(Grouped<K, V> grouped);

    <K2> KGroupedStream<K2, V> groupBy(KeyValueMapper<? super K, ? super V, ? extends K2> key, Grouped<K2, V> grouped);

    /** Routes the stream through an internal topic, so that equal keys meet in one task. */
    KStream<K, V> repartition(Repartitioned<K, V> repartitioned);

    /** The last value per key; a null value deletes; records with a null key are dropped and counted. */
    KTable<K, V> toTable(Materialized<K, V> materialized);

    /** Joins each record with the table's value at that moment; records without one are dropped. */
    <V2, R> KStream<K, R> join(KTable<K, V2> table, ValueJoiner<? super V, ? super V2, ? extends R> joiner, Joined<K, V> joined);

    /** As {@link #join}, with null for the table's value where there is none. */
    <V2, R> KStream<K, R> leftJoin(KTable<K, V2> table, ValueJoiner<? super V, ? super V2, ? extends R> joiner, Joined<K, V> joined);

    /**
     * Left join by another key than the stream's, without repartitioning: {@code tableKey} must return the key by which this stream is partitioned,
     * as {@link Windowed#key} does for the result of a windowed aggregation. Any other key is looked up in the wrong partition.
     */
    <K2, V2, R> KStream<K, R> leftJoin(KTable<K2, V2> table, KeyValueMapper<? super K, ? super V, ? extends K2> tableKey,
            ValueJoiner<? super V, ? super V2, ? extends R> joiner);

    void to(String topic, Produced<K, V> produced);
}
