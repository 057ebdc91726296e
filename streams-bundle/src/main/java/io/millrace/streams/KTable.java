package io.millrace.streams;

/** A table: a value per key, and the stream of its changes, in which a null value says that the key is gone. */
public interface KTable<K, V> {

    <V2> KTable<K, V2> mapValues(ValueMapper<? super V, ? extends V2> mapper);

    KTable<K, V> filter(Predicate<? super K, ? super V> predicate);

    KStream<K, V> toStream();

    <K2> KStream<K2, V> toStream(KeyValueMapper<? super K, ? super V, ? extends K2> key);
}
