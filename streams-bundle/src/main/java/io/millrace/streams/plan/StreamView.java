package io.millrace.streams.plan;

import io.millrace.streams.ForeachAction;
import io.millrace.streams.Grouped;
import io.millrace.streams.Joined;
import io.millrace.streams.KGroupedStream;
import io.millrace.streams.KStream;
import io.millrace.streams.KTable;
import io.millrace.streams.KeyValue;
import io.millrace.streams.KeyValueMapper;
import io.millrace.streams.Materialized;
import io.millrace.streams.Predicate;
import io.millrace.streams.Produced;
import io.millrace.streams.Repartitioned;
import io.millrace.streams.ValueJoiner;
import io.millrace.streams.ValueMapper;
import io.millrace.streams.ValueMapperWithKey;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.Serde;

/**
 * A stream of the DSL: the operator that yields it, and whether its key may have changed since it was partitioned. The unchecked casts are
 * sound because a plan's functions only ever see what the operator before them yields, and the DSL's types say what that is.
 */
@SuppressWarnings("unchecked")
final class StreamView<K, V> implements KStream<K, V> {

    private final PlanBuilder builder;
    private final Operator operator;
    private final boolean rekeyed;

    StreamView(PlanBuilder builder, Operator operator, boolean rekeyed) {
        this.builder = builder;
        this.operator = operator;
        this.rekeyed = rekeyed;
    }

    private <K2, V2> StreamView<K2, V2> then(Operator next, boolean rekeyed) {
        return new StreamView<>(builder, builder.add(next), rekeyed);
    }

    @Override
    public <K2, V2> KStream<K2, V2> map(KeyValueMapper<? super K, ? super V, KeyValue<K2, V2>> mapper) {
        return then(new Operator.Map(operator, (KeyValueMapper<Object, Object, KeyValue<Object, Object>>) (KeyValueMapper<?, ?, ?>) mapper), true);
    }

    @Override
    public <V2> KStream<K, V2> mapValues(ValueMapper<? super V, ? extends V2> mapper) {
        ValueMapper<Object, Object> plain = (ValueMapper<Object, Object>) mapper;
        return then(new Operator.MapValues(operator, (_, value) -> plain.apply(value)), rekeyed);
    }

    @Override
    public <V2> KStream<K, V2> mapValues(ValueMapperWithKey<? super K, ? super V, ? extends V2> mapper) {
        return then(new Operator.MapValues(operator, (ValueMapperWithKey<Object, Object, Object>) mapper), rekeyed);
    }

    @Override
    public <K2, V2> KStream<K2, V2> flatMap(KeyValueMapper<? super K, ? super V, ? extends Iterable<KeyValue<K2, V2>>> mapper) {
        return then(new Operator.FlatMap(operator,
                (KeyValueMapper<Object, Object, Iterable<KeyValue<Object, Object>>>) (KeyValueMapper<?, ?, ?>) mapper), true);
    }

    @Override
    public <V2> KStream<K, V2> flatMapValues(ValueMapper<? super V, ? extends Iterable<? extends V2>> mapper) {
        ValueMapper<Object, Iterable<Object>> plain = (ValueMapper<Object, Iterable<Object>>) (ValueMapper<?, ?>) mapper;
        return then(new Operator.FlatMap(operator, (key, value) -> {
            List<KeyValue<Object, Object>> results = new ArrayList<>();
            plain.apply(value).forEach(result -> results.add(new KeyValue<>(key, result)));
            return results;
        }), rekeyed);
    }

    @Override
    public KStream<K, V> filter(Predicate<? super K, ? super V> predicate) {
        return then(new Operator.Filter(operator, (Predicate<Object, Object>) predicate, false), rekeyed);
    }

    @Override
    public KStream<K, V> filterNot(Predicate<? super K, ? super V> predicate) {
        return then(new Operator.Filter(operator, (Predicate<Object, Object>) predicate, true), rekeyed);
    }

