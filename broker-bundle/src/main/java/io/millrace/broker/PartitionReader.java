package io.millrace.broker;

import io.millrace.api.log.LogReader;
import io.millrace.api.log.LogSlice;
import io.millrace.api.log.LogSlice.AbortedTransaction;
import io.millrace.api.log.OffsetOutOfRangeException;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionLog.Committed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;

/** Reads one partition's log in process. */
final class PartitionReader implements LogReader {

    private static final Duration LONGEST_WAIT = Duration.ofDays(365);
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private final PartitionLog log;

    PartitionReader(PartitionLog log) {
        this.log = log;
    }

    @Override
    public long startOffset() {
        return log.startOffset();
    }

    @Override
    public long endOffset(Isolation isolation) {
        return isolation == Isolation.READ_COMMITTED ? log.lastStableOffset() : log.highWatermark();
    }

    @Override
    public LogSlice read(long offset, int maxBytes, Isolation isolation) {
        long end = endOffset(isolation);
        if (offset >= end && offset <= log.endOffset() && offset >= log.startOffset()) {
            return new LogSlice(NOTHING, offset, end, List.of());
        }
        // An interrupt during file access closes the file for everybody, and the caller's thread may be interrupted by whoever owns it.
        FutureTask<LogSlice> task = new FutureTask<>(() -> readHere(offset, maxBytes, isolation, end));
        Thread.ofVirtual().name("reader of " + log.topicPartition()).start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException failed) {
            throw failure(failed.getCause(), offset);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private RuntimeException failure(Throwable cause, long offset) {
        return switch (cause) {
            case org.apache.kafka.common.errors.OffsetOutOfRangeException _ -> new OffsetOutOfRangeException(log.topicPartition() + " has offsets "
                    + log.startOffset() + " to " + log.endOffset() + ", not " + offset);
            case IOException unreadable -> new UncheckedIOException(log.topicPartition() + " cannot be read", unreadable);
            case ApiException offline -> new UncheckedIOException(new IOException(log.topicPartition() + " cannot be read: " + offline.getMessage(), offline));
            case RuntimeException broken -> broken;
            default -> new IllegalStateException(log.topicPartition() + " cannot be read", cause);
        };
    }

    private LogSlice readHere(long offset, int maxBytes, Isolation isolation, long end) throws IOException {
        Committed read = isolation == Isolation.READ_COMMITTED ? log.readCommitted(offset, maxBytes, end, true)
                : new Committed(log.read(offset, maxBytes, end, true), List.of());
        ByteBuffer batches = content(read.records());
        if (!batches.hasRemaining()) {
            return new LogSlice(NOTHING, offset, end, List.of());
        }
        long next = offset;
        for (RecordBatch batch : MemoryRecords.readableRecords(batches.duplicate()).batches()) {
            next = batch.nextOffset();
        }
        long last = next;
        List<AbortedTransaction> aborted = read.aborted().stream().filter(one -> one.firstOffset() < last)
                .map(one -> new AbortedTransaction(one.producerId(), one.firstOffset())).toList();
        return new LogSlice(batches, next, end, aborted);
    }

    private static ByteBuffer content(Records records) throws IOException {
        return switch (records) {
            case FileRecords file -> {
                ByteBuffer bytes = ByteBuffer.allocate(file.sizeInBytes());
                file.readInto(bytes, 0);
                yield bytes;
            }
            case MemoryRecords memory -> memory.buffer();
            default -> throw new IllegalStateException("cannot read " + records.getClass());
        };
    }

    @Override
    public boolean awaitBeyond(long offset, Isolation isolation, Duration timeout) throws InterruptedException {
        if (endOffset(isolation) > offset) {
            return true;
        }
        Thread waiting = Thread.currentThread();
        Runnable wake = () -> LockSupport.unpark(waiting);
        long deadline = System.nanoTime() + (timeout.compareTo(LONGEST_WAIT) < 0 ? timeout : LONGEST_WAIT).toNanos();
        log.addListener(wake);
        try {
            while (endOffset(isolation) <= offset) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                LockSupport.parkNanos(this, left);
                if (Thread.interrupted()) {
                    throw new InterruptedException("waiting for " + log.topicPartition() + " to grow beyond " + offset);
                }
            }
            return true;
        } finally {
            log.removeListener(wake);
        }
    }
}
