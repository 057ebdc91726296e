package io.millrace.streams;

/**
 * A grouped stream cut into windows by event time. A record is dropped, and counted as late, from windows whose end plus grace is not after the
 * greatest timestamp seen by the task. A window's state is forgotten at that same moment.
 */
public interface TimeWindowedKStream<K, V> {

    KTable<Windowed<K>, Long> count(Materialized<K, Long> materialized);

    KTable<Windowed<K>, V> reduce(Reducer<V> reducer, Materialized<K, V> materialized);

    <A> KTable<Windowed<K>, A> aggregate(Initializer<A> initializer, Aggregator<? super K, ? super V, A> aggregator, Materialized<K, A> materialized);
}
