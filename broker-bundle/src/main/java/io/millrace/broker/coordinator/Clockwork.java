package io.millrace.broker.coordinator;

import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Calls the shards when something is due in them. One thread; asleep as long as nothing is. */
public final class Clockwork implements AutoCloseable {

    private final Clock clock;
    private final List<Shard<?>> shards = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long earliest = StateMachine.NEVER;
    private boolean closed;

    public Clockwork(Clock clock) {
        this.clock = clock;
    }

    public void start() {
        Thread.ofVirtual().name("coordinators' clock").start(this::work);
    }

    void add(Shard<?> shard) {
        shards.add(shard);
        callBy(0);
    }

    void callBy(long deadline) {
        lock.lock();
        try {
            if (deadline < earliest) {
                earliest = deadline;
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        while (awaitDue()) {
            for (Shard<?> shard : shards) {
                callBy(shard.onTime());
            }
        }
    }

    private boolean awaitDue() {
        lock.lock();
        try {
            while (!closed && earliest > clock.millis()) {
                if (earliest == StateMachine.NEVER) {
                    changed.awaitUninterruptibly();
                } else {
                    changed.await(earliest - clock.millis(), TimeUnit.MILLISECONDS);
                }
            }
            earliest = StateMachine.NEVER;
            return !closed;
        } catch (InterruptedException stopped) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }
}
