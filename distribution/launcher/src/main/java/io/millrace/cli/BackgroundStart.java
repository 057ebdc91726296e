package io.millrace.cli;

import io.millrace.launcher.Options;
import io.millrace.launcher.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts the platform as a process of its own that outlives this one and its terminal. */
final class BackgroundStart {

    private static final long LOOK_EVERY_MILLIS = 20;
    private static final int LIMIT_SECONDS = 120;

    private final Options options;

    BackgroundStart(Options options) {
        this.options = options;
    }

    int run() throws StartFailure, IOException, InterruptedException {
        Path console;
        try {
            console = Files.createDirectories(options.data().resolve("logs")).resolve("console.log");
            Files.deleteIfExists(console);
        } catch (IOException unusable) {
            throw new StartFailure("cannot write to the data folder " + options.data() + " (" + unusable.getMessage() + "); give another one with --data", unusable);
        }
        Process process = new ProcessBuilder(command()).redirectErrorStream(true).redirectOutput(console.toFile()).start();
        process.getOutputStream().close();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        // Its own words say so, and a whole line of them.
        while (!Files.readString(console).matches("(?s).*Millrace ready [^\n]*\n.*")) {
            if (process.waitFor(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                System.err.print(Files.readString(console));
                return process.exitValue() == 0 ? 1 : process.exitValue();
            }
            if (System.nanoTime() > end) {
                throw new StartFailure("the platform (process " + process.pid() + ") is not ready after " + LIMIT_SECONDS + " s; see " + console);
            }
        }
        System.out.print(Files.readString(console));
        System.out.println("It runs in the background as process " + process.pid() + "; 'millrace stop --data " + options.data() + "' ends it");
        return 0;
    }

    private List<String> command() {
        List<String> command = new ArrayList<>(List.of("nohup", options.home().resolve("bin").resolve("millrace").toString(), "start",
                "--data", options.data().toString(), "--etc", options.etc().toString()));
        options.overrides().forEach((key, value) -> command.addAll(List.of("--set", key + "=" + value)));
        options.plugins().forEach(folder -> command.addAll(List.of("--plugins", folder.toString())));
        return command;
    }
}
