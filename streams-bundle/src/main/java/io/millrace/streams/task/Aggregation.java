package io.millrace.streams.task;

import io.millrace.streams.Aggregator;
import io.millrace.streams.Initializer;
import io.millrace.streams.TimeWindows;
import io.millrace.streams.Window;
import io.millrace.streams.Windowed;
import io.millrace.streams.plan.Operator;
import java.util.ArrayList;
import java.util.List;

/** Steps that keep state. Aggregates wait for the commit and leave with their last value; see {@link #emit}. */
abstract class Aggregation extends Step {

    /** Forwards what changed since the last call. */
    abstract void emit();

    private static void keepBefore(Entry entry) {
        if (!entry.unsent) {
            entry.before = entry.value;
        }
    }

    private static Object sent(Entry entry) {
        Object before = entry.before;
        entry.before = null;
        entry.unsent = false;
        return before;
    }

    static final class Whole extends Aggregation {
        private final KeyedStore store;
        private final Initializer<Object> initializer;
        private final Aggregator<Object, Object, Object> aggregator;
        private final Counters counters;
        private final List<Entry> unsent = new ArrayList<>();

        Whole(Operator.Aggregate aggregate, KeyedStore store, Counters counters) {
            this.store = store;
            this.initializer = aggregate.initializer();
            this.aggregator = aggregate.aggregator();
            this.counters = counters;
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            if (key == null || value == null) {
                counters.dropped++;
                return;
            }
            Entry entry = store.entry(key);
            boolean fresh = entry.value == null;
            Object result = aggregator.apply(key, value, fresh ? initializer.apply() : entry.value);
            keepBefore(entry);
            store.update(entry, result, fresh || result == null ? timestamp : Math.max(timestamp, entry.timestamp));
            if (!entry.unsent) {
                entry.unsent = true;
                unsent.add(entry);
            }
        }

        @Override
        void emit() {
            for (Entry entry : unsent) {
                forwardChange(entry.key, entry.value, sent(entry), entry.timestamp);
            }
            unsent.clear();
        }
    }

    static final class InWindows extends Aggregation {

        private record Unsent(Entry entry, long start) {}

        private final WindowStore store;
        private final TimeWindows windows;
        private final Initializer<Object> initializer;
        private final Aggregator<Object, Object, Object> aggregator;
        private final Counters counters;
        private final List<Unsent> unsent = new ArrayList<>();

        InWindows(Operator.WindowedAggregate aggregate, WindowStore store, Counters counters) {
            this.store = store;
            this.windows = aggregate.windows();
            this.initializer = aggregate.initializer();
            this.aggregator = aggregate.aggregator();
            this.counters = counters;
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            if (key == null) {
                counters.dropped++;
                return;
            }
            store.observe(timestamp);
            for (long start = windows.firstStart(timestamp); start <= timestamp; start += windows.advance()) {
                if (store.isOver(start)) {
                    counters.late++;
                    continue;
                }
                Entry entry = store.entry(key, start);
                boolean fresh = entry.value == null;
                Object result = aggregator.apply(key, value, fresh ? initializer.apply() : entry.value);
                keepBefore(entry);
                store.update(entry, start, result, fresh || result == null ? timestamp : Math.max(timestamp, entry.timestamp));
                if (!entry.unsent) {
                    entry.unsent = true;
                    unsent.add(new Unsent(entry, start));
                }
            }
        }

        @Override
        void emit() {
            for (Unsent change : unsent) {
                Entry entry = change.entry();
                forwardChange(new Windowed<>(entry.key, new Window(change.start(), change.start() + windows.size())), entry.value, sent(entry),
                        entry.timestamp);
            }
            unsent.clear();
        }
    }

    /** The last value per key; forwarded at once, so that what follows sees the table as it is. */
    static final class Last extends Step {
        private final KeyedStore store;
        private final Counters counters;

        Last(KeyedStore store, Counters counters) {
            this.store = store;
            this.counters = counters;
        }

        @Override
        void process(Object key, Object value, long timestamp) {
            if (key == null) {
                counters.dropped++;
                return;
            }
            Entry entry = store.entry(key);
            Object before = entry.value;
            store.update(entry, value, timestamp);
            forwardChange(key, value, before, timestamp);
        }
    }
}
