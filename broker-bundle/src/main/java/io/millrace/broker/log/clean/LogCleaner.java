package io.millrace.broker.log.clean;

import io.millrace.broker.log.clean.CleanerState.Job;
import io.millrace.broker.log.clean.CleanerStatus.Uncleanable;
import io.millrace.broker.log.clean.Pace.CleaningStopped;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that compact logs. A log that cannot be cleaned is named in the log with the reason, counted in {@link #status}, and tried again; the
 * threads go on with the others. Thread-safe.
 */
public final class LogCleaner implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LogCleaner.class);

    private final CleanerHost host;
    private volatile CleanerConfig config;
    private final Clock clock;
    private Throttle throttle;
    private List<Thread> threads = List.of();
    /** Guards everything below, the throttle, and the host's files. */
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition stateChanged = lock.newCondition();
    private LastCleanings last;
    private final Pace pace = new Pace() {
        @Override
        public void read(long bytes) {
            passed(bytes, 0);
        }

        @Override
        public void written(long bytes) {
            passed(0, bytes);
        }
    };
    private CleanerState state;
    private long cleanings;
    private long bytesRead;
    private long bytesWritten;
    private long lastRun;
    private boolean stopping;
    /** Guarded by this. */
    private boolean closed;

    private LogCleaner(CleanerHost host, CleanerConfig config, Clock clock) {
        this.host = host;
        this.config = config;
        this.clock = clock;
        this.throttle = new Throttle(config.maxBytesPerSecond());
        this.last = new LastCleanings(config.threads());
        this.lastRun = clock.millis();
    }

    /** Returns at once; the threads look for something to clean after a first rest, so that a start is not slowed down. */
    public static LogCleaner start(CleanerHost host, CleanerConfig config, Clock clock) {
        LogCleaner cleaner = new LogCleaner(host, config, clock);
        cleaner.begin();
        return cleaner;
    }

    private void begin() {
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < config.threads(); i++) {
            int number = i;
            all.add(Thread.ofPlatform().name("log-cleaner-" + i).daemon().unstarted(() -> run(number)));
        }
        lock.lock();
        try {
            threads = all;
        } finally {
            lock.unlock();
        }
        all.forEach(Thread::start);
    }

    /** Cleanings under way end early, and their logs are looked at again under the new configuration. */
    public synchronized void reconfigure(CleanerConfig next) {
        if (closed || next.equals(config)) {
            return;
        }
        stop();
        lock.lock();
        try {
            config = next;
            threads = List.of();
            throttle = new Throttle(next.maxBytesPerSecond());
            last = new LastCleanings(next.threads());
            stopping = false;
        } finally {
            lock.unlock();
        }
        begin();
    }

    private void run(int number) {
        SegmentBatches batches = null;
        while (rest(config.backoff().toNanos())) {
            try {
                batches = batches == null ? new SegmentBatches(config.ioBufferBytes() / config.threads() / 2) : batches;
                while (cleanNext(number, batches)) {
                    LOG.trace("log-cleaner-{} looks for more", number);
                }
            } catch (CleaningStopped stopped) {
                return;
            } catch (Throwable failed) {
                LOG.error("the log cleaner could not choose a log; it tries again after log.cleaner.backoff.ms={}", config.backoff().toMillis(), failed);
            }
        }
    }

    /** Cleans, on this thread, whatever is worth it now, and waits for what others are cleaning. */
    public void cleanNow() throws InterruptedException {
        SegmentBatches batches = new SegmentBatches(config.ioBufferBytes() / config.threads() / 2);
        try {
            while (cleanNext(0, batches)) {
                LOG.trace("looking for more to clean");
            }
            lock.lockInterruptibly();
            try {
                while (state.isUnderWay()) {
                    stateChanged.await();
                }
            } finally {
                lock.unlock();
            }
        } catch (IOException failed) {
            throw new IllegalStateException("cannot read how far logs were cleaned: " + failed.getMessage(), failed);
        }
    }

    private boolean cleanNext(int number, SegmentBatches batches) throws IOException {
        Optional<Job> job;
        lock.lock();
        try {
            checkRunning();
            if (state == null) {
                state = new CleanerState(host.readCleanedOffsets(), config.retry().toMillis());
            }
            lastRun = clock.millis();
            job = state.choose(host.compactedLogs(), clock.millis());
            state.takeUnreadable().forEach(unreadable -> tell(unreadable, null));
            store();
        } finally {
            lock.unlock();
        }
        job.ifPresent(chosen -> clean(number, chosen, batches));
        return job.isPresent();
    }

    private void clean(int number, Job job, SegmentBatches batches) {
        CleanableLog log = job.log();
        long began = System.nanoTime();
        CleaningReport report = null;
        Throwable failure = null;
        try (OffsetMap map = new OffsetMap(job.range().until() - job.range().firstDirty(), config.dedupeBufferBytes() / config.threads(), config.loadFactor())) {
            report = new Cleaning(log, job.range(), clock.millis(), map, batches, pace).run();
        } catch (Throwable failed) {
            failure = failed;
        }
        long millis = (System.nanoTime() - began) / 1_000_000;
        lock.lock();
        try {
            if (report != null) {
                state.done(log, report.until());
                cleanings++;
                last.add(number, report, millis);
                LOG.info("{}: cleaned offsets {} to {} in {} ms, {} bytes are {} now", log.partition(), report.from(), report.until(), millis,
                        report.bytesBefore(), report.bytesAfter());
                store();
            } else if (failure instanceof CleaningStopped || failure instanceof LogChanged || !log.isOnline()) {
                // Nothing is wrong with it: it was deleted or moved, or retention took a segment away meanwhile.
                state.abandoned(log);
                LOG.debug("{}: its cleaning ended early", log.partition(), failure);
            } else {
                tell(state.failed(log, String.valueOf(failure.getMessage() == null ? failure : failure.getMessage()), clock.millis()), failure);
            }
            stateChanged.signalAll();
        } finally {
            lock.unlock();
        }
        if (failure instanceof CleaningStopped stopped) {
            throw stopped;
        }
    }

    private void tell(Uncleanable uncleanable, Throwable failure) {
        LOG.error("{} cannot be cleaned and grows until it can be: {}; tried {} times, again in {} s", uncleanable.partition(), uncleanable.reason(),
                uncleanable.failures(), (uncleanable.retryAt() - clock.millis()) / 1_000, failure);
    }

    /** Without this file the next start cleans more than it must, and nothing worse. */
    private void store() {
        Optional<Map<CleanableLog, Long>> changes = state.takeChanges();
        if (changes.isEmpty()) {
            return;
        }
        try {
            host.writeCleanedOffsets(changes.get());
        } catch (IOException e) {
            state.keepChanges();
            LOG.warn("how far logs are clean could not be stored, it is tried again: {}", e.toString());
        }
    }

    private void passed(long read, long written) {
        long nanos;
        lock.lock();
        try {
            checkRunning();
            bytesRead += read;
            bytesWritten += written;
            nanos = throttle.passed(read + written, System.nanoTime());
        } finally {
            lock.unlock();
        }
        if (nanos > 0 && !rest(nanos)) {
            throw new CleaningStopped();
        }
    }

    private void checkRunning() {
        if (stopping) {
            throw new CleaningStopped();
        }
    }

    /** Nobody interrupts a cleaner: that would close the file that it reads. @return false if the cleaner stops */
    private boolean rest(long nanos) {
        lock.lock();
        try {
            long until = System.nanoTime() + nanos;
            while (!stopping) {
                long left = until - System.nanoTime();
                if (left <= 0) {
                    return true;
                }
                try {
                    stateChanged.awaitNanos(left);
                } catch (InterruptedException e) {
                    LOG.debug("a cleaner thread is not stopped by an interrupt, but by close()", e);
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** As of the cleaner's last look at the logs. Quick: reads no file. */
    public CleanerStatus status() {
        lock.lock();
        try {
            int dead = (int) threads.stream().filter(thread -> !thread.isAlive()).count();
            boolean looked = state != null;
            return new CleanerStatus(cleanings, bytesRead, bytesWritten, stopping ? 0 : dead, looked ? (int) (100 * state.dirtiest()) : 0, looked ? state.mostOverdueMs() / 1_000 : 0,
                    last.maxUtilizationPercent(), last.recopyPercent(), last.maxSeconds(), clock.millis() - lastRun,
                    looked ? state.uncleanableBytes() : 0, looked ? state.uncleanable() : List.of());
        } finally {
            lock.unlock();
        }
    }

    /** Ends cleanings under way, which leaves their logs as they were, and waits for the threads. */
    @Override
    public synchronized void close() {
        closed = true;
        stop();
    }

    private void stop() {
        List<Thread> running;
        lock.lock();
        try {
            stopping = true;
            running = threads;
            stateChanged.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        for (Thread thread : running) {
            try {
                if (!thread.join(java.time.Duration.ofSeconds(10))) {
                    LOG.warn("{} is still busy; what it cleans is thrown away at the next start", thread.getName());
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
