package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.apache.kafka.common.TopicPartition;

/** One of Kafka's files that hold an offset per partition: a version, a count, then lines of topic, partition, offset. */
record OffsetCheckpoint(Path file) {

    private static final String VERSION = "0";

    /** Empty if there is no file; lines that are none are passed over. */
    Map<TopicPartition, Long> read() throws IOException {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        if (Files.exists(file)) {
            List<String> lines = Files.readAllLines(file);
            for (String line : lines.subList(Math.min(2, lines.size()), lines.size())) {
                String[] parts = line.split(" ");
                if (parts.length == 3) {
                    offsets.put(new TopicPartition(parts[0], Integer.parseInt(parts[1])), Long.parseLong(parts[2]));
                }
            }
        }
        return offsets;
    }

    /** Durable on return. */
    void write(Map<TopicPartition, Long> offsets) throws IOException {
        StringJoiner lines = new StringJoiner("\n", "", "\n");
        lines.add(VERSION).add(Integer.toString(offsets.size()));
        offsets.forEach((partition, offset) -> lines.add(partition.topic() + " " + partition.partition() + " " + offset));
        DurableFile.replace(file, lines.toString());
    }
}
