package io.millrace.streams.task;

import java.util.Arrays;

/** A compiled operator: takes a record and hands what it makes of it to the next steps, in the same call. */
abstract class Step {

    private Step[] next = {};

    final void then(Step step) {
        next = Arrays.copyOf(next, next.length + 1);
        next[next.length - 1] = step;
    }

    abstract void process(Object key, Object value, long timestamp);

    /**
     * A change of a table.
     *
     * @param before the value that the last change of the key said, null if none; the same object as {@code value} if an aggregate is mutable
     */
    void processChange(Object key, Object value, Object before, long timestamp) {
        process(key, value, timestamp);
    }

    final void forwardChange(Object key, Object value, Object before, long timestamp) {
        for (Step step : next) {
            step.processChange(key, value, before, timestamp);
        }
    }

    final void forward(Object key, Object value, long timestamp) {
        for (Step step : next) {
            step.process(key, value, timestamp);
        }
    }
}
