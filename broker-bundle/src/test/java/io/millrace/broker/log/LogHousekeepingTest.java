package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LogHousekeepingTest {

    private final LogHousekeeping housekeeping = new LogHousekeeping(Path.of("logs"));

    /** The JDK throws an error and no exception where the disk does not give a mapped file's bytes. */
    @Test
    void whateverATaskThrowsItIsRunAgain() throws Exception {
        CountDownLatch runs = new CountDownLatch(4);
        housekeeping.every(1, () -> {
            runs.countDown();
            switch ((int) runs.getCount()) {
                case 3 -> throw new IOException("a disk that fails");
                case 2 -> throw new IllegalStateException("a defect");
                case 1 -> throw new InternalError("a fault occurred in an unsafe memory access operation");
                default -> { }
            }
        });
        try {
            assertThat(runs.await(20, TimeUnit.SECONDS)).as("it ran four times").isTrue();
        } finally {
            housekeeping.stop();
        }
    }
}
