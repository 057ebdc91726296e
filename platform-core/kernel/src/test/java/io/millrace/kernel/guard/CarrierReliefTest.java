package io.millrace.kernel.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import jdk.management.VirtualThreadSchedulerMXBean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CarrierReliefTest {

    private static final int SUBMITTERS = 64;

    private final VirtualThreadSchedulerMXBean scheduler = ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);
    private final int carriers = scheduler.getParallelism();
    private final CountDownLatch spinning = new CountDownLatch(carriers);
    private volatile boolean enough;

    @AfterEach
    void letTheCarriersGo() {
        enough = true;
        scheduler.setParallelism(carriers);
    }

    @Test
    void virtualThreadsWaitingInEveryQueueOfTheSchedulerGetTheirTurnWhileOthersSpinOnAllCarriers() throws Exception {
        for (int i = 0; i < carriers; i++) {
            Thread.startVirtualThread(this::spin);
        }
        assertThat(spinning.await(30, TimeUnit.SECONDS)).isTrue();
        CountDownLatch turns = new CountDownLatch(SUBMITTERS * 3);
        for (int i = 0; i < SUBMITTERS; i++) {
            Thread.ofPlatform().start(() -> {
                for (int j = 0; j < 3; j++) {
                    Thread.startVirtualThread(turns::countDown);
                }
            }).join();
        }
        assertThat(turns.getCount()).isEqualTo(SUBMITTERS * 3);
        try (CarrierRelief relief = new CarrierRelief()) {
            relief.start();
            assertThat(turns.await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    private void spin() {
        spinning.countDown();
        while (!enough) {
            Thread.onSpinWait();
        }
    }
}
