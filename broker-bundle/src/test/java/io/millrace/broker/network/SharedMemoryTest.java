package io.millrace.broker.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The memory of all connections, shared by many threads. */
@Timeout(60)
class SharedMemoryTest {

    private static final int KILOBYTE = 1024;

    @Test
    void requestsNeverTakeMoreThanThereIsAndEveryoneGetsSome() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        int capacity = 8 * 1024 * KILOBYTE;
        RequestMemory memory = new RequestMemory(capacity);
        AtomicLong held = new AtomicLong();
        AtomicLong most = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int client = 0; client < 64; client++) {
            Random random = new Random(seed + client);
            threads.add(Thread.startVirtualThread(() -> {
                MemoryAccount account = new MemoryAccount(memory);
                for (int i = 0; i < 500; i++) {
                    // Up to 2 MB, so that some are large; none larger than the purse of large ones.
                    int bytes = 1 + random.nextInt(random.nextInt(10) == 0 ? 2048 * KILOBYTE : 100 * KILOBYTE);
                    int loan = account.take(bytes, random.nextBoolean());
                    most.accumulateAndGet(held.addAndGet(bytes), Math::max);
                    Thread.yield();
                    held.addAndGet(-bytes);
                    // What a connection has comes back when it ends, too.
                    if (random.nextInt(50) > 0) {
                        account.giveBack(loan);
                    } else {
                        account.end();
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(50))).as("seed %d: a client waits for ever", seed).isTrue();
        }
        assertThat(most.get()).as("seed %d", seed).isLessThanOrEqualTo(capacity);
        assertThat(memory.usedBytes()).as("seed %d", seed).isZero();
        assertThat(memory.availableBytes()).isEqualTo(capacity);
        assertThat(memory.isShort()).isFalse();
    }

    @Test
    void aRequestThatIsLargerThanEverythingGetsAllOfItsPurse() {
        RequestMemory memory = new RequestMemory(4096 * KILOBYTE);
        int loan = memory.take(100L * 1024 * KILOBYTE);
        assertThat(memory.usedBytes()).isEqualTo(1024 * KILOBYTE);
        assertThat(memory.tryTake(2048 * KILOBYTE, false)).as("another large one has to wait").isZero();
        assertThat(memory.tryTake(500 * KILOBYTE, false)).as("a usual one has not").isPositive();
        memory.giveBack(loan);
        assertThat(memory.tryTake(2048 * KILOBYTE, false)).isNegative();
    }

    @Test
    void whoeverMakesAResponseWaitsWhileOthersTakeTheMemory() throws Exception {
        ResponseMemory memory = new ResponseMemory(100);
        memory.awaitRoom();
        memory.hold(80);
        memory.awaitRoom();
        memory.hold(80);
        CountDownLatch made = new CountDownLatch(2);
        for (int i = 0; i < 2; i++) {
            Thread.startVirtualThread(() -> {
                memory.awaitRoom();
                made.countDown();
            });
        }
        assertThat(made.await(100, TimeUnit.MILLISECONDS)).isFalse();
        memory.release(10);
        assertThat(made.await(100, TimeUnit.MILLISECONDS)).as("150 bytes are still too many").isFalse();
        memory.release(70);
        assertThat(made.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(memory.heldBytes()).isEqualTo(80);
    }
}
