package io.millrace.connect.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeDefaultsTest {

    private final NodeDefaults defaults = new NodeDefaults(Map.of("value.converter", "Json", "value.converter.schemas.enable", "false"), false);

    @Test
    void aConverterThatIsNotNamedIsTheNodesWithItsSettings() {
        assertThat(defaults.applied(Map.of("key.converter", "String"))).isEqualTo(Map.of("key.converter", "String", "value.converter", "Json",
                "value.converter.schemas.enable", "false"));
        assertThat(defaults.applied(Map.of("value.converter", "Avro"))).as("no settings of another").isEqualTo(Map.of("value.converter", "Avro"));
    }

    @Test
    void topicCreationIsSwitchedOffForAll() {
        Map<String, String> config = Map.of("value.converter", "Avro", "topic.creation.default.partitions", "3");
        assertThat(defaults.applied(config)).isEqualTo(Map.of("value.converter", "Avro"));
        assertThat(new NodeDefaults(Map.of(), true).applied(config)).isEqualTo(config);
    }
}
