package io.millrace.broker.metrics;

import io.millrace.api.metrics.Meter;
import java.util.Locale;

/** Kafka's MBean names, and the names Prometheus' users know them by: {@code kafka_server_replicamanager_partitioncount}. */
public final class KafkaName {

    private KafkaName() {
    }

    /** @param domain such as {@code server}; @param type such as {@code ReplicaManager}; @param name such as {@code PartitionCount} */
    public static Meter gauge(String domain, String type, String name, String help) {
        return Meter.gauge("kafka_" + domain.replace('.', '_') + "_" + type.toLowerCase(Locale.ROOT) + "_" + name.toLowerCase(Locale.ROOT).replace('-', '_'),
                help)
                .as("kafka." + domain + ":type=" + type + ",name=" + name);
    }
}
