package io.millrace.connect.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

class ClientDefaultsTest {

    @Test
    void aConnectorsSettingWinsOverTheNodesAndThatOverTheUsual() {
        ClientDefaults node = new ClientDefaults(Map.of("linger.ms", "7", "acks", "all"), Map.of(), Map.of());
        assertThat(node.forProducer(Map.of("linger.ms", 5, "batch.size", 1), Map.of("acks", "1"))).isEqualTo(Map.of("linger.ms", "7", "batch.size", 1, "acks", "1"));
        assertThat(node.forConsumer(Map.of(), Map.of())).isEmpty();
    }

    @Test
    void valuesThatNoConnectorCouldWorkWithAreRefusedByTheirKeys() {
        assertThatThrownBy(() -> new ClientDefaults(Map.of("linger.ms", "soon"), Map.of(), Map.of())).isInstanceOf(ConfigException.class)
                .hasMessageContaining("producer.linger.ms").hasMessageContaining("soon");
        assertThatThrownBy(() -> new ClientDefaults(Map.of(), Map.of("group.id", "one"), Map.of())).isInstanceOf(ConfigException.class)
                .hasMessageContaining("consumer.group.id").hasMessageContaining("consumer.override.group.id");
        assertThatThrownBy(() -> new ClientDefaults(Map.of(), Map.of(), Map.of("retries", "-5"))).isInstanceOf(ConfigException.class)
                .hasMessageContaining("admin.retries");
    }
}
