package io.millrace.streams.task;

import io.millrace.streams.KeyValue;
import io.millrace.streams.KeyValueMapper;
import io.millrace.streams.ValueJoiner;
import io.millrace.streams.ValueMapperWithKey;
import io.millrace.streams.plan.Operator;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.serialization.Serializer;

/** The steps without state of their own. */
final class Steps {

    private Steps() {}

    /** A source, a merge, the view of a table's changes as a stream. */
    static final class Pass extends Step {
        @Override
        void process(Object key, Object value, long timestamp) {
            forward(key, value, timestamp);
        }
    }

    static final class MapBoth extends Step {
        private final KeyValueMapper<Object, Object, KeyValue<Object, Object>> mapper;

        MapBoth(Operator.Map map) {
            mapper = map.mapper();
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            KeyValue<Object, Object> result = mapper.apply(key, value);
            forward(result.key(), result.value(), timestamp);
        }
    }

    static final class SelectKey extends Step {
        private final KeyValueMapper<Object, Object, Object> mapper;

        SelectKey(Operator.SelectKey select) {
            mapper = select.mapper();
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            forward(mapper.apply(key, value), value, timestamp);
        }
    }

    static final class MapValues extends Step {
        private final ValueMapperWithKey<Object, Object, Object> mapper;

        MapValues(Operator.MapValues map) {
            mapper = map.mapper();
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            forward(key, mapper.apply(key, value), timestamp);
        }
    }

    static final class FlatMap extends Step {
        private final KeyValueMapper<Object, Object, Iterable<KeyValue<Object, Object>>> mapper;

        FlatMap(Operator.FlatMap map) {
            mapper = map.mapper();
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            for (KeyValue<Object, Object> result : mapper.apply(key, value)) {
                forward(result.key(), result.value(), timestamp);
            }
        }
    }

    static final class Filter extends Step {
        private final Operator.Filter filter;

        Filter(Operator.Filter filter) {
            this.filter = filter;
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            if (filter.predicate().test(key, value) != filter.negated()) {
                forward(key, value, timestamp);
            }
        }
    }

    static final class Peek extends Step {
        private final Operator.Peek peek;

        Peek(Operator.Peek peek) {
            this.peek = peek;
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            peek.action().apply(key, value);
            forward(key, value, timestamp);
        }
    }

    static final class AssignTimestamps extends Step {
        private final Operator.AssignTimestamps assign;
        private final Counters counters;

        AssignTimestamps(Operator.AssignTimestamps assign, Counters counters) {
            this.assign = assign;
            this.counters = counters;
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            long assigned = assign.timestamp().apply(key, value);
            if (assigned < 0) {
                counters.dropped++;
            } else {
                forward(key, value, assigned);
            }
        }
    }

    static final class TableMap extends Step {
        private final Operator.TableMap map;

        TableMap(Operator.TableMap map) {
            this.map = map;
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            processChange(key, value, value, timestamp);
        }

        @Override
        void processChange(Object key, Object value, Object before, long timestamp) {
            Object mapped = apply(key, value);
            forwardChange(key, mapped, before == value ? mapped : apply(key, before), timestamp);
        }

        private Object apply(Object key, Object value) {
            return value == null ? null : map.mapper().apply(key, value);
        }
    }

    /** Says that a key is gone only if it was there, as far as that is known. */
    static final class TableFilter extends Step {
        private final Operator.TableFilter filter;

        TableFilter(Operator.TableFilter filter) {
            this.filter = filter;
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            processChange(key, value, value, timestamp);
        }

        @Override
        void processChange(Object key, Object value, Object before, long timestamp) {
            if (passes(key, value)) {
                forwardChange(key, value, before == value || passes(key, before) ? before : null, timestamp);
            } else if (before != null && before == value) {
                forwardChange(key, null, null, timestamp);
            } else if (passes(key, before)) {
                forwardChange(key, null, before, timestamp);
            }
        }

        private boolean passes(Object key, Object value) {
            return value != null && filter.predicate().test(key, value);
        }
    }

    /** Null keys and values: as Kafka Streams does since KIP-962. */
    static final class Join extends Step {
        private final Operator.StreamTableJoin join;
        private final ValueJoiner<Object, Object, Object> joiner;
        private final UnaryOperator<Object> table;
        private final Counters counters;

        Join(Operator.StreamTableJoin join, UnaryOperator<Object> table, Counters counters) {
            this.join = join;
            this.joiner = join.joiner();
            this.table = table;
            this.counters = counters;
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            Object tableKey = value == null || join.tableKey() == null ? key : join.tableKey().apply(key, value);
            if (value == null || tableKey == null && !join.left()) {
                counters.dropped++;
                return;
            }
            Object right = tableKey == null ? null : table.apply(tableKey);
            if (right != null || join.left()) {
                forward(key, joiner.apply(value, right), timestamp);
            }
        }
    }

    static final class Send extends Step {
        private final String topic;
        private final Serializer<Object> keys;
        private final Serializer<Object> values;
        private final Output output;

        Send(String topic, Serializer<Object> keys, Serializer<Object> values, Output output) {
            this.topic = topic;
            this.keys = keys;
            this.values = values;
            this.output = output;
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            output.send(topic, Output.BY_KEY, keys.serialize(topic, key), values.serialize(topic, value), timestamp);
        }
    }
}
