package io.millrace.broker.network;

import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes connections whose clients do nothing: send nothing, do not end what they began to send, or, while others wait for memory, do not take
 * their responses.
 */
final class IdleSweep implements IdleCounts {

    private static final Logger LOG = LoggerFactory.getLogger(IdleSweep.class);
    private static final long LONGEST_INTERVAL = 1000;
    /** A client that goes on at all needs no longer for what holds memory. */
    private static final long WHILE_SHORT = TimeUnit.SECONDS.toNanos(10);

    private final ConnectionLimits limits;
    private final NetworkMemory memory;
    private final LongAdder idle = new LongAdder();
    private final LongAdder halfSent = new LongAdder();
    private final LongAdder unread = new LongAdder();

    IdleSweep(ConnectionLimits limits, NetworkMemory memory) {
        this.limits = limits;
        this.memory = memory;
    }

    long intervalMillis() {
        return Math.clamp(Math.min(positive(limits.maxIdleMillis()), positive(limits.maxFrameMillis())) / 8, 10, LONGEST_INTERVAL);
    }

    private static long positive(long millis) {
        return millis > 0 ? millis : Long.MAX_VALUE;
    }

    private static long nanos(long millis) {
        return millis > 0 ? TimeUnit.MILLISECONDS.toNanos(millis) : Long.MAX_VALUE;
    }

    void over(Collection<Connection> connections) {
        boolean isShort = memory.isShort();
        long maxIdle = nanos(limits.maxIdleMillis());
        long maxFrame = isShort ? Math.min(WHILE_SHORT, nanos(limits.maxFrameMillis())) : nanos(limits.maxFrameMillis());
        for (Connection connection : connections) {
            if (connection.isIdleFor(maxIdle)) {
                LOG.debug("{}: closed, idle for {} ms (connections.max.idle.ms)", connection, limits.maxIdleMillis());
                idle.increment();
                connection.close();
            } else if (connection.owesRequestFor(maxFrame)) {
                LOG.warn("{}: closed, the rest of a request did not come within {} ms ({})", connection, TimeUnit.NANOSECONDS.toMillis(maxFrame),
                        isShort ? "others wait for memory" : "request.receive.timeout.ms");
                halfSent.increment();
                connection.close();
            } else if (isShort && connection.holdsResponseFor(WHILE_SHORT)) {
                LOG.warn("{}: closed, its client did not read a response for {} ms while others wait for memory", connection,
                        TimeUnit.NANOSECONDS.toMillis(WHILE_SHORT));
                unread.increment();
                connection.close();
            }
        }
    }

    @Override
    public long idle() {
        return idle.sum();
    }

    @Override
    public long halfSent() {
        return halfSent.sum();
    }

    @Override
    public long unread() {
        return unread.sum();
    }
}
