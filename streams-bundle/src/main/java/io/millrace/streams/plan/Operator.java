package io.millrace.streams.plan;

import io.millrace.streams.Aggregator;
import io.millrace.streams.ForeachAction;
import io.millrace.streams.Initializer;
import io.millrace.streams.KeyValue;
import io.millrace.streams.KeyValueMapper;
import io.millrace.streams.Predicate;
import io.millrace.streams.TimeWindows;
import io.millrace.streams.TimestampExtractor;
import io.millrace.streams.ValueJoiner;
import io.millrace.streams.ValueMapperWithKey;
import java.util.List;
import org.apache.kafka.common.serialization.Serde;

/**
 * One step of a plan. Compared by identity, because two steps may look the same. Types are gone here: the front end has checked them.
 *
 * <p>Operators yield records {@code (key, value, timestamp)}; those of tables ({@link Materialize}, {@link TableMap}, {@link TableFilter},
 * {@link Aggregate}, {@link WindowedAggregate}) yield changes: the new value of a key, null if it is gone.
 */
public sealed interface Operator {

    /** Operators whose results it takes as records, earlier ones in the plan. */
    List<Operator> inputs();

    /** @param extractor null for the record's own timestamp; {@code table} says that it is read before the events that look it up */
    record Source(String topic, Serde<Object> key, Serde<Object> value, TimestampExtractor extractor, boolean table) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of();
        }
    }

    /**
     * Cuts the plan: what comes after it runs in tasks of their own, fed by an internal topic.
     *
     * @param partitions 0 for as many as the input has
     * @param table      as of a {@link Source}
     */
    record Repartition(Operator input, String name, Serde<Object> key, Serde<Object> value, int partitions, boolean table) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record Map(Operator input, KeyValueMapper<Object, Object, KeyValue<Object, Object>> mapper) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record SelectKey(Operator input, KeyValueMapper<Object, Object, Object> mapper) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record MapValues(Operator input, ValueMapperWithKey<Object, Object, Object> mapper) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record FlatMap(Operator input, KeyValueMapper<Object, Object, Iterable<KeyValue<Object, Object>>> mapper) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record Filter(Operator input, Predicate<Object, Object> predicate, boolean negated) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record Peek(Operator input, ForeachAction<Object, Object> action) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record AssignTimestamps(Operator input, KeyValueMapper<Object, Object, Long> timestamp) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record Merge(Operator left, Operator right) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(left, right);
        }
    }

    record Aggregate(Operator input, Store store, Initializer<Object> initializer, Aggregator<Object, Object, Object> aggregator) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record WindowedAggregate(Operator input, Store store, TimeWindows windows, Initializer<Object> initializer,
            Aggregator<Object, Object, Object> aggregator) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    /** The last value per key. */
    record Materialize(Operator input, Store store) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record TableMap(Operator input, ValueMapperWithKey<Object, Object, Object> mapper) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record TableFilter(Operator input, Predicate<Object, Object> predicate) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    /** @param tableKey null to look up by the record's key */
    record StreamTableJoin(Operator input, Operator table, KeyValueMapper<Object, Object, Object> tableKey,
            ValueJoiner<Object, Object, Object> joiner, boolean left) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }

    record Sink(Operator input, String topic, Serde<Object> key, Serde<Object> value) implements Operator {
        @Override
        public List<Operator> inputs() {
            return List.of(input);
        }
    }
}
