package io.millrace.cli;

import io.millrace.launcher.Instance;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "stop", mixinStandardHelpOptions = true, description = "Stop the running platform cleanly.")
final class Stop implements Callable<Integer> {

    private static final int LIMIT_SECONDS = 15;

    @Mixin
    private Target target;

    @Override
    public Integer call() throws IOException, InterruptedException, ExecutionException {
        Instance instance = target.instance();
        ProcessHandle process = instance.process().orElseThrow(() -> new IOException("process " + instance.pid() + " has just ended by itself"));
        if (!process.destroy()) {
            throw new IOException("process " + instance.pid() + " cannot be told to stop; is it another user's?");
        }
        try {
            process.onExit().get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException _) {
            throw new IOException("process " + instance.pid() + " has not ended after " + LIMIT_SECONDS + " s; see " + target.data().resolve("logs"));
        }
        System.out.println("stopped (process " + instance.pid() + ")");
        return 0;
    }
}
