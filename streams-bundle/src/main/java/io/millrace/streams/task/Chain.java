package io.millrace.streams.task;

import io.millrace.streams.Windowed;
import io.millrace.streams.plan.Operator;
import io.millrace.streams.plan.Plan;
import io.millrace.streams.plan.Store;
import io.millrace.streams.plan.SubTopology;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A sub-topology's operators as connected steps, with fresh stores. */
final class Chain {

    private final String job;
    private final int partition;
    private final Output output;
    private final Counters counters;
    private final Map<Operator, Step> steps = new IdentityHashMap<>();
    private final Map<Operator, UnaryOperator<Object>> tables = new IdentityHashMap<>();
    /** By changelog topic. */
    private final Map<String, StateStore> stores = new LinkedHashMap<>();
    private final List<Aggregation> aggregations = new ArrayList<>();

    Chain(String job, SubTopology part, int partition, Counters counters, Output output) {
        this.job = job;
        this.partition = partition;
        this.counters = counters;
        this.output = output;
        for (Operator operator : part.operators()) {
            Step step = step(operator);
            steps.put(operator, step);
            if (!(operator instanceof Operator.Repartition)) {
                operator.inputs().forEach(input -> steps.get(input).then(step));
            }
        }
        for (Operator.Repartition written : part.written()) {
            steps.get(written.input()).then(new Steps.Send(Plan.repartitionTopic(job, written), written.key().serializer(),
                    written.value().serializer(), output));
        }
    }

    private Step step(Operator operator) {
        return switch (operator) {
            case Operator.Source _, Operator.Repartition _, Operator.Merge _ -> new Steps.Pass();
            case Operator.Map map -> new Steps.MapBoth(map);
            case Operator.SelectKey select -> new Steps.SelectKey(select);
            case Operator.MapValues map -> new Steps.MapValues(map);
            case Operator.FlatMap map -> new Steps.FlatMap(map);
            case Operator.Filter filter -> new Steps.Filter(filter);
            case Operator.Peek peek -> new Steps.Peek(peek);
            case Operator.AssignTimestamps assign -> new Steps.AssignTimestamps(assign, counters);
            case Operator.Aggregate aggregate -> {
                KeyedStore store = keyed(aggregate.store());
                tables.put(operator, store::get);
                yield added(new Aggregation.Whole(aggregate, store, counters));
            }
            case Operator.WindowedAggregate aggregate -> {
                WindowStore store = new WindowStore(aggregate.store(), aggregate.windows(), aggregate.store().changelog(job), partition);
                stores.put(aggregate.store().changelog(job), store);
                tables.put(operator, key -> store.get(((Windowed<?>) key).key(), ((Windowed<?>) key).window().start()));
                yield added(new Aggregation.InWindows(aggregate, store, counters));
            }
            case Operator.Materialize materialize -> {
                KeyedStore store = keyed(materialize.store());
                tables.put(operator, store::get);
                yield new Aggregation.Last(store, counters);
            }
            case Operator.TableMap map -> {
                UnaryOperator<Object> input = tables.get(map.input());
                tables.put(operator, key -> {
                    Object value = input.apply(key);
                    return value == null ? null : map.mapper().apply(key, value);
                });
                yield new Steps.TableMap(map);
            }
            case Operator.TableFilter filter -> {
                UnaryOperator<Object> input = tables.get(filter.input());
                tables.put(operator, key -> {
                    Object value = input.apply(key);
                    return value != null && filter.predicate().test(key, value) ? value : null;
                });
                yield new Steps.TableFilter(filter);
            }
            case Operator.StreamTableJoin join -> new Steps.Join(join, tables.get(join.table()), counters);
            case Operator.Sink sink -> new Steps.Send(sink.topic(), sink.key().serializer(), sink.value().serializer(), output);
        };
    }

    private KeyedStore keyed(Store store) {
        KeyedStore made = new KeyedStore(store, store.changelog(job), partition);
        stores.put(store.changelog(job), made);
        return made;
    }

    private Aggregation added(Aggregation aggregation) {
        aggregations.add(aggregation);
        return aggregation;
    }

    Step of(Operator operator) {
        return steps.get(operator);
    }

    Map<String, StateStore> stores() {
        return stores;
    }

    /** Aggregates first, each after those it may feed on; then state, which they may have changed. */
    void flush() {
        aggregations.forEach(Aggregation::emit);
        stores.values().forEach(store -> store.writeChanges(output));
    }
}
