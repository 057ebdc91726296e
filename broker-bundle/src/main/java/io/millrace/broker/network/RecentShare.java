package io.millrace.broker.network;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/** Of a time that adds up, what share of about the last half minute it was; of the time since it was asked last, if that is longer. Thread-safe. */
final class RecentShare {

    private static final long WINDOW = TimeUnit.SECONDS.toNanos(30);
    private static final long SPACING = TimeUnit.SECONDS.toNanos(1);

    private record Asked(long nanos, long total) {
    }

    private final Deque<Asked> before = new ArrayDeque<>();

    /** @return 0 to 1 */
    synchronized double of(long total, long nanos) {
        while (before.size() > 1 && nanos - before.getFirst().nanos() > WINDOW) {
            before.removeFirst();
        }
        Asked oldest = before.peekFirst();
        if (oldest == null || nanos - before.getLast().nanos() >= SPACING) {
            before.addLast(new Asked(nanos, total));
        }
        return oldest == null || nanos <= oldest.nanos() ? 0 : Math.clamp((double) (total - oldest.total()) / (nanos - oldest.nanos()), 0, 1);
    }
}
