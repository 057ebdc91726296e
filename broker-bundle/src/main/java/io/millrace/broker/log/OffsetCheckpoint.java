package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of Kafka's files that hold an offset per partition.
 *
 * @param summed whether a last line has a checksum of the others: only in files that are not Kafka's
 */
record OffsetCheckpoint(Path file, boolean summed) {

    /** No topic is called that. */
    private static final String SUM = "#";
    private static final Logger LOG = LoggerFactory.getLogger(OffsetCheckpoint.class);

    OffsetCheckpoint(Path file) {
        this(file, false);
    }

    /** Empty if there is no file, or a damaged one: then nothing is known. */
    Map<TopicPartition, Long> read() throws IOException {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        List<String[]> lines = CheckpointLines.read(file, 3).orElse(List.of());
        if (summed && !lines.isEmpty() && !isAsWritten(lines)) {
            LOG.warn("{} is damaged and is not believed", file);
            return offsets;
        }
        try {
            for (String[] line : lines) {
                if (!line[0].equals(SUM)) {
                    offsets.put(new TopicPartition(line[0], Integer.parseInt(line[1])), Long.parseLong(line[2]));
                }
            }
        } catch (NumberFormatException damaged) {
            LOG.warn("{} is damaged and is not believed: {}", file, damaged.getMessage());
            offsets.clear();
        }
        return offsets;
    }

    /** Durable on return. */
    void write(Map<TopicPartition, Long> offsets) throws IOException {
        List<String> lines = new ArrayList<>();
        offsets.forEach((partition, offset) -> lines.add(partition.topic() + " " + partition.partition() + " " + offset));
        if (summed) {
            lines.add(SUM + " 0 " + DurableFile.checksum(String.join("\n", lines)));
        }
        DurableFile.replace(file, CheckpointLines.write(lines));
    }

    private static boolean isAsWritten(List<String[]> lines) {
        List<String> summed = lines.subList(0, lines.size() - 1).stream().map(line -> String.join(" ", line)).toList();
        String[] last = lines.getLast();
        return last[0].equals(SUM) && last[2].equals(DurableFile.checksum(String.join("\n", summed)));
    }
}
