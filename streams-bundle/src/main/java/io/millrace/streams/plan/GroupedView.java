package io.millrace.streams.plan;

import io.millrace.streams.Aggregator;
import io.millrace.streams.Initializer;
import io.millrace.streams.KGroupedStream;
import io.millrace.streams.KTable;
import io.millrace.streams.Materialized;
import io.millrace.streams.Reducer;
import io.millrace.streams.TimeWindowedKStream;
import io.millrace.streams.TimeWindows;
import io.millrace.streams.Windowed;

/** A grouped stream of the DSL, whole or cut into windows. */
@SuppressWarnings("unchecked")
record GroupedView<K, V>(PlanBuilder builder, Operator operator) implements KGroupedStream<K, V> {

    private static final Initializer<Object> ZERO = () -> 0L;
    private static final Aggregator<Object, Object, Object> COUNT = (_, _, count) -> (Long) count + 1;
    private static final Initializer<Object> NONE = () -> null;

    private static Aggregator<Object, Object, Object> reducing(Reducer<?> reducer) {
        Reducer<Object> plain = (Reducer<Object>) reducer;
        return (_, value, aggregate) -> aggregate == null ? value : plain.apply(aggregate, value);
    }

    @Override
    public KTable<K, Long> count(Materialized<K, Long> materialized) {
        return whole("count", materialized, ZERO, COUNT);
    }

    @Override
    public KTable<K, V> reduce(Reducer<V> reducer, Materialized<K, V> materialized) {
        return whole("reduce", materialized, NONE, reducing(reducer));
    }

    @Override
    public <A> KTable<K, A> aggregate(Initializer<A> initializer, Aggregator<? super K, ? super V, A> aggregator, Materialized<K, A> materialized) {
        return whole("aggregate", materialized, (Initializer<Object>) initializer, (Aggregator<Object, Object, Object>) aggregator);
    }

    private <A> KTable<K, A> whole(String kind, Materialized<K, A> materialized, Initializer<Object> initializer,
            Aggregator<Object, Object, Object> aggregator) {
        return new TableView<>(builder, builder.add(new Operator.Aggregate(operator, builder.store(kind, materialized), initializer, aggregator)));
    }

    @Override
    public TimeWindowedKStream<K, V> windowedBy(TimeWindows windows) {
        return new Windows<>(builder, operator, windows);
    }

    private record Windows<K, V>(PlanBuilder builder, Operator operator, TimeWindows windows) implements TimeWindowedKStream<K, V> {

        @Override
        public KTable<Windowed<K>, Long> count(Materialized<K, Long> materialized) {
            return windowed("count", materialized, ZERO, COUNT);
        }

        @Override
        public KTable<Windowed<K>, V> reduce(Reducer<V> reducer, Materialized<K, V> materialized) {
            return windowed("reduce", materialized, NONE, reducing(reducer));
        }

        @Override
        public <A> KTable<Windowed<K>, A> aggregate(Initializer<A> initializer, Aggregator<? super K, ? super V, A> aggregator,
                Materialized<K, A> materialized) {
            return windowed("aggregate", materialized, (Initializer<Object>) initializer, (Aggregator<Object, Object, Object>) aggregator);
        }

        private <A> KTable<Windowed<K>, A> windowed(String kind, Materialized<K, A> materialized, Initializer<Object> initializer,
                Aggregator<Object, Object, Object> aggregator) {
            return new TableView<>(builder, builder.add(
                    new Operator.WindowedAggregate(operator, builder.store(kind, materialized), windows, initializer, aggregator)));
        }
    }
}
