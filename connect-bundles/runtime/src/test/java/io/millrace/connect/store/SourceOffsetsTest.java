package io.millrace.connect.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class SourceOffsetsTest {

    @Test
    void aStoredOffsetHasKafkaConnectsForm() {
        ProducerRecord<byte[], byte[]> record = SourceOffsets.record("files", new TreeMap<>(Map.of("b", 1, "a", "x")), Map.of("position", 8L));
        assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo("[\"files\",{\"a\":\"x\",\"b\":1}]");
        assertThat(new String(record.value(), StandardCharsets.UTF_8)).isEqualTo("{\"position\":8}");
        assertThat(SourceOffsets.record("files", Map.of("a", 1), null).value()).isNull();
    }

    @Test
    void equalPartitionsHaveEqualKeysWhateverTheirOrder() {
        Map<String, Object> one = new java.util.LinkedHashMap<>();
        one.put("a", 1);
        one.put("b", 2);
        Map<String, Object> other = new java.util.LinkedHashMap<>();
        other.put("b", 2);
        other.put("a", 1);
        assertThat(SourceOffsets.record("c", one, Map.of()).key()).isEqualTo(SourceOffsets.record("c", other, Map.of()).key());
    }

    @Test
    void whatIsReadEqualsWhatAPluginAsksFor() {
        Map<String, Object> asked = Map.of("table", "t", "shard", 3);
        assertThat(PlainJson.read(PlainJson.write(asked))).isEqualTo(PlainJson.normalMap(asked));
        assertThat(PlainJson.normalMap(asked)).containsEntry("shard", 3L);
    }
}
