package io.millrace.itest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The forked {@code bin/millrace} of the assembled distribution. Its output goes to a file; {@link #close} ends the process by its own pid.
 */
final class Millrace implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Process process;
    private final Path output;
    private final int kafkaPort;
    private final int httpPort;

    private Millrace(Process process, Path output, int kafkaPort, int httpPort) {
        this.process = process;
        this.output = output;
        this.kafkaPort = kafkaPort;
        this.httpPort = httpPort;
    }

    /** Forks {@code bin/millrace COMMAND --data DATA} with free ports and does not wait for anything. */
    static Millrace fork(Path data, String... command) {
        int kafka = freePort();
        int http = freePort();
        List<String> line = new ArrayList<>(List.of(script().toString()));
        line.addAll(Arrays.asList(command));
        line.addAll(List.of("--data", data.toString(), "--listen", "127.0.0.1:" + kafka, "--http", "127.0.0.1:" + http));
        return run(line, data.toAbsolutePath().getParent(), kafka, http);
    }

    /** Forks {@code bin/millrace start} and returns when the broker accepts connections and REST answers. */
    static Millrace start(Path data, String... options) {
        String[] command = new String[options.length + 1];
        command[0] = "start";
        System.arraycopy(options, 0, command, 1, options.length);
        Millrace millrace = fork(data, command);
        millrace.awaitReady();
        return millrace;
    }

    /** As {@link #start}, on a port that clients know already: what they meet when a node that died comes back. */
    static Millrace startOn(int kafka, Path data) {
        return startOn(kafka, data, data.toAbsolutePath().getParent());
    }

    /** @param outputs where the output goes, if not beside the data */
    static Millrace startOn(int kafka, Path data, Path outputs) {
        int http = freePort();
        List<String> line = new ArrayList<>(List.of(script().toString(), "start"));
        line.addAll(List.of("--data", data.toString(), "--listen", "127.0.0.1:" + kafka, "--http", "127.0.0.1:" + http));
        Millrace millrace = run(line, outputs, kafka, http);
        millrace.awaitReady();
        return millrace;
    }

    /** As {@link #start}, with more of an environment. */
    static Millrace startWith(Map<String, String> environment, Path data, String... options) {
        int kafka = freePort();
        int http = freePort();
        List<String> line = new ArrayList<>(List.of(script().toString(), "start", "--data", data.toString()));
        line.addAll(List.of("--listen", "127.0.0.1:" + kafka, "--http", "127.0.0.1:" + http));
        line.addAll(Arrays.asList(options));
        Millrace millrace = run(line, data.toAbsolutePath().getParent(), kafka, http, environment);
        millrace.awaitReady();
        return millrace;
    }

    private static Millrace run(List<String> line, Path outputs, int kafka, int http) {
        return run(line, outputs, kafka, http, Map.of());
    }

    private static Millrace run(List<String> line, Path outputs, int kafka, int http, Map<String, String> environment) {
        try {
            Files.createDirectories(outputs);
            Path output = Files.createTempFile(outputs, "millrace-", ".out");
            ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().remove("JAVA_HOME");
            builder.environment().putAll(environment);
            return new Millrace(builder.start(), output, kafka, http);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a command to its end. */
    static Result command(Duration limit, String... arguments) throws IOException, InterruptedException {
        return commandWith(Map.of(), limit, arguments);
    }

    /** As {@link #command}, with more of an environment. */
    static Result commandWith(Map<String, String> environment, Duration limit, String... arguments) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(script().toString()));
        line.addAll(Arrays.asList(arguments));
        return Result.of(limit, line, environment);
    }

    static Path home() {
        return Path.of(System.getProperty("millrace.home")).toAbsolutePath().normalize();
    }

    private static Path script() {
        return home().resolve("bin").resolve("millrace");
    }

    int kafkaPort() {
        return kafkaPort;
    }

    String bootstrap() {
        return "127.0.0.1:" + kafkaPort;
    }

    String url() {
        return "http://127.0.0.1:" + httpPort;
    }

    long pid() {
        return process.pid();
    }

    boolean alive() {
        return process.isAlive();
    }

    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitReady() {
        await("the platform to be ready", Duration.ofSeconds(60), () -> answers("/status") && answers("/connectors"));
    }

    boolean answers(String path) {
        try {
            return get(path) != null;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return send("GET", path, null);
    }

    JsonNode send(String method, String path, String body) throws IOException, InterruptedException {
        return exchange(method, path, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
    }

    /** With a file as the body. */
    JsonNode sendFile(String method, String path, Path body) throws IOException, InterruptedException {
        return exchange(method, path, HttpRequest.BodyPublishers.ofFile(body));
    }

    private JsonNode exchange(String method, String path, HttpRequest.BodyPublisher body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url() + path)).timeout(Duration.ofSeconds(20)).header("Content-Type", "application/json")
                .method(method, body).build();
        HttpResponse<byte[]> response = HTTP.send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() / 100 != 2) {
            throw new IOException(method + " " + path + " answered " + response.statusCode() + ": " + new String(response.body()));
        }
        return JSON.readTree(response.body());
    }

    /** @return the version of the plugin, once it runs */
    String awaitPlugin(String name) throws IOException, InterruptedException {
        await("plugin " + name, Duration.ofSeconds(60), () -> {
            try {
                return get("/plugins/" + name).path("state").asText().equals("ACTIVE");
            } catch (IOException | InterruptedException e) {
                return false;
            }
        });
        return get("/plugins/" + name).path("version").asText();
    }

    /** Waits for the process to end by itself. */
    int exitCode(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("still running after " + limit + ":\n" + output());
        }
        return process.exitValue();
    }

    /** {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** {@code kill -TERM} and the exit. */
    int terminate(Duration limit) throws InterruptedException {
        process.destroy();
        return exitCode(limit);
    }

    void await(String what, Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (!process.isAlive()) {
                throw new AssertionError("ended with " + process.exitValue() + " while waiting for " + what + ":\n" + output());
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("waited " + limit + " for " + what + ":\n" + output());
            }
            Pause.aMoment();
        }
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
