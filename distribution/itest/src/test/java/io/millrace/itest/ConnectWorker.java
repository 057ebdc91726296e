package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A stock Kafka Connect worker in a process of its own, over somebody's broker. {@code -Dconnect.peer.libs=} names the folder of its jars. */
final class ConnectWorker implements AutoCloseable {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final Process process;
    private final Path output;
    private final String url;

    private ConnectWorker(Process process, Path output, String url) {
        this.process = process;
        this.output = output;
        this.url = url;
    }

    /** @param plugin a jar, the only one on its plugin path */
    static ConnectWorker start(Path folder, String bootstrap, Path plugin, boolean exactlyOnce) throws Exception {
        Path own = Files.createDirectories(folder.resolve("plugins").resolve("sample"));
        Files.copy(plugin, own.resolve("sample.jar"));
        String url = "http://127.0.0.1:" + Millrace.freePort();
        Path properties = Files.writeString(folder.resolve("worker.properties"), """
                bootstrap.servers=%s
                group.id=connect-peer
                listeners=%s
                plugin.path=%s
                key.converter=org.apache.kafka.connect.json.JsonConverter
                value.converter=org.apache.kafka.connect.json.JsonConverter
                config.storage.topic=peer-configs
                offset.storage.topic=peer-offsets
                status.storage.topic=peer-status
                config.storage.replication.factor=1
                offset.storage.replication.factor=1
                status.storage.replication.factor=1
                offset.storage.partitions=5
                exactly.once.source.support=%s
                """.formatted(bootstrap, url, folder.resolve("plugins"), exactlyOnce ? "enabled" : "disabled"));
        Path output = folder.resolve("worker.out");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-cp",
                System.getProperty("connect.peer.libs") + "/*", "org.apache.kafka.connect.cli.ConnectDistributed", properties.toString())
                .redirectErrorStream(true).redirectOutput(output.toFile()).start();
        ConnectWorker worker = new ConnectWorker(process, output, url);
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!worker.answers()) {
            assertThat(process.isAlive() && System.nanoTime() < end).as(() -> "the worker starts: " + worker.output()).isTrue();
            Pause.aMoment();
        }
        return worker;
    }

    private String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private boolean answers() {
        try {
            return send("GET", "/connectors", "").statusCode() == 200;
        } catch (IOException | InterruptedException notYet) {
            return false;
        }
    }

    HttpResponse<String> send(String method, String path, String body) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(URI.create(url + path)).timeout(LIMIT).header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
