package io.millrace.api.metrics;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Counts values by size: four buckets to each power of two, so that a quantile is off by at most an eighth. Recording takes two atomic additions and
 * allocates nothing; threads are spread over a few stripes. Thread-safe.
 */
public final class Distribution {

    private static final int STRIPES = Integer.highestOneBit(Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 8));
    /** Values from 2^45 on, a year in microseconds, are all the same. */
    private static final int BUCKETS = 4 * 44;
    private static final int SUM = BUCKETS;
    private static final long WINDOW = TimeUnit.MINUTES.toNanos(2);
    private static final long SPACING = TimeUnit.SECONDS.toNanos(30);

    private record Earlier(long nanos, Snapshot snapshot) {
    }

    private final AtomicReferenceArray<AtomicLongArray> stripes = new AtomicReferenceArray<>(STRIPES);
    /** What {@link #recent} saw before; guarded by itself, null until asked first. */
    private final Deque<Earlier> earlier = new ArrayDeque<>(0);

    /** Counts a value; a negative one as 0. */
    public void record(long value) {
        long counted = Math.max(0, value);
        int index = (int) Thread.currentThread().threadId() & STRIPES - 1;
        AtomicLongArray stripe = stripes.get(index);
        if (stripe == null) {
            stripes.compareAndSet(index, null, new AtomicLongArray(BUCKETS + 1));
            stripe = stripes.get(index);
        }
        stripe.getAndAdd(bucket(counted), 1);
        stripe.getAndAdd(SUM, counted);
    }

    /** Counts a time in microseconds, rounded. */
    public void recordNanos(long nanos) {
        record((nanos + 500) / 1000);
    }

    private static int bucket(long value) {
        if (value < 4) {
            return (int) value;
        }
        int power = 63 - Long.numberOfLeadingZeros(value);
        return Math.min(BUCKETS - 1, (power - 1) * 4 + (int) (value >>> power - 2 & 3));
    }

    /** The smallest value of a bucket. */
    private static long floor(int bucket) {
        return bucket < 4 ? bucket : (4L + (bucket & 3)) << bucket / 4 - 1;
    }

    /** All since the start. */
    public Snapshot snapshot() {
        long[] counts = new long[BUCKETS];
        long sum = 0;
        for (int i = 0; i < STRIPES; i++) {
            AtomicLongArray stripe = stripes.get(i);
            if (stripe != null) {
                for (int bucket = 0; bucket < BUCKETS; bucket++) {
                    counts[bucket] += stripe.getPlain(bucket);
                }
                sum += stripe.get(SUM);
            }
        }
        return new Snapshot(counts, sum);
    }

    /**
     * About the last two minutes if it is asked regularly; else, what came since it was asked before.
     *
     * @param nanos now, of {@link System#nanoTime}
     */
    public Snapshot recent(long nanos) {
        Snapshot now = snapshot();
        synchronized (earlier) {
            if (earlier.isEmpty()) {
                earlier.add(new Earlier(nanos, new Snapshot(new long[BUCKETS], 0)));
            }
            while (earlier.size() > 1 && nanos - second().nanos() >= WINDOW) {
                earlier.removeFirst();
            }
            Snapshot since = now.minus(earlier.getFirst().snapshot());
            if (nanos - earlier.getLast().nanos() >= SPACING) {
                earlier.addLast(new Earlier(nanos, now));
            }
            return since;
        }
    }

    private Earlier second() {
        var each = earlier.iterator();
        each.next();
        return each.next();
    }

    /** How many values there were of each size. Immutable. */
    public static final class Snapshot {

        private final long[] counts;
        private final long sum;
        private final long count;

        private Snapshot(long[] counts, long sum) {
            this.counts = counts;
            this.sum = sum;
            this.count = Arrays.stream(counts).sum();
        }

        private Snapshot minus(Snapshot before) {
            long[] left = new long[BUCKETS];
            for (int i = 0; i < BUCKETS; i++) {
                left[i] = Math.max(0, counts[i] - before.counts[i]);
            }
            return new Snapshot(left, Math.max(0, sum - before.sum));
        }

        public long count() {
            return count;
        }

        public long sum() {
            return sum;
        }

        /** 0 if there is nothing. */
        public double mean() {
            return count == 0 ? 0 : (double) sum / count;
        }

        /** The value that the share of {@code quantile} of all is at most; 0 if there is nothing. */
        public double quantile(double quantile) {
            double rank = quantile * count;
            long below = 0;
            for (int bucket = 0; bucket < BUCKETS; bucket++) {
                if (counts[bucket] > 0 && below + counts[bucket] >= rank) {
                    return floor(bucket) + width(bucket) * Math.max(0, rank - below) / counts[bucket];
                }
                below += counts[bucket];
            }
            return 0;
        }

        /** The least there was, to a quarter; 0 if there is nothing. */
        public double min() {
            for (int bucket = 0; bucket < BUCKETS; bucket++) {
                if (counts[bucket] > 0) {
                    return floor(bucket);
                }
            }
            return 0;
        }

        /** The most there was, to a quarter; 0 if there is nothing. */
        public double max() {
            for (int bucket = BUCKETS - 1; bucket >= 0; bucket--) {
                if (counts[bucket] > 0) {
                    return floor(bucket) + width(bucket);
                }
            }
            return 0;
        }

        public double standardDeviation() {
            double mean = mean();
            double squares = 0;
            for (int bucket = 0; bucket < BUCKETS; bucket++) {
                double off = floor(bucket) + width(bucket) / 2 - mean;
                squares += counts[bucket] * off * off;
            }
            return count < 2 ? 0 : Math.sqrt(squares / (count - 1));
        }

        /** How many were less than the power of two; exact. */
        public long below(int power) {
            long below = 0;
            for (int bucket = 0; bucket < bucket(1L << power); bucket++) {
                below += counts[bucket];
            }
            return below;
        }

        /** Whole numbers below 4 have a bucket each. */
        private static double width(int bucket) {
            return bucket < 4 ? 0 : 1L << bucket / 4 - 1;
        }
    }
}
