package io.millrace.broker.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fetch.FetchDeadlines.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FetchDeadlinesTest {

    private final FetchDeadlines deadlines = new FetchDeadlines();

    @AfterEach
    void close() {
        deadlines.close();
    }

    private static Runnable wakes(Thread waiter) {
        return () -> LockSupport.unpark(waiter);
    }

    private void await(long millis) {
        Deadline deadline = deadlines.in(millis, wakes(Thread.currentThread()));
        while (!deadlines.isOver(deadline)) {
            LockSupport.park();
        }
    }

    @Test
    void whoeverWaitsGoesOnWhenItsTimeIsUpAndNotBefore() {
        long began = System.nanoTime();
        await(30);
        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(30));
    }

    @Test
    void aDeadlineThatComesLaterAndIsEarlierIsNotMissed() throws InterruptedException {
        CountDownLatch waits = new CountDownLatch(1);
        Thread patient = Thread.ofVirtual().start(() -> {
            Deadline deadline = deadlines.in(TimeUnit.HOURS.toMillis(1), wakes(Thread.currentThread()));
            waits.countDown();
            LockSupport.park();
            deadlines.cancel(deadline);
        });
        waits.await();
        await(5);
        LockSupport.unpark(patient);
        assertThat(patient.join(Duration.ofSeconds(30))).isTrue();
    }

    @Test
    void nothingIsKeptOfWhoIsAnsweredBeforeItsTime() {
        deadlines.cancel(deadlines.in(TimeUnit.HOURS.toMillis(1), () -> { }));
        assertThat(deadlines.pending()).isZero();
    }

    @Test
    void ofManyNoneIsForgotten() throws InterruptedException {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<Thread> threads = new ArrayList<>();
        ConcurrentLinkedQueue<Long> early = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < 500; i++) {
            long[] millis = random.longs(20, 0, 15).toArray();
            threads.add(Thread.ofVirtual().start(() -> {
                for (long wait : millis) {
                    long began = System.nanoTime();
                    await(wait);
                    if (System.nanoTime() - began < TimeUnit.MILLISECONDS.toNanos(wait)) {
                        early.add(wait);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(30))).as("a thread whose time is long up, seed %s", seed).isTrue();
        }
        assertThat(early).isEmpty();
        assertThat(deadlines.pending()).isZero();
    }
}
