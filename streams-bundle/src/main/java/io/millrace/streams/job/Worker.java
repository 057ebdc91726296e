package io.millrace.streams.job;

import io.millrace.api.log.LocalLogs;
import io.millrace.api.log.LogReader;
import io.millrace.api.log.LogReader.Isolation;
import io.millrace.api.log.LogSlice;
import io.millrace.streams.task.InputPartition;
import io.millrace.streams.task.Task;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.Utils;

/**
 * Drives some of a job's tasks on one thread, in one transaction at a time: restores their state, then processes and commits until told to stop.
 * A platform thread: the chains are bound to the CPU and would keep a carrier to themselves.
 */
final class Worker {

    /** Records between two looks at the clock and at the other tasks. */
    private static final int TURN = 1_000;
    private static final int RESTORE_BYTES = 1024 * 1024;
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Transactions transactions;
    private final List<Task> tasks;
    private final LocalLogs logs;
    private final Map<TopicPartition, Long> start;
    private final Predicate<String> settled;
    private final long commitNanos;
    private final JobCounters counters;
    private final List<Feeder> feeders = new ArrayList<>();
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private final Semaphore signals = new Semaphore(0);
    private volatile boolean stopping;
    private volatile Progress progress = Progress.NONE;

    /**
     * @param start   committed positions
     * @param settled of an input topic, see {@link InputPartition#start}
     */
    Worker(Transactions transactions, List<Task> tasks, LocalLogs logs, Map<TopicPartition, Long> start, Predicate<String> settled,
            long commitMillis, JobCounters counters) {
        this.transactions = transactions;
        this.tasks = tasks;
        this.logs = logs;
        this.start = start;
        this.settled = settled;
        this.counters = counters;
        this.commitNanos = TimeUnit.MILLISECONDS.toNanos(commitMillis);
    }

    /** Reads the changelogs to their end. */
    void restore() throws InterruptedException {
        for (Task task : tasks) {
            for (String changelog : task.changelogs()) {
                LogReader reader = reader(changelog, task.id().partition());
                long end = reader.endOffset(Isolation.READ_COMMITTED);
                long offset = reader.startOffset();
                while (offset < end && !stopping) {
                    LogSlice slice = reader.read(offset, RESTORE_BYTES, Isolation.READ_COMMITTED);
                    if (slice.nextOffset() == offset) {
                        Thread.sleep(1);
                    }
                    for (CommittedRecords records = new CommittedRecords(slice); records.hasNext();) {
                        Record record = records.next();
                        if (record.offset() >= offset) {
                            task.restore(changelog, Utils.toArray(record.key()), record.hasValue() ? Utils.toArray(record.value()) : null,
                                    record.timestamp());
                        }
                    }
                    offset = slice.nextOffset();
                }
            }
        }
    }

    private LogReader reader(String topic, int partition) {
        return logs.reader(topic, partition).orElseThrow(() -> new IllegalStateException(
                "partition " + topic + "-" + partition + " is not on this node; it was deleted, or is being moved"));
    }

    /** Until {@link #stop}, ending with a commit, or a failure, ending with nothing. */
    void process(String job) throws InterruptedException {
        try {
            for (Task task : tasks) {
                for (InputPartition input : task.inputs()) {
                    LogReader reader = reader(input.topic(), input.partition());
                    Long position = start.get(new TopicPartition(input.topic(), input.partition()));
                    feeders.add(new Feeder(reader, input, position == null ? reader.startOffset() : position,
                            () -> settled.test(input.topic()), signals::release));
                }
            }
            feeders.forEach(feeder -> feeder.start(job));
            loop();
        } finally {
            for (Feeder feeder : feeders) {
                feeder.stop();
            }
        }
    }

    private void loop() throws InterruptedException {
        boolean pending = false;
        long commitAt = 0;
        while (!stopping) {
            int done = 0;
            feeders.forEach(Feeder::deliver);
            for (Task task : tasks) {
                done += task.process(TURN);
            }
            long now = System.nanoTime();
            if (done > 0 && !pending) {
                pending = true;
                commitAt = now + commitNanos;
            }
            if (pending && now - commitAt >= 0) {
                commit();
                pending = false;
            } else if (done == 0) {
                if (!pending) {
                    tasks.forEach(Task::committed);
                }
                publish();
                signals.tryAcquire(pending ? commitAt - now : IDLE_NANOS, TimeUnit.NANOSECONDS);
                signals.drainPermits();
            }
        }
        if (pending) {
            commit();
        }
    }

    private void commit() {
        long began = System.nanoTime();
        tasks.forEach(Task::flush);
        Map<TopicPartition, OffsetAndMetadata> moved = new HashMap<>();
        for (Feeder feeder : feeders) {
            InputPartition input = feeder.input();
            TopicPartition partition = new TopicPartition(input.topic(), input.partition());
            if (!Long.valueOf(input.position()).equals(committed.put(partition, input.position()))) {
                moved.put(partition, new OffsetAndMetadata(input.position()));
            }
        }
        long written = transactions.commit(moved);
        counters.committed(System.nanoTime() - began, written);
        tasks.forEach(Task::committed);
        publish();
    }

    private void publish() {
        long processed = 0;
        long late = 0;
        long dropped = 0;
        long entries = 0;
        for (Task task : tasks) {
            processed += task.counters().processed();
            late += task.counters().late();
            dropped += task.counters().dropped();
            entries += task.stateEntries();
        }
        long lag = feeders.stream().mapToLong(Feeder::lag).sum();
        counters.processed(processed - progress.processed(), late - progress.late(), dropped - progress.dropped());
        progress = new Progress(processed, late, dropped, entries, lag, Map.copyOf(committed));
    }

    void stop() {
        stopping = true;
        signals.release();
    }

    void close() {
        transactions.close();
    }

    Progress progress() {
        return progress;
    }

    /** As of the last commit, or later. @param lag records that could be read and are not yet processed */
    record Progress(long processed, long late, long dropped, long stateEntries, long lag, Map<TopicPartition, Long> committed) {
        static final Progress NONE = new Progress(0, 0, 0, 0, 0, Map.of());
    }
}
