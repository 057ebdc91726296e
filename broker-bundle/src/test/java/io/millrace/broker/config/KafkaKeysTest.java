package io.millrace.broker.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our keys beside Kafka's. */
class KafkaKeysTest {

    /** Keys whose default is not Kafka's, with the reason. */
    private static final Map<String, String> OTHER_DEFAULT = Map.of(
            "group.initial.rebalance.delay.ms", "half a second is enough for members that start together",
            "offsets.topic.num.partitions", "one node needs fewer",
            "transaction.state.log.num.partitions", "one node needs fewer",
            "max.connections", "a bound that protects the node",
            "log.dirs", "a folder in the data folder");

    @Test
    void everyPropertyOfKafkasTopicsIsOursWithItsTypeAndDefault() {
        Map<String, String> kafka = new TreeMap<>();
        KafkaFacts.read("topic-definitions.txt").forEach(key -> kafka.put(key[0], key[1] + " " + key[2]));
        Map<String, String> ours = TopicKeys.all().stream().filter(key -> !key.name().equals("write.caching"))
                .collect(Collectors.toMap(ConfigKey::name, key -> key.type() + " " + key.defaultValue()));
        assertThat(ours).containsExactlyInAnyOrderEntriesOf(kafka);
    }

    @Test
    void everyKeyOfKafkasBrokersIsOursOrIgnoredOrRefusedWithAReason() throws Exception {
        Properties foreign = new Properties();
        try (InputStream file = KafkaKeysTest.class.getResourceAsStream("/MILLRACE-INF/foreign-keys.properties")) {
            foreign.load(file);
        }
        Set<String> forgotten = new TreeSet<>();
        for (String[] key : KafkaFacts.read("broker-configs.txt")) {
            if (!BrokerKeys.exists(key[0]) && !isDeclared(foreign, key[0])) {
                forgotten.add(key[0]);
            }
        }
        assertThat(forgotten).isEmpty();
        assertThat(foreign.stringPropertyNames()).as("keys that are ours now: remove their lines from foreign-keys.properties").noneMatch(BrokerKeys::exists);
    }

    private static boolean isDeclared(Properties foreign, String name) {
        String part = name;
        while (foreign.getProperty(part.equals(name) ? part : part + ".*") == null) {
            int dot = part.lastIndexOf('.');
            if (dot < 0) {
                return false;
            }
            part = part.substring(0, dot);
        }
        return true;
    }

    @Test
    void brokerKeysHaveKafkasTypesAndDefaults() {
        Map<String, String[]> kafka = KafkaFacts.read("broker-configs.txt").stream().collect(Collectors.toMap(key -> key[0], key -> key));
        for (ConfigKey ours : BrokerKeys.all()) {
            String[] theirs = kafka.get(ours.name());
            if (theirs != null) {
                assertThat(ours.type().name()).as(ours.name()).isEqualTo(theirs[1]);
                if (!OTHER_DEFAULT.containsKey(ours.name()) && !theirs[2].equals("NO_DEFAULT")) {
                    assertThat(String.valueOf(ours.defaultValue())).as(ours.name()).isEqualTo(theirs[2]);
                }
            }
        }
    }

    @Test
    void onlyWhatKafkaCallsDynamicIsDynamic() {
        Set<String> kafka = KafkaFacts.read("dynamic-broker-configs.txt").stream().map(key -> key[0].split(" ")[0]).collect(Collectors.toSet());
        kafka.add("log.write.caching");
        assertThat(BrokerKeys.all().stream().map(ConfigKey::name).filter(BrokerKeys::isDynamic)
                .map(name -> name.replace("listener.name.plaintext.", ""))).isNotEmpty().isSubsetOf(kafka);
    }

    @Test
    void whatKafkaSetsForOneNodeOnlyIsSetForOneNodeOnly() {
        Set<String> kafka = KafkaFacts.read("dynamic-broker-configs.txt").stream().map(key -> key[0].split(" ")).filter(key -> key[1].equals("per-broker"))
                .map(key -> key[0]).collect(Collectors.toSet());
        assertThat(kafka).isNotEmpty();
        assertThat(BrokerKeys.all().stream().map(ConfigKey::name).filter(BrokerKeys::isDynamic))
                .allSatisfy(name -> assertThat(BrokerKeys.isOfOneNode(name)).as(name).isEqualTo(kafka.contains(name)));
    }

