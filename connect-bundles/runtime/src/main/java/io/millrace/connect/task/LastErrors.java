package io.millrace.connect.task;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** The last errors of a task, over its restarts. Words and numbers only: whoever reads them holds nothing of a plugin. Thread-safe. */
public final class LastErrors {

    private static final int MOST = 20;
    private static final int LONGEST = 1_000;

    /**
     * @param timeMs    when it happened
     * @param stage     where on the record's way, as in error headers, or empty if the task as a whole failed
     * @param className of what failed, or empty
     * @param exception its class, or empty
     * @param message   what it says
     * @param record    where the record is: {@code topic}, {@code partition}, {@code offset} in Kafka, or {@code source_partition} and
     *                  {@code source_offset}; empty if the error is not of one record
     * @param fate      what became of the record or the task
     */
    public record Entry(long timeMs, String stage, String className, String exception, String message, Map<String, Object> record, Fate fate) {

        public Entry {
            message = message == null ? "" : message.length() > LONGEST ? message.substring(0, LONGEST) : message;
        }
    }

    /** What an error led to. */
    public enum Fate {
        /** The record was left out, and is in the dead letter topic if there is one. */
        SKIPPED,
        /** It is tried again. */
        RETRIED,
        /** The task failed. */
        FAILED
    }

    private final Deque<Entry> entries = new ArrayDeque<>();

    synchronized void add(Entry entry) {
        if (entries.size() == MOST) {
            entries.removeFirst();
        }
        entries.addLast(entry);
    }

    /** The latest last. */
    public synchronized List<Entry> all() {
        return List.copyOf(entries);
    }
}
