package io.millrace.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {

    private final Configuration configuration = new Configuration(Map.of(
            "listen", ConfigKey.parse("listen", "address | 127.0.0.1:9092 | Where Kafka clients connect"),
            "num.partitions", ConfigKey.parse("num.partitions", "int | 1 | Partitions | of a topic")));

    @Test
    void laterSourcesWin() throws StartFailure {
        configuration.apply("file", Map.of("num.partitions", " 2 "));
        configuration.apply("command line", Map.of("num.partitions", "3"));
        assertThat(configuration.values()).containsEntry("num.partitions", "3").containsEntry("listen", "127.0.0.1:9092");
    }

    @Test
    void theNearestKnownKeyIsNamed() {
        assertThatThrownBy(() -> configuration.apply("x.properties", Map.of("lisen", "1")))
                .hasMessage("x.properties: unknown configuration key lisen; the nearest known one is listen");
    }

    @ParameterizedTest
    @CsvSource({
        "int, 2147483647, true", "int, 2147483648, false", "int, 1.5, false", "long, -9223372036854775808, true", "long, '', false",
        "double, .5, true", "double, NaN, false", "list, 'a,b', true", "boolean, true, true", "boolean, yes, false", "address, localhost:0, true", "address, [::1]:9092, true", "address, ::1:9092, false",
        "address, localhost, false", "address, :9092, false", "address, localhost:65536, false", "string, '', true", "path, data/x, true"})
    void valuesAreCheckedByType(String type, String value, boolean accepted) {
        assertThat(ConfigKey.parse("key", type + " | | what").accepts(value)).isEqualTo(accepted);
    }

    @Test
    void aDeclarationWithAnUnknownTypeIsRefused() {
        assertThatThrownBy(() -> ConfigKey.parse("key", "number | 1 | what")).hasMessageContaining("number");
    }

    @Test
    void foreignKeysAreIgnoredWithAWarningOrRefusedWithTheMend() throws StartFailure {
        Configuration kafkas = new Configuration(Map.of("node.id", ConfigKey.parse("node.id", "int | 1 | Number")), new ForeignKeys(Map.of(
                "process.roles", "ignored | every node is both", "controller.*", "ignored | built in", "ssl.*", "refused | there is no TLS")));
        kafkas.apply("server.properties", Map.of("process.roles", "broker", "controller.quorum.voters", "1@a:1", "node.id", "7"));
        assertThat(kafkas.values()).containsOnly(Map.entry("node.id", "7"));
        assertThat(kafkas.given()).containsExactly("node.id");
        assertThat(kafkas.warnings()).singleElement().asString().contains("controller.quorum.voters, process.roles");
        assertThatThrownBy(() -> kafkas.apply("server.properties", Map.of("ssl.keystore.location", "x")))
                .hasMessage("server.properties: ssl.keystore.location has no effect here: there is no TLS");
        assertThatThrownBy(() -> kafkas.apply("server.properties", Map.of("ssl.keystore.location", "x", "ssl.protocol", "y", "node.id", "a", "nodeid", "1")))
                .as("all at once").extracting(failure -> failure.getMessage().lines().toList()).asInstanceOf(InstanceOfAssertFactories.LIST)
                .satisfiesExactly(line -> assertThat(line).asString().contains("node.id=a"), line -> assertThat(line).asString().contains("nodeid"),
                        line -> assertThat(line).asString().contains("ssl.keystore.location"), line -> assertThat(line).asString().contains("ssl.protocol"));
        assertThatThrownBy(() -> kafkas.apply("server.properties", Map.of("controller", "x"))).hasMessageContaining("unknown configuration key controller");
    }

    @Test
    void aFamilyTakesTheKeysThatNobodyElseKnows() throws StartFailure {
        Configuration families = new Configuration(Map.of("producer.*", ConfigKey.parse("producer.*", "string | | Of producers"),
                "producer.id.expiration.ms", ConfigKey.parse("producer.id.expiration.ms", "int | 1 | Of the broker")),
                new ForeignKeys(Map.of("producer.purgatory.*", "ignored | no purgatory")));
        assertThat(families.values()).containsOnlyKeys("producer.id.expiration.ms");
        families.apply("file", Map.of("producer.linger.ms", "7", "producer.id.expiration.ms", "2", "producer.purgatory.size", "1"));
        assertThat(families.values()).containsOnly(Map.entry("producer.linger.ms", "7"), Map.entry("producer.id.expiration.ms", "2"));
        assertThat(families.given()).containsExactly("producer.id.expiration.ms", "producer.linger.ms");
        assertThatThrownBy(() -> families.apply("file", Map.of("producers.linger.ms", "7"))).hasMessageContaining("unknown configuration key");
    }
}
