package io.millrace.connect.catalog;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What a class provided by a plugin is good for, with the word Kafka Connect's REST interface uses for it. */
public enum Kind {
    SOURCE("source", "Connector", "org.apache.kafka.connect.source.SourceConnector"),
    SINK("sink", "Connector", "org.apache.kafka.connect.sink.SinkConnector"),
    CONVERTER("converter", "Converter", "org.apache.kafka.connect.storage.Converter"),
    HEADER_CONVERTER("header_converter", "HeaderConverter", "org.apache.kafka.connect.storage.HeaderConverter"),
    TRANSFORMATION("transformation", "Transformation", "org.apache.kafka.connect.transforms.Transformation"),
    PREDICATE("predicate", "Predicate", "org.apache.kafka.connect.transforms.predicates.Predicate"),
    CONFIG_PROVIDER("config_provider", "ConfigProvider", "org.apache.kafka.common.config.provider.ConfigProvider");

    /** What a connector's configuration may name; the REST interface lists no others. */
    public static final Set<Kind> OF_CONNECTORS = Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(CONFIG_PROVIDER)));

    private final String word;
    private final String suffix;
    private final List<String> serviceTypes;

    Kind(String word, String suffix, String serviceType) {
        this.word = word;
        this.suffix = suffix;
        this.serviceTypes = List.of(serviceType);
    }

    public String word() {
        return word;
    }

    /** The simple name of what such a class implements. */
    public String type() {
        return serviceTypes.getFirst().substring(serviceTypes.getFirst().lastIndexOf('.') + 1);
    }

    /** What an alias may leave out at the end of a class's simple name. */
    String suffix() {
        return suffix;
    }

    List<String> serviceTypes() {
        return serviceTypes;
    }

    /** Whether {@code name} means {@code className}: in full, by its simple name, or by that without the kind's suffix. */
    public boolean means(String name, String className) {
        if (name.equals(className)) {
            return true;
        }
        String simple = className.substring(className.lastIndexOf('.') + 1);
        if (name.equals(simple) || simple.endsWith(suffix) && name.equals(simple.substring(0, simple.length() - suffix.length()))) {
            return true;
        }
        // Kafka's own SourceConnector and SinkConnector classes answer to what stands before that as well.
        return this == SOURCE && simple.equals(name + "SourceConnector") || this == SINK && simple.equals(name + "SinkConnector");
    }
}