    @Test
    void groupPropertiesAreKafkas() {
        Map<String, String> kafka = KafkaFacts.read("group-configs.txt").stream().collect(Collectors.toMap(key -> key[0], key -> key[1] + " " + key[2] + " " + key[3]));
        Map<String, String> ours = GroupKeys.all().stream().collect(Collectors.toMap(ConfigKey::name,
                key -> key.defaultValue() + " " + key.type() + " " + GroupKeys.nodeKey(key.name()) + "=" + key.defaultValue()));
        assertThat(ours).containsExactlyInAnyOrderEntriesOf(kafka);
    }

    @ParameterizedTest
    @CsvSource({
        "retention.ms, abc, Invalid value abc for configuration retention.ms: it must be a whole number",
        "retention.ms, -2, Invalid value -2 for configuration retention.ms: it must be at least -1",
        "segment.bytes, 1048575, Invalid value 1048575 for configuration segment.bytes: it must be at least 1048576",
        "segment.bytes, 2147483648, Invalid value 2147483648 for configuration segment.bytes: it must be a whole number from -2147483648 to 2147483647",
        "cleanup.policy, shred, 'Invalid value shred for configuration cleanup.policy: it must be a list of compact, delete'",
        "compression.type, none, 'Invalid value none for configuration compression.type: it must be one of uncompressed, zstd, lz4, snappy, gzip, producer'",
        "compression.gzip.level, 0, 'Invalid value 0 for configuration compression.gzip.level: it must be 1 to 9, or -1'",
        "compression.lz4.level, 18, Invalid value 18 for configuration compression.lz4.level: it must be 1 to 17",
        "min.cleanable.dirty.ratio, 1.1, Invalid value 1.1 for configuration min.cleanable.dirty.ratio: it must be 0 to 1",
        "min.cleanable.dirty.ratio, NaN, Invalid value NaN for configuration min.cleanable.dirty.ratio: it must be a number",
        "preallocate, yes, Invalid value yes for configuration preallocate: it must be true or false",
        "leader.replication.throttled.replicas, x, Invalid value x for configuration leader.replication.throttled.replicas: it must be * or a list of PARTITION:NODE",
        "max.decompressed.message.bytes, 0, Invalid value 0 for configuration max.decompressed.message.bytes: it must be 1 to 2147483639"})
    void aWrongValueIsRefusedWithWhatIsAllowed(String key, String value, String message) {
        assertThatThrownBy(() -> TopicKeys.get(key).check(value)).isInstanceOf(InvalidConfigurationException.class).hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource({"retention.ms, ' 99 ', 99", "cleanup.policy, ' delete , compact,delete', 'delete,compact'", "cleanup.policy, '', ''", "preallocate, TRUE, true",
        "min.cleanable.dirty.ratio, .5, 0.5", "compression.zstd.level, -131072, -131072", "leader.replication.throttled.replicas, '0:1,1:1', '0:1,1:1'",
        "leader.replication.throttled.replicas, *, *"})
    void aValueIsKeptInItsShortestForm(String key, String given, String kept) {
        assertThat(TopicKeys.get(key).check(given)).isEqualTo(kept);
    }

    @Test
    void anUnknownNameIsAnsweredWithTheNearest() {
        assertThatThrownBy(() -> TopicKeys.get("retentoin.ms")).isInstanceOf(InvalidConfigurationException.class)
                .hasMessage("Unknown topic config name: retentoin.ms; did you mean retention.ms?");
        assertThatThrownBy(() -> TopicKeys.get("colour")).hasMessage("Unknown topic config name: colour");
    }

    @Test
    void readOnlyKeysSayHowTheyChange() {
        assertThatThrownBy(() -> BrokerKeys.dynamic("num.partitions")).hasMessage("num.partitions is read-only, set it in millrace.properties and restart");
    }
}
