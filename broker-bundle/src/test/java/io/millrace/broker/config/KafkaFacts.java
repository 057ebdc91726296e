package io.millrace.broker.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** What Apache Kafka 4.4.0 was seen to answer, recorded in test resources that say how. */
public final class KafkaFacts {

    private KafkaFacts() {
    }

    /** Lines of fields between bars. */
    public static List<String[]> read(String file) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(KafkaFacts.class.getResourceAsStream("/kafka-4.4.0/" + file),
                StandardCharsets.UTF_8))) {
            return lines.lines().filter(line -> !line.startsWith("#"))
                    .map(line -> Arrays.stream((line + " ").split("\\|", -1)).map(String::strip).toArray(String[]::new)).toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
