package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;

/**
 * Consume-transform-produce loops of today's clients and of old ones, which add partitions to transactions beforehand and keep their epoch. The
 * broker and the loops' processes are killed in turn; in the end each record was copied exactly once, in order.
 */
@Timeout(240)
class ExactlyOnceIT {

    private static final int PARTITIONS = 2;
    private static final int KILLS = 9;
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @TempDir
    private Path folder;

    @Test
    void eachRecordIsCopiedOnceHoweverOftenBrokerAndClientsAreKilled() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int port = Millrace.freePort();
        Path data = folder.resolve("data");
        Millrace broker = Millrace.startOn(port, data);
        List<Loop> loops = new ArrayList<>();
        try {
            loops.add(new Loop("today", jarOf(KafkaProducer.class), broker.bootstrap()));
            loops.add(new Loop("3.9", Path.of("target", "clients", "kafka-clients-3.9.1.jar"), broker.bootstrap()));
            loops.add(new Loop("2.5", Path.of("target", "clients", "kafka-clients-2.5.1.jar"), broker.bootstrap()));
            for (int kill = 0; kill < KILLS; kill++) {
                for (Loop loop : loops) {
                    loop.awaitProgress();
                }
                LockSupport.parkNanos(random.nextLong(Duration.ofMillis(300).toNanos()));
                if (kill % 3 == 0) {
                    broker.kill();
                    broker = Millrace.startOn(port, data);
                } else {
                    loops.get(random.nextInt(loops.size())).kill();
                }
            }
            for (Loop loop : loops) {
                loop.awaitProgress();
                System.out.println(loop.stopAndVerify());
            }
        } finally {
            for (Loop loop : loops) {
                loop.close();
            }
            broker.close();
        }
    }

    private static Path jarOf(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    /** A topic that is written to, the process that copies it, and a reader of the copy. */
    private final class Loop implements AutoCloseable {

        private final String name;
        private final Path clients;
        private final String bootstrap;
        private final LiveReader reader;
        private final Thread feeder;
        private final List<List<String>> fed = IntStream.range(0, PARTITIONS).<List<String>>mapToObj(_ -> new ArrayList<>()).toList();
        private Process process;
        private int kills;
        private volatile boolean enough;
        private volatile RuntimeException failure;

        Loop(String name, Path clients, String bootstrap) throws Exception {
            this.name = name;
            this.clients = clients;
            this.bootstrap = bootstrap;
            try (Admin admin = Admin.create(ClientSettings.of(bootstrap))) {
                admin.createTopics(List.of(new NewTopic("in-" + name, PARTITIONS, (short) 1), new NewTopic("out-" + name, PARTITIONS, (short) 1))).all().get();
            }
            reader = new LiveReader(bootstrap, IntStream.range(0, PARTITIONS).mapToObj(index -> new TopicPartition("out-" + name, index)).toList(),
                    "read_committed");
            feeder = Thread.ofPlatform().name("feeder of " + name).start(this::feed);
            process = fork();
        }

        private void feed() {
            try (KafkaProducer<String, String> producer = new KafkaProducer<>(ClientSettings.of(bootstrap, Map.of("linger.ms", "5", "request.timeout.ms", "5000",
                    "delivery.timeout.ms", "120000", "max.block.ms", "120000")), new StringSerializer(), new StringSerializer())) {
                for (int n = 0; !enough; n++) {
                    producer.send(new ProducerRecord<>("in-" + name, n % PARTITIONS, null, Integer.toString(n)), (_, failed) -> {
                        if (failed != null) {
                            failure = new IllegalStateException("the input of " + name + " was not written", failed);
                        }
                    });
                    fed.get(n % PARTITIONS).add(Copier.transformed(Integer.toString(n)));
                    LockSupport.parkNanos(1_500_000);
                }
            }
        }

        private Process fork() throws IOException {
            try {
                String path = String.join(java.io.File.pathSeparator, jarOf(Copier.class).toString(), clients.toString(), jarOf(Logger.class).toString());
                Path output = folder.resolve("copier-" + name + "-" + kills + ".out");
                return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC", "-cp", path, Copier.class.getName(), bootstrap, "copier-" + name, "in-" + name, "out-" + name)
                        .redirectErrorStream(true).redirectOutput(output.toFile()).start();
            } catch (IOException failed) {
                throw failed;
            } catch (Exception failed) {
                throw new IOException(failed);
            }
        }

        void kill() throws Exception {
            process.destroyForcibly();
            process.waitFor();
            kills++;
            process = fork();
        }

        private int copied() {
            return reader.seen().values().stream().mapToInt(Map::size).sum();
        }

        void awaitProgress() {
            int before = copied();
            await("to copy more than " + before + " records", () -> copied() >= before + 100);
        }

        private void await(String what, java.util.function.BooleanSupplier condition) {
            long end = System.nanoTime() + LIMIT.toNanos();
            while (!condition.getAsBoolean()) {
                if (failure != null) {
                    throw failure;
                }
                if (System.nanoTime() > end || !process.isAlive()) {
                    throw new AssertionError("waited for " + name + " " + what + ", alive: " + process.isAlive() + "; " + reader.failures() + "; " + output());
                }
                Pause.aMoment();
            }
        }

        private String output() {
            try {
                return Files.readString(folder.resolve("copier-" + name + "-" + kills + ".out"));
            } catch (IOException gone) {
                return gone.toString();
            }
        }

        String stopAndVerify() throws Exception {
            enough = true;
            feeder.join();
            int expected = fed.stream().mapToInt(List::size).sum();
            await("to copy all " + expected + " records", () -> copied() >= expected);
            // What is copied twice comes after what is copied once.
            awaitNothingOpen();
            reader.close();
            assertThat(reader.failures()).isEmpty();
            reader.seen().forEach((partition, records) -> assertThat(List.copyOf(new TreeMap<>(records).values())).as("%s", partition)
                    .isEqualTo(fed.get(partition.partition())));
            return "clients of " + name + ", killed " + kills + " times: " + expected + " records copied once";
        }

        /** The copier has nothing to do any more, so its last transaction ended and its output is all there is. */
        private void awaitNothingOpen() throws Exception {
            try (Admin admin = Admin.create(ClientSettings.of(bootstrap))) {
                for (TopicPartition partition : reader.seen().keySet()) {
                    await("to end its transactions", () -> {
                        try {
                            return admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().stream()
                                    .allMatch(producer -> producer.currentTransactionStartOffset().isEmpty());
                        } catch (Exception failed) {
                            throw new IllegalStateException(failed);
                        }
                    });
                }
            }
        }

        @Override
        public void close() throws Exception {
            enough = true;
            process.destroyForcibly();
            feeder.join();
            reader.close();
        }
    }
}
