package io.millrace.streams.plan;

import io.millrace.streams.KStream;
import io.millrace.streams.KTable;
import io.millrace.streams.KeyValueMapper;
import io.millrace.streams.Predicate;
import io.millrace.streams.ValueMapper;

/** A table of the DSL. Its changes are what its operator yields. */
@SuppressWarnings("unchecked")
record TableView<K, V>(PlanBuilder builder, Operator operator) implements KTable<K, V> {

    @Override
    public <V2> KTable<K, V2> mapValues(ValueMapper<? super V, ? extends V2> mapper) {
        ValueMapper<Object, Object> plain = (ValueMapper<Object, Object>) mapper;
        return new TableView<>(builder, builder.add(new Operator.TableMap(operator, (_, value) -> plain.apply(value))));
    }

    @Override
    public KTable<K, V> filter(Predicate<? super K, ? super V> predicate) {
        return new TableView<>(builder, builder.add(new Operator.TableFilter(operator, (Predicate<Object, Object>) predicate)));
    }

    @Override
    public KStream<K, V> toStream() {
        return new StreamView<>(builder, operator, false);
    }

    @Override
    public <K2> KStream<K2, V> toStream(KeyValueMapper<? super K, ? super V, ? extends K2> key) {
        return toStream().selectKey(key);
    }
}
