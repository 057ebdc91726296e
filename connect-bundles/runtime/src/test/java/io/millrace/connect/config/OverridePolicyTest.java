package io.millrace.connect.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OverridePolicyTest {

    @ParameterizedTest
    @CsvSource({
        "All, producer.override.acks, false", "None, admin.override.security.protocol, true", "Principal, consumer.override.sasl.jaas.config, false",
        "Principal, producer.override.linger.ms, true", "Allowlist, producer.override.linger.ms, false", "Allowlist, producer.override.acks, true",
        "None, producer.acks, false", "None, topic, false",
        "org.apache.kafka.connect.connector.policy.NoneConnectorClientConfigOverridePolicy, producer.override.acks, true"})
    void eachPolicyAllowsWhatKafkaConnectsDoes(String policy, String setting, boolean refused) {
        assertThat(OverridePolicy.of(policy, Set.of("linger.ms")).refuses(setting)).isEqualTo(refused);
    }

    @Test
    void aRefusalHasKafkaConnectsWords() {
        assertThat(OverridePolicy.of("None", Set.of()).refusal("producer.override.linger.ms"))
                .isEqualTo("The 'None' policy does not allow 'linger.ms' to be overridden in the connector configuration.");
        assertThatThrownBy(() -> OverridePolicy.of("Principal", Set.of()).check(Map.of("topic", "t", "producer.override.acks", "1")))
                .isInstanceOf(ConfigException.class).hasMessageContaining("Client Config Overrides not allowed [producer.override.acks]");
        assertThatCode(() -> OverridePolicy.of("Principal", Set.of()).check(Map.of("topic", "t"))).doesNotThrowAnyException();
    }

    @Test
    void aPolicyOfOnesOwnIsRefusedByName() {
        assertThatThrownBy(() -> OverridePolicy.of("com.example.Mine", Set.of())).isInstanceOf(ConfigException.class)
                .hasMessageContaining("com.example.Mine").hasMessageContaining("connector.client.config.override.policy").hasMessageContaining("Principal");
    }
}
