package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The whole product on real input, headless: capture, stream, process, deliver, and count every order once. */
class DemoIT {

    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final Pattern BEHIND = Pattern.compile("counted ([0-9,]+)");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path folder;

    @Test
    void ordersAreCountedExactlyOnceAcrossKillNine() throws InterruptedException {
        Path data = folder.resolve("data");
        try (Millrace demo = Millrace.fork(data, "demo", "--seconds", "600", "--rate", "200")) {
            demo.await("orders to come back counted", LIMIT, () -> counted(demo) > 1_000);
            demo.kill();
        }
        try (Millrace again = Millrace.fork(data, "demo", "--seconds", "10", "--rate", "200")) {
            assertThat(again.exitCode(LIMIT)).as(again.output()).isZero();
            assertThat(again.output()).contains("reconciled exactly");
        }
    }

    @Test
    void ordersAreCountedExactlyOnceWhileTheSinkBundleIsSwapped() throws InterruptedException {
        try (Millrace demo = Millrace.fork(folder.resolve("data"), "demo", "--seconds", "16", "--rate", "200", "--swap")) {
            assertThat(demo.exitCode(LIMIT)).as(demo.output()).isZero();
            assertThat(demo.output()).contains("reconciled exactly").containsPattern("[2-9] swaps of the JDBC sink bundle");
        }
    }

    private static long counted(Millrace demo) {
        long last = 0;
        Matcher matcher = BEHIND.matcher(demo.output());
        while (matcher.find()) {
            last = Long.parseLong(matcher.group(1).replace(",", ""));
        }
        return last;
    }
}
