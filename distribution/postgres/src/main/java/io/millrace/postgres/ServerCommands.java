package io.millrace.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code initdb} and {@code pg_ctl}. */
final class ServerCommands {

    private static final int INITIALISE_SECONDS = 120;
    private static final int LOG_LINES = 5;

    private final Path bin;
    private final Path log;
    private final Privileges privileges;

    ServerCommands(Path bin, Path log, Privileges privileges) {
        this.bin = bin;
        this.log = log;
        this.privileges = privileges;
    }

    void initialise(Path data) throws IOException, InterruptedException {
        // In a folder aside until complete: half a cluster must not look like one.
        Path part = data.resolveSibling("data.part");
        run(INITIALISE_SECONDS, "rm", "-rf", part.toString());
        run(INITIALISE_SECONDS, program("initdb"), "-D", part.toString(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale");
        Files.move(part, data, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Returns when the server accepts connections. It runs in a session of its own: Ctrl-C in this terminal does not reach it. */
    void start(Path data, List<String> settings, int seconds) throws IOException, InterruptedException {
        StringBuilder options = new StringBuilder();
        settings.forEach(setting -> options.append("-c ").append(setting).append(' '));
        run(seconds, program("pg_ctl"), "start", "-D", data.toString(), "-l", log.toString(), "-w", "-t", Integer.toString(seconds), "-o",
                options.toString().strip());
    }

    /** First as its users would wish; if sessions cling on, at once: recovery at the next start is what its log is for. */
    void stop(Path data, int seconds) throws IOException, InterruptedException {
        if (!Files.exists(data.resolve("postmaster.pid"))) {
            return;
        }
        try {
            run(seconds + 5, program("pg_ctl"), "stop", "-D", data.toString(), "-m", "fast", "-w", "-t", Integer.toString(seconds));
        } catch (IOException slow) {
            if (Files.exists(data.resolve("postmaster.pid"))) {
                run(seconds + 5, program("pg_ctl"), "stop", "-D", data.toString(), "-m", "immediate", "-w", "-t", Integer.toString(seconds));
            }
        }
    }

    private String program(String name) {
        return bin.resolve(name).toString();
    }

    private void run(int seconds, String... command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(privileges.prefix());
        line.addAll(List.of(command));
        // To a file, not a pipe: the server inherits it, and nobody reads a pipe after the command's end.
        Path output = Files.createTempFile("millrace-postgres", ".out");
        try {
            Process process = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile()).start();
            process.getOutputStream().close();
            boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            if (!ended || process.exitValue() != 0) {
                throw new IOException("PostgreSQL: " + Path.of(command[0]).getFileName() + (ended ? " failed: " : " did not end within " + seconds + " s: ")
                        + tail(output) + (Files.isReadable(log) ? "; its log " + log + " ends with: " + tail(log) : ""));
            }
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private static String tail(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file).stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
        return String.join(" / ", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    }
}
