package io.millrace.kernel.guard;

import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import jdk.management.VirtualThreadSchedulerMXBean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the platform's virtual threads running when virtual threads of a plugin spin and take their carriers away, for which the JDK has no
 * time slices: looks now and then whether a virtual thread gets its turn, and adds carriers while none does.
 */
public final class CarrierRelief implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CarrierRelief.class);
    private static final long EVERY_MS = 1_000;
    private static final long PATIENCE_MS = 500;
    private static final int MOST = 256;
    private static final int LONGEST_QUEUE = 1 << 14;

    private final Thread thread = Thread.ofPlatform().name("carrier-relief").daemon().unstarted(this::run);

    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(EVERY_MS);
                while (!turns()) {
                    relieve();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean turns() throws InterruptedException {
        CountDownLatch turn = new CountDownLatch(1);
        Thread.ofVirtual().name("carrier-relief-turn").start(turn::countDown);
        return turn.await(PATIENCE_MS, TimeUnit.MILLISECONDS);
    }

    private static void relieve() {
        VirtualThreadSchedulerMXBean scheduler = ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);
        int carriers = scheduler.getParallelism();
        int more = Math.min(MOST, carriers + Runtime.getRuntime().availableProcessors());
        if (more > carriers) {
            LOG.error("no virtual thread has had its turn for {} ms, {} are waiting: code that spins holds all {} carriers; going on with {}."
                    + " Find it with 'jcmd {} Thread.dump_to_file', and remove its plugin", PATIENCE_MS, scheduler.getQueuedVirtualThreadCount(), carriers,
                    more, ProcessHandle.current().pid());
            scheduler.setParallelism(more);
            wake(scheduler);
        }
    }

    /**
     * Makes the scheduler notice that it may have more carriers. Its pool ({@link java.util.concurrent.ForkJoinPool}) looks whether a further worker is due
     * only when something joins a queue that was empty or that becomes full, or when a worker takes something; while all carriers spin and all queues hold
     * something, only filling one is left.
     */
    private static void wake(VirtualThreadSchedulerMXBean scheduler) {
        int before = scheduler.getPoolSize();
        for (int started = 0; started < LONGEST_QUEUE && scheduler.getPoolSize() == before; started++) {
            Thread.startVirtualThread(() -> { });
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
