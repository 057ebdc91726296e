package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Moves of logs between folders, one at a time. Thread-safe. */
final class LogMoves {

    private static final Logger LOG = LoggerFactory.getLogger(LogMoves.class);

    private volatile long bytesPerSecond;
    private final Map<TopicPartition, LogMove> moves = new ConcurrentHashMap<>();
    private ExecutorService mover;

    LogMoves(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Those under way go on at that rate. */
    void rate(long newBytesPerSecond) {
        bytesPerSecond = newBytesPerSecond;
    }

    /** A move of the same log to elsewhere is given up. */
    synchronized void begin(SegmentedLog log, LogDir to) {
        LogMove before = moves.get(log.topicPartition());
        if (before != null && before.to() == to) {
            return;
        }
        cancel(log.topicPartition());
        if (log.dir() == to) {
            return;
        }
        LogMove move = new LogMove(log, to, () -> bytesPerSecond);
        moves.put(log.topicPartition(), move);
        if (mover == null) {
            mover = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("log-mover").factory());
        }
        mover.execute(() -> run(move));
    }

    /**
     * Begins anew what a stop cut off.
     *
     * @param log that was being moved, or null if it is in no log folder that works
     */
    void resume(SegmentedLog log, LogLoader.Arriving arriving) {
        Path copy = arriving.copy();
        if (log == null || !log.isOnline()) {
            LOG.warn("{}: is unfinished, and its original is in no log folder that works; it is not used", copy);
            return;
        }
        try {
            LogDirFiles.removeTree(copy);
        } catch (IOException e) {
            LOG.warn("{} cannot be removed: {}", copy, e.toString());
        }
        LOG.info("{} was on its way to {}; that begins anew", arriving.partition(), arriving.to().path());
        begin(log, arriving.to());
    }

    private void run(LogMove move) {
        try {
            move.run();
        } catch (CancellationException calledOff) {
            LOG.info("{} stays in {}: its move to {} was called off", move.log().topicPartition(), move.log().dir().path(), move.to().path());
        } catch (IOException | RuntimeException e) {
            LOG.error("{} stays in {}, it cannot be moved to {}", move.log().topicPartition(), move.log().dir().path(), move.to().path(), e);
            move.log().dir().suspect(e);
            move.to().suspect(e);
        } finally {
            moves.remove(move.log().topicPartition(), move);
        }
    }

    /** On return the log will not be moved any more. */
    void cancel(TopicPartition partition) {
        LogMove move = moves.remove(partition);
        if (move != null) {
            move.cancel();
        }
    }

    /** Those under way to the folder. */
    List<LogMove> to(LogDir dir) {
        return moves.values().stream().filter(move -> move.to() == dir).toList();
    }

    int arrivingAt(LogDir dir) {
        return to(dir).size();
    }

    /** Stops; the thread is not interrupted, since it uses files. */
    void close() {
        ExecutorService running;
        synchronized (this) {
            running = mover;
            moves.values().forEach(LogMove::stop);
        }
        if (running != null) {
            running.shutdown();
            try {
                if (!running.awaitTermination(10, TimeUnit.SECONDS)) {
                    LOG.warn("a log is still being moved");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
