package io.millrace.streams;

/**
 * A stream grouped by its key. Aggregations drop (and count) records with a null key and, unless windowed, those with a
 * null value: in windows, as in Kafka Streams, they are handed to the aggregator. Their results leave once per key and
 * commit, with the last value: what Kafka Streams' record cache does as well.
 */
public interface KGroupedStream<K, V> {

    KTable<K, Long> count(Materialized<K, Long> materialized);

    KTable<K, V> reduce(Reducer<V> reducer, Materialized<K, V> materialized);

    <A> KTable<K, A> aggregate(Initializer<A> initializer, Aggregator<? super K, ? super V, A> aggregator, Materialized<K, A> materialized);

    TimeWindowedKStream<K, V> windowedBy(TimeWindows windows);
}
