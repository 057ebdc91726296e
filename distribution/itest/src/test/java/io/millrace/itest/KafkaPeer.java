package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;

/** An Apache Kafka node in a process of its own, that can be stopped and started again over its folder; and Kafka's tools. */
final class KafkaPeer implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(120);

    private final Path folder;
    private final int port = Millrace.freePort();
    private Process process;

    private KafkaPeer(Path folder) {
        this.folder = folder;
    }

    /** Formats a folder for a single node. */
    static KafkaPeer format(Path folder) throws Exception {
        KafkaPeer peer = new KafkaPeer(Files.createDirectories(folder));
        int controller = Millrace.freePort();
        Files.writeString(peer.properties(), """
                process.roles=broker,controller
                node.id=1
                controller.quorum.bootstrap.servers=127.0.0.1:%2$d
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                advertised.listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                inter.broker.listener.name=PLAINTEXT
                controller.listener.names=CONTROLLER
                listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
                log.dirs=%3$s
                offsets.topic.num.partitions=1
                offsets.topic.replication.factor=1
                transaction.state.log.num.partitions=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                log.cleaner.backoff.ms=200
                log.cleaner.dedupe.buffer.size=10485760
                """.formatted(peer.port, controller, peer.data()));
        Result formatted = tool("kafka.tools.StorageTool", "format", "--standalone", "-t", Uuid.randomUuid().toString(), "-c", peer.properties().toString());
        assertThat(formatted.exitCode()).as("format: %s", formatted.output()).isZero();
        return peer;
    }

    /** Runs one of Kafka's main classes to its end. */
    static Result tool(String mainClass, String... arguments) throws IOException, InterruptedException {
        return Result.of(LIMIT, command("256m", mainClass, arguments), Map.of());
    }

    private static List<String> command(String heap, String mainClass, String... arguments) {
        Path libs = Path.of(System.getProperty("kafka.peer.libs")).toAbsolutePath().normalize();
        assertThat(libs).as("Kafka's libraries, which distribution/kafka-peer fetches").isDirectory();
        List<String> line = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx" + heap, "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", libs + "/*", mainClass));
        line.addAll(Arrays.asList(arguments));
        return line;
    }

    private Path properties() {
        return folder.resolve("server.properties");
    }

    Path data() {
        return folder.resolve("data");
    }

    String bootstrap() {
        return "127.0.0.1:" + port;
    }

    void start() throws Exception {
        Path output = folder.resolve("kafka.out");
        process = new ProcessBuilder(command("512m", "kafka.Kafka", properties().toString())).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile())).start();
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!accepts()) {
            assertThat(process.isAlive()).as("Kafka runs: %s", Files.readString(output)).isTrue();
            assertThat(System.nanoTime()).as("Kafka starts: %s", Files.readString(output)).isLessThan(end);
            Pause.aMoment();
        }
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** In order. */
    void stop() throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).as("Kafka stops").isTrue();
    }

    /** {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        if (process != null) {
            kill();
        }
    }
}
