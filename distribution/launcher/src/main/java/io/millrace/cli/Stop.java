package io.millrace.cli;

import io.millrace.launcher.Instance;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "stop", mixinStandardHelpOptions = true, description = "Stop the running platform cleanly.")
final class Stop implements Callable<Integer> {

    private static final int LIMIT_SECONDS = 15;
    private static final int LOOK_EVERY_MILLIS = 20;

    @Mixin
    private Target target;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Instance instance = target.instance();
        ProcessHandle process = instance.process().orElseThrow(() -> new IOException("process " + instance.pid() + " has just ended by itself"));
        if (!process.destroy()) {
            throw new IOException("process " + instance.pid() + " cannot be told to stop; is it another user's?");
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (process.isAlive() && Instance.on(target.data()).isPresent()) {
            if (System.nanoTime() > end) {
                throw new IOException("process " + instance.pid() + " has not ended after " + LIMIT_SECONDS + " s; see " + target.data().resolve("logs"));
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
        }
        System.out.println("stopped (process " + instance.pid() + ")");
        return 0;
    }
}
