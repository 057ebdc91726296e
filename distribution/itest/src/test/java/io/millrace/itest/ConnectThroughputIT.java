package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A source that makes records as fast as they are taken, and a sink that forgets them, hosted by the platform and by a stock Kafka Connect worker over the
 * same broker, in turn. Prints records per second and processor time per record, the broker's included. Both deliver exactly once, unless
 * {@code -Dconnect.peer.at.least.once=true} lets the stock worker do less.
 */
@EnabledIfSystemProperty(named = "connect.peer.libs", matches = ".+")
class ConnectThroughputIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long WARM_UP_MS = 8_000;
    private static final long MEASURED_MS = 12_000;
    private static final int PADDING = 88;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path folder;

    /** @param microseconds of processor time per record: of all, and of the stock worker alone */
    private record Measured(double perSecond, double microseconds, double ofWorker) {

        static Measured between(Sample begin, Sample end) {
            double records = end.records() - begin.records();
            return new Measured(records * 1e9 / (end.nanos() - begin.nanos()),
                    (end.brokerNanos() - begin.brokerNanos() + end.workerNanos() - begin.workerNanos()) / 1e3 / records,
                    (end.workerNanos() - begin.workerNanos()) / 1e3 / records);
        }
    }

    private interface Call {
        void send(String method, String path, String body) throws Exception;
    }

    @Test
    void aRecordCostsLessThanThroughAStockWorker() throws Exception {
        int rounds = Integer.getInteger("millrace.throughput.rounds", 3);
        Path plugin = PluginFile.sample("1.0.0").writeTo(folder.resolve("sample-1.0.0.jar"));
        List<Double> sourceRatios = new ArrayList<>();
        List<Double> sinkRatios = new ArrayList<>();
        try (Millrace millrace = Millrace.start(folder.resolve("data"));
                ConnectWorker worker = ConnectWorker.start(folder.resolve("peer"), millrace.bootstrap(), plugin,
                        !Boolean.getBoolean("connect.peer.at.least.once"))) {
            millrace.sendFile("POST", "/plugins?filename=sample-1.0.0.jar", plugin);
            ProcessHandle broker = ProcessHandle.of(millrace.pid()).orElseThrow();
            for (int round = 0; round < rounds; round++) {
                Measured own = measure(millrace, millrace::send, "own-" + round, broker, null);
                Measured peer = measure(millrace, worker::send, "peer-" + round, broker, worker.handle());
                sourceRatios.add(told("source, round " + round, own, peer));
                String topic = "own-" + round;
                sinkRatios.add(told("sink, round " + round, sink(millrace, millrace::send, "own-sink-" + round, topic, broker, null),
                        sink(millrace, worker::send, "peer-sink-" + round, topic, broker, worker.handle())));
            }
        }
        assertThat(median(sourceRatios)).as("median of a source's ratios of processor time").isLessThan(1);
        // Both spend most of it in the consumer.
        assertThat(median(sinkRatios)).as("median of a sink's ratios of processor time").isLessThan(1.5);
    }

    private static double median(List<Double> ratios) {
        return ratios.stream().sorted().skip(ratios.size() / 2).findFirst().orElseThrow();
    }

    /** @return the ratio of processor time */
    private static double told(String what, Measured own, Measured peer) {
        System.out.printf("%s: %.0f records/s at %.2f us each; through a stock worker %.0f records/s at %.2f us each, %.2f of them its own%n", what,
                own.perSecond(), own.microseconds(), peer.perSecond(), peer.microseconds(), peer.ofWorker());
        return own.microseconds() / peer.microseconds();
    }

    /** All of a topic, its start and its place in the group included; another one has read a part of it before, so that classes are loaded and compiled. */
    private static Measured sink(Millrace millrace, Call connect, String name, String topic, ProcessHandle broker, ProcessHandle worker) throws Exception {
        long many = written(millrace, topic);
        long warm = Math.min(1_000_000, many / 4);
        Path warmed = folder.resolve(name + "-warm");
        Path done = folder.resolve(name);
        for (Path file : List.of(warmed, done)) {
            connect.send("POST", "/connectors", """
                    {"name": "%s", "config": {"connector.class": "io.millrace.itest.sample.CountingSink", "topics": "%s", "many": "%d", "file": "%s",
                     "consumer.override.auto.offset.reset": "earliest", "key.converter": "org.apache.kafka.connect.storage.StringConverter",
                     "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""".formatted(file.getFileName(), topic, file == done ? many : warm, file));
            if (file == warmed) {
                millrace.await("a sink that has warmed up", LIMIT, () -> Files.exists(warmed));
                connect.send("DELETE", "/connectors/" + warmed.getFileName(), "");
            }
        }
        Sample began = Sample.now(0, broker, worker);
        millrace.await("the last of " + many + " records", LIMIT, () -> Files.exists(done));
        Measured measured = Measured.between(began, Sample.now(many, broker, worker));
        connect.send("DELETE", "/connectors/" + name, "");
        return measured;
    }

    private static Measured measure(Millrace millrace, Call connect, String topic, ProcessHandle broker, ProcessHandle worker) throws Exception {
        connect.send("POST", "/connectors", """
                {"name": "%1$s", "config": {"connector.class": "io.millrace.itest.sample.CountingSource", "topic": "%1$s", "pause.ms": "0", "batch": "500",
                 "padding": "%2$d", "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""".formatted(topic, PADDING));
        try {
            millrace.await("numbers in " + topic, LIMIT, () -> written(millrace, topic) > 0);
            Sample warm = Sample.after(WARM_UP_MS, millrace, topic, broker, worker);
            return Measured.between(warm, Sample.after(MEASURED_MS, millrace, topic, broker, worker));
        } finally {
            connect.send("DELETE", "/connectors/" + topic, "");
        }
    }

    private record Sample(long records, long nanos, long brokerNanos, long workerNanos) {

        static Sample after(long ms, Millrace millrace, String topic, ProcessHandle broker, ProcessHandle worker) {
            long end = System.nanoTime() + ms * 1_000_000;
            millrace.await("the time to pass", LIMIT, () -> System.nanoTime() > end);
            return now(written(millrace, topic), broker, worker);
        }

        static Sample now(long records, ProcessHandle broker, ProcessHandle worker) {
            return new Sample(records, System.nanoTime(), cpu(broker), worker == null ? 0 : cpu(worker));
        }

        private static long cpu(ProcessHandle process) {
            return process.info().totalCpuDuration().orElseThrow().toNanos();
        }
    }

    /** How far the committed numbers of a topic go. */
    private static long written(Millrace millrace, String topic) {
        Map<String, Object> settings = ClientSettings.of(millrace.bootstrap(), Map.of("isolation.level", "read_committed", "enable.auto.commit", "false",
                "allow.auto.create.topics", "false", "auto.offset.reset", "earliest"));
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(List.of(partition), LIMIT).get(partition);
            // The last ones may be the marks of transactions.
            consumer.seek(partition, Math.max(0, end - 100));
            long last = 0;
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(2))) {
                last = Math.max(last, Long.parseLong(record.value().strip().split(" ")[1]));
            }
            return last;
        }
    }
}
