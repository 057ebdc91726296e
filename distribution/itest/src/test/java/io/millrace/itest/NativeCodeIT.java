package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What libraries unpack in order to load it is in the data folder, where the next start finds it, however the process ends. */
@Timeout(60)
class NativeCodeIT {

    private static final TopicPartition PARTITION = new TopicPartition("packed", 0);

    @TempDir
    private Path folder;

    @Test
    void codecsLeaveNothingInTheFolderForTemporaryFilesAndANextStartClearsWhatTheyLeftInTheDataFolder() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Path data = folder.resolve("data");
        Map<String, String> environment = Map.of("MILLRACE_OPTS", "-Djava.io.tmpdir=" + temporary);
        List<String> before;
        try (Millrace broker = Millrace.startWith(environment, data)) {
            for (String codec : List.of("lz4", "snappy", "zstd")) {
                send(broker, codec);
            }
            read(broker, "lz4", "snappy", "zstd");
            before = libraries(data);
            assertThat(before).anyMatch(name -> name.startsWith("liblz4")).anyMatch(name -> name.startsWith("snappy"));
            assertThat(temporary).isEmptyDirectory();
            broker.kill();
        }
        assertThat(temporary).isEmptyDirectory();
        try (Millrace broker = Millrace.startWith(environment, data)) {
            send(broker, "snappy");
            read(broker, "lz4", "snappy", "zstd", "snappy");
            assertThat(libraries(data)).hasSizeLessThanOrEqualTo(before.size());
            assertThat(temporary).isEmptyDirectory();
        }
        assertThat(temporary).isEmptyDirectory();
    }

    private static void send(Millrace broker, String codec) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(ClientSettings.of(broker.bootstrap(), Map.of("compression.type", codec)),
                new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>(PARTITION.topic(), codec, codec.repeat(500))).get();
        }
    }

    private static void read(Millrace broker, String... codecs) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(ClientSettings.of(broker.bootstrap()), new StringDeserializer(),
                new StringDeserializer())) {
            consumer.assign(List.of(PARTITION));
            consumer.seekToBeginning(List.of(PARTITION));
            List<String> keys = new ArrayList<>();
            while (keys.size() < codecs.length) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
                    keys.add(record.key());
                }
            }
            assertThat(keys).containsExactly(codecs);
        }
    }

    private static List<String> libraries(Path data) throws IOException {
        try (Stream<Path> files = Files.walk(data.resolve("framework"))) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.matches(".*\\.(so|dylib)")).toList();
        }
    }
}
