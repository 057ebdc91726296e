package io.millrace.broker.log;

import io.millrace.broker.log.clean.CleanableLog.LastRecord;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** A log's {@link ProducerStates} for those who do not append: asked with {@code appending} held, at the clock's time. */
final class LogProducers implements PartitionProducers {

    private final ProducerStates states;
    private final ReentrantLock appending;
    private final Clock clock;
    private volatile long expirationMs;

    LogProducers(ProducerStates states, ReentrantLock appending, Clock clock, long expirationMs) {
        this.states = states;
        this.appending = appending;
        this.clock = clock;
        this.expirationMs = expirationMs;
    }

    @Override
    public Verification verify(long producerId, short epoch, int sequence, boolean fromZero) {
        appending.lock();
        try {
            return states.verify(producerId, epoch, sequence, fromZero, clock.millis());
        } finally {
            appending.unlock();
        }
    }

    @Override
    public boolean isVerified(long producerId, short epoch, Verification verification) {
        appending.lock();
        try {
            return states.isVerified(producerId, epoch, verification);
        } finally {
            appending.unlock();
        }
    }

    @Override
    public void refused(long producerId, Verification verification) {
        appending.lock();
        try {
            states.refused(producerId, verification);
        } finally {
            appending.unlock();
        }
    }

    @Override
    public List<ActiveProducer> active() {
        appending.lock();
        try {
            return states.producers().stream().map(producer -> new ActiveProducer(producer.producerId(), producer.epoch(), producer.lastSequence(),
                    producer.lastTimestamp(), producer.coordinatorEpoch(), producer.transactionStart())).toList();
        } finally {
            appending.unlock();
        }
    }

    Map<Long, LastRecord> lastRecords() {
        appending.lock();
        try {
            return states.lastRecords();
        } finally {
            appending.unlock();
        }
    }

    /** After how many milliseconds idle ones are forgotten. */
    void expireAfter(long millis) {
        expirationMs = millis;
    }

    /** Forgets those that are idle for too long. */
    void expire() {
        appending.lock();
        try {
            states.expire(clock.millis() - expirationMs);
        } finally {
            appending.unlock();
        }
    }
}
