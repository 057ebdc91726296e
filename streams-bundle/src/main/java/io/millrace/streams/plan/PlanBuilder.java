package io.millrace.streams.plan;

import io.millrace.streams.Consumed;
import io.millrace.streams.KStream;
import io.millrace.streams.KTable;
import io.millrace.streams.Materialized;
import io.millrace.streams.StreamJob;
import io.millrace.streams.StreamsBuilder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.serialization.Serde;

/** Writes down what the DSL says. */
public final class PlanBuilder implements StreamsBuilder {

    private final List<Operator> operators = new ArrayList<>();
    private final Set<String> stores = new HashSet<>();
    private final Set<String> repartitions = new HashSet<>();
    private final Set<String> topics = new HashSet<>();

    /** The plan of a job. The caller stands in the job's {@code PluginScope}. */
    public static Plan of(StreamJob job, Map<String, String> config) {
        PlanBuilder builder = new PlanBuilder();
        job.define(builder, config);
        return builder.plan();
    }

    public Plan plan() {
        return new Plan(operators);
    }

    @Override
    public <K, V> KStream<K, V> stream(String topic, Consumed<K, V> consumed) {
        return new StreamView<>(this, source(topic, consumed, false), false);
    }

    @Override
    public <K, V> KTable<K, V> table(String topic, Consumed<K, V> consumed) {
        return table(topic, consumed, Materialized.with(consumed.keySerde(), consumed.valueSerde()));
    }

    @Override
    public <K, V> KTable<K, V> table(String topic, Consumed<K, V> consumed, Materialized<K, V> materialized) {
        Operator source = source(topic, consumed, true);
        return new TableView<>(this, add(new Operator.Materialize(source, store("table", materialized))));
    }

    private Operator source(String topic, Consumed<?, ?> consumed, boolean table) {
        if (!topics.add(topic)) {
            throw new IllegalArgumentException("topic " + topic + " is read twice; read it once and use the stream or table twice");
        }
        return add(new Operator.Source(topic, untyped(consumed.keySerde()), untyped(consumed.valueSerde()), consumed.timestampExtractor(), table));
    }

    Operator add(Operator operator) {
        operators.add(operator);
        return operator;
    }

    Store store(String kind, Materialized<?, ?> materialized) {
        String name = materialized.name() == null ? kind + "-" + operators.size() : materialized.name();
        if (!stores.add(name)) {
            throw new IllegalArgumentException("two stores are named " + name + "; give each Materialized a name of its own");
        }
        return new Store(name, untyped(materialized.keySerde()), untyped(materialized.valueSerde()));
    }

    Operator repartition(Operator input, String kind, String name, Serde<?> key, Serde<?> value, int partitions, boolean table) {
        String named = name == null ? kind + "-" + operators.size() : name;
        if (!repartitions.add(named)) {
            throw new IllegalArgumentException("two repartition topics are named " + named + "; give each a name of its own");
        }
        return add(new Operator.Repartition(input, named, untyped(key), untyped(value), partitions, table));
    }

    @SuppressWarnings("unchecked")
    static Serde<Object> untyped(Serde<?> serde) {
        return (Serde<Object>) serde;
    }
}
