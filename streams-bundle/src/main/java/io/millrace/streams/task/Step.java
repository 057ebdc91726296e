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

    final void forward(Object key, Object value, long timestamp) {
        for (Step step : next) {
            step.process(key, value, timestamp);
        }
    }
}
