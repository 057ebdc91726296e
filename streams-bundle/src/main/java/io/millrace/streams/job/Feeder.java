package io.millrace.streams.job;

import io.millrace.api.log.LogReader;
import io.millrace.api.log.LogReader.Isolation;
import io.millrace.api.log.LogSlice;
import io.millrace.api.log.OffsetOutOfRangeException;
import io.millrace.streams.task.Chunk;
import io.millrace.streams.task.InputPartition;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads one input partition ahead of its task, on a virtual thread. */
final class Feeder {

    private static final Logger LOG = LoggerFactory.getLogger(Feeder.class);
    private static final int SLICE_BYTES = 512 * 1024;
    /** With the slice size, what a partition may hold in memory ahead of its task. */
    private static final int SLICES_AHEAD = 2;
    private static final Duration LOOK_UP = Duration.ofMillis(500);

    private final LogReader reader;
    private final InputPartition input;
    private final Runnable signal;
    private final BlockingQueue<Chunk> ahead = new ArrayBlockingQueue<>(SLICES_AHEAD);
    /** Where the next read begins; written after the slice before it was queued, so that the worker never sees the position without the slice. */
    private volatile long position;
    private volatile RuntimeException failure;
    private volatile Thread thread;

    Feeder(LogReader reader, InputPartition input, long offset, BooleanSupplier settled, Runnable signal) {
        this.reader = reader;
        this.input = input;
        this.position = offset;
        this.signal = signal;
        input.start(offset, this::isCaughtUp, () -> reader.endOffset(Isolation.READ_COMMITTED), settled);
    }

    void start(String job) {
        thread = Thread.ofVirtual().name(job + "-" + input.topic() + "-" + input.partition()).start(this::run);
    }

    void stop() throws InterruptedException {
        if (thread != null) {
            thread.interrupt();
            thread.join();
        }
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                if (reader.awaitBeyond(position, Isolation.READ_COMMITTED, LOOK_UP)) {
                    read();
                }
            }
        } catch (InterruptedException e) {
            // stopped
        } catch (RuntimeException e) {
            failure = e;
            signal.run();
        }
    }

    private void read() throws InterruptedException {
        LogSlice slice;
        try {
            slice = reader.read(position, SLICE_BYTES, Isolation.READ_COMMITTED);
        } catch (OffsetOutOfRangeException e) {
            long start = reader.startOffset();
            LOG.warn("{}-{}: offset {} is not in the log any more, which retention shortened before the job read it; going on at {}",
                    input.topic(), input.partition(), position, start);
            ahead.put(new Chunk(Collections.emptyIterator(), start));
            position = start;
            return;
        }
        if (slice.nextOffset() > position) {
            ahead.put(new Chunk(new CommittedRecords(slice), slice.nextOffset()));
            position = slice.nextOffset();
            signal.run();
        } else {
            Thread.sleep(1);
        }
    }

    /** Hands what is ready to the task. Called by the worker. */
    void deliver() {
        if (failure != null) {
            throw failure;
        }
        while (input.waitingChunks() < SLICES_AHEAD) {
            Chunk chunk = ahead.poll();
            if (chunk == null) {
                return;
            }
            input.add(chunk);
        }
    }

    private boolean isCaughtUp() {
        long read = position;
        return ahead.isEmpty() && reader.endOffset(Isolation.READ_COMMITTED) <= read;
    }

    long lag() {
        return Math.max(0, reader.endOffset(Isolation.READ_COMMITTED) - input.position());
    }

    InputPartition input() {
        return input;
    }
}
