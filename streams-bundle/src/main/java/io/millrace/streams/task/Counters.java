package io.millrace.streams.task;

/** What a task has seen since it started. Owned by the task's thread. */
public final class Counters {

    long processed;
    long late;
    long dropped;

    /** Records taken from inputs. */
    public long processed() {
        return processed;
    }

    /** Windows that did not get a record because their grace was over. */
    public long late() {
        return late;
    }

    /** Records dropped for a null key, a null value or a negative timestamp, where an operator needs one. */
    public long dropped() {
        return dropped;
    }
}