    @Override
    public <K2> KStream<K2, V> selectKey(KeyValueMapper<? super K, ? super V, ? extends K2> mapper) {
        return then(new Operator.SelectKey(operator, (KeyValueMapper<Object, Object, Object>) mapper), true);
    }

    @Override
    public KStream<K, V> peek(ForeachAction<? super K, ? super V> action) {
        return then(new Operator.Peek(operator, (ForeachAction<Object, Object>) action), rekeyed);
    }

    @Override
    public KStream<K, V> merge(KStream<K, V> other) {
        StreamView<K, V> view = (StreamView<K, V>) other;
        return then(new Operator.Merge(operator, view.operator), rekeyed || view.rekeyed);
    }

    @Override
    public KStream<K, V> assignTimestamps(KeyValueMapper<? super K, ? super V, Long> timestamp) {
        return then(new Operator.AssignTimestamps(operator, (KeyValueMapper<Object, Object, Long>) timestamp), rekeyed);
    }

    @Override
    public KGroupedStream<K, V> groupByKey(Grouped<K, V> grouped) {
        return new GroupedView<>(builder, partitioned("group", grouped.name(), grouped.keySerde(), grouped.valueSerde(), false));
    }

    @Override
    public <K2> KGroupedStream<K2, V> groupBy(KeyValueMapper<? super K, ? super V, ? extends K2> key, Grouped<K2, V> grouped) {
        KStream<K2, V> selected = selectKey(key);
        return selected.groupByKey(grouped);
    }

    @Override
    public KStream<K, V> repartition(Repartitioned<K, V> to) {
        return new StreamView<>(builder,
                builder.repartition(operator, "repartition", to.name(), to.keySerde(), to.valueSerde(), to.partitions(), false), false);
    }

    @Override
    public KTable<K, V> toTable(Materialized<K, V> materialized) {
        Operator input = partitioned("table", materialized.name(), materialized.keySerde(), materialized.valueSerde(), true);
        return new TableView<>(builder, builder.add(new Operator.Materialize(input, builder.store("table", materialized))));
    }

    private Operator partitioned(String kind, String name, Serde<?> key, Serde<?> value, boolean table) {
        return rekeyed ? builder.repartition(operator, kind, name, key, value, 0, table) : operator;
    }

    @Override
    public <V2, R> KStream<K, R> join(KTable<K, V2> table, ValueJoiner<? super V, ? super V2, ? extends R> joiner, Joined<K, V> joined) {
        return join(table, joiner, joined, false);
    }

    @Override
    public <V2, R> KStream<K, R> leftJoin(KTable<K, V2> table, ValueJoiner<? super V, ? super V2, ? extends R> joiner, Joined<K, V> joined) {
        return join(table, joiner, joined, true);
    }

    private <V2, R> KStream<K, R> join(KTable<K, V2> table, ValueJoiner<? super V, ? super V2, ? extends R> joiner, Joined<K, V> joined,
            boolean left) {
        Operator input = partitioned("join", joined.name(), joined.keySerde(), joined.valueSerde(), false);
        return new StreamView<>(builder, builder.add(new Operator.StreamTableJoin(input, ((TableView<K, V2>) table).operator(), null,
                (ValueJoiner<Object, Object, Object>) joiner, left)), false);
    }

    @Override
    public <K2, V2, R> KStream<K, R> leftJoin(KTable<K2, V2> table, KeyValueMapper<? super K, ? super V, ? extends K2> tableKey,
            ValueJoiner<? super V, ? super V2, ? extends R> joiner) {
        return then(new Operator.StreamTableJoin(operator, ((TableView<K2, V2>) table).operator(),
                (KeyValueMapper<Object, Object, Object>) tableKey, (ValueJoiner<Object, Object, Object>) joiner, true), rekeyed);
    }

    @Override
    public void to(String topic, Produced<K, V> produced) {
        builder.add(new Operator.Sink(operator, topic, PlanBuilder.untyped(produced.keySerde()), PlanBuilder.untyped(produced.valueSerde())));
    }
}
