package io.millrace.connect.config;

import io.millrace.connect.catalog.VersionRequirement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;

/** The settings that every connector understands, whatever its plugin; keys, defaults and meaning are Kafka Connect's. Immutable. */
public final class ConnectorConfig {

    public static final String NAME = "name";
    public static final String CONNECTOR_CLASS = "connector.class";
    /** Ends the keys by which versions of classes are asked for (KIP-891). */
    public static final String PLUGIN_VERSION = "plugin.version";
    public static final String CONNECTOR_VERSION = "connector." + PLUGIN_VERSION;
    public static final String TASKS_MAX = "tasks.max";
    public static final String KEY_CONVERTER = "key.converter";
    public static final String VALUE_CONVERTER = "value.converter";
    public static final String HEADER_CONVERTER = "header.converter";
    public static final String TRANSFORMS = "transforms";
    public static final String PREDICATES = "predicates";
    public static final String TOPICS = "topics";
    public static final String TOPICS_REGEX = "topics.regex";
    public static final String DLQ_TOPIC = "errors.deadletterqueue.topic.name";

    private static final String DEFAULT_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";
    private static final String DEFAULT_HEADER_CONVERTER = "org.apache.kafka.connect.storage.SimpleHeaderConverter";
    private static final String ERRORS = "Error Handling";

    private final Map<String, String> values;
    private final Map<String, Object> common;

    /**
     * @param values with variables resolved
     * @throws org.apache.kafka.common.config.ConfigException if a common setting is wrong
     */
    public ConnectorConfig(Map<String, String> values, boolean sink) {
        this.values = values;
        this.common = definition(sink).parse(values);
    }

    /** The common settings of sink or source connectors. */
    public static ConfigDef definition(boolean sink) {
        ConfigDef def = new ConfigDef()
                .define(NAME, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, new ConfigDef.NonEmptyStringWithoutControlChars(), Importance.HIGH,
                        "Globally unique name of this connector.", "Common", 1, ConfigDef.Width.MEDIUM, "Connector name")
                .define(CONNECTOR_CLASS, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, Importance.HIGH,
                        "Class of the connector: in full, or its simple name with or without \"Connector\" at the end.",
                        "Common", 2, ConfigDef.Width.LONG, "Connector class")
                .define(TASKS_MAX, Type.INT, 1, ConfigDef.Range.atLeast(1), Importance.HIGH,
                        "How many tasks the connector may have at most.", "Common", 3, ConfigDef.Width.SHORT, "Tasks max")
                .define("tasks.max.enforce", Type.BOOLEAN, true, Importance.LOW,
                        "Whether a connector that makes more tasks than tasks.max fails.", "Common", 4, ConfigDef.Width.SHORT, "Enforce tasks max")
                .define(KEY_CONVERTER, Type.STRING, DEFAULT_CONVERTER, Importance.LOW,
                        "Converter between keys in Kafka and Connect's data.", "Common", 5, ConfigDef.Width.SHORT, "Key converter class")
                .define(VALUE_CONVERTER, Type.STRING, DEFAULT_CONVERTER, Importance.LOW,
                        "Converter between values in Kafka and Connect's data.", "Common", 6, ConfigDef.Width.SHORT, "Value converter class")
                .define(HEADER_CONVERTER, Type.STRING, DEFAULT_HEADER_CONVERTER, Importance.LOW,
                        "Converter between headers in Kafka and Connect's data.", "Common", 7, ConfigDef.Width.SHORT, "Header converter class")
                .define("config.action.reload", Type.STRING, "restart", ValidString.in("none", "restart"), Importance.LOW,
                        "What to do when a configuration variable changes.", "Common", 8, ConfigDef.Width.MEDIUM, "Reload action")
                .define("millrace.threads", Type.STRING, "platform", ValidString.in("virtual", "platform"), Importance.LOW,
                        "Kind of thread that tasks run on. A task that spins on a virtual one takes a carrier from the whole platform.", "Common", 9, ConfigDef.Width.SHORT, "Threads")
                .define(TRANSFORMS, Type.LIST, List.of(), Importance.LOW,
                        "Aliases of the transformations to be applied, in order.", "Transforms", 1, ConfigDef.Width.LONG, "Transforms")
                .define(PREDICATES, Type.LIST, List.of(), Importance.LOW,
                        "Aliases of the predicates that transformations refer to.", "Predicates", 1, ConfigDef.Width.LONG, "Predicates")
                .define("errors.retry.timeout", Type.LONG, 0L, Importance.MEDIUM,
                        "How long a failed conversion or transformation is tried again, in milliseconds; -1 for ever.",
                        ERRORS, 1, ConfigDef.Width.MEDIUM, "Retry timeout for errors")
                .define("errors.retry.delay.max.ms", Type.LONG, 60_000L, Importance.MEDIUM,
                        "Longest pause between such tries.", ERRORS, 2, ConfigDef.Width.MEDIUM, "Maximum delay between retries")
                .define("errors.tolerance", Type.STRING, "none", ValidString.in("none", "all"), Importance.MEDIUM,
                        "none: the first error fails the task. all: records with errors are skipped.",
                        ERRORS, 3, ConfigDef.Width.SHORT, "Error tolerance")
                .define("errors.log.enable", Type.BOOLEAN, false, Importance.MEDIUM,
                        "Whether errors are logged.", ERRORS, 4, ConfigDef.Width.SHORT, "Log errors")
                .define("errors.log.include.messages", Type.BOOLEAN, false, Importance.MEDIUM,
                        "Whether a logged error says which record failed.", ERRORS, 5, ConfigDef.Width.SHORT, "Log error details");
        version(def, CONNECTOR_VERSION, "connector", Importance.MEDIUM);
        version(def, KEY_CONVERTER + "." + PLUGIN_VERSION, "key converter", Importance.LOW);
        version(def, VALUE_CONVERTER + "." + PLUGIN_VERSION, "value converter", Importance.LOW);
        version(def, HEADER_CONVERTER + "." + PLUGIN_VERSION, "header converter", Importance.LOW);
        return sink ? sink(def) : source(def);
    }

    static void version(ConfigDef def, String key, String what, Importance importance) {
        def.define(key, Type.STRING, null, ConnectorConfig::checkVersion, importance,
                "Version of the " + what + " to use: one, a range such as [1.0,2.0), or latest.", "Common", 12, ConfigDef.Width.SHORT,
                Character.toUpperCase(what.charAt(0)) + what.substring(1) + " version");
    }

    private static void checkVersion(String key, Object value) {
        try {
            VersionRequirement.of(value);
        } catch (IllegalArgumentException e) {
            throw new org.apache.kafka.common.config.ConfigException(key, value, e.getMessage());
        }
    }

    private static ConfigDef sink(ConfigDef def) {
        return def
                .define(TOPICS, Type.LIST, List.of(), Importance.HIGH,
                        "Topics to consume.", "Common", 10, ConfigDef.Width.LONG, "Topics")
                .define(TOPICS_REGEX, Type.STRING, "", ConnectorConfig::checkPattern, Importance.HIGH,
                        "Pattern of the names of the topics to consume; instead of topics.", "Common", 11, ConfigDef.Width.LONG, "Topics regex")
                .define(DLQ_TOPIC, Type.STRING, "", Importance.MEDIUM,
                        "Topic for records that failed; none if empty.", ERRORS, 6, ConfigDef.Width.MEDIUM, "Dead letter queue topic name")
                .define("errors.deadletterqueue.topic.replication.factor", Type.SHORT, (short) 3, Importance.MEDIUM,
                        "Replication factor of that topic when it is made.", ERRORS, 7, ConfigDef.Width.MEDIUM, "Dead letter queue replication")
                .define("errors.deadletterqueue.context.headers.enable", Type.BOOLEAN, false, Importance.MEDIUM,
                        "Whether headers tell why and where a record failed.", ERRORS, 8, ConfigDef.Width.MEDIUM, "Enable error context headers");
    }

    private static ConfigDef source(ConfigDef def) {
        return def
                .define("topic.creation.groups", Type.LIST, List.of(), Importance.LOW,
                        "Groups of settings for topics that the connector makes (KIP-158).", "Topic Creation", 1, ConfigDef.Width.LONG, "Topic groups")
                .define("exactly.once.support", Type.STRING, "requested", ValidString.in("requested", "required"), Importance.MEDIUM,
                        "required: refuse to start a connector that cannot deliver exactly once.",
                        "Exactly Once Support", 1, ConfigDef.Width.SHORT, "Exactly once support")
                .define("transaction.boundary", Type.STRING, "poll", ValidString.in("poll", "interval", "connector"), Importance.MEDIUM,
                        "What ends a transaction: what was polled, a time interval, or the connector.",
                        "Exactly Once Support", 2, ConfigDef.Width.SHORT, "Transaction boundary")
                .define("transaction.boundary.interval.ms", Type.LONG, 1_000L, ConfigDef.Range.atLeast(0), Importance.LOW,
                        "Length of that interval.", "Exactly Once Support", 3, ConfigDef.Width.SHORT, "Transaction boundary interval")
                .define("offsets.storage.topic", Type.STRING, null, Importance.LOW,
                        "Not used: offsets of all connectors are in one topic.", "offsets.topic", 1, ConfigDef.Width.LONG, "Offsets topic");
    }

    private static void checkPattern(String key, Object value) {
        try {
            Pattern.compile(String.valueOf(value));
        } catch (java.util.regex.PatternSyntaxException e) {
            throw new org.apache.kafka.common.config.ConfigException(key, value, "no regular expression: " + e.getMessage());
        }
    }

    /**
     * Which version of a class is asked for.
     *
     * @param prefix of the class's settings, such as {@code connector.}
     */
    public VersionRequirement version(String prefix) {
        return VersionRequirement.of(values.get(prefix + PLUGIN_VERSION));
    }

    public Map<String, String> values() {
        return values;
    }

    public String name() {
        return (String) common.get(NAME);
    }

    public String string(String key) {
        return (String) common.get(key);
    }

    public int tasksMax() {
        return (Integer) common.get(TASKS_MAX);
    }

    public boolean flag(String key) {
        return (Boolean) common.get(key);
    }

    public long number(String key) {
        return ((Number) common.get(key)).longValue();
    }

    @SuppressWarnings("unchecked")
    public List<String> list(String key) {
        return (List<String>) common.get(key);
    }

    /** Of the threads that the connector's tasks run on. */
    public Thread.Builder threads() {
        return string("millrace.threads").equals("platform") ? Thread.ofPlatform().daemon() : Thread.ofVirtual();
    }

    public boolean toleratesErrors() {
        return string("errors.tolerance").equals("all");
    }

    public Optional<String> deadLetterTopic() {
        return Optional.ofNullable((String) common.get(DLQ_TOPIC)).filter(topic -> !topic.isEmpty());
    }

    /** Whether the connector's records go to another cluster than this node's; then nothing there can be in one transaction with offsets here. */
    public boolean writesElsewhere() {
        String elsewhere = values.get("producer.override.bootstrap.servers");
        return elsewhere != null && !elsewhere.isBlank();
    }

    /** All settings whose key begins with the prefix, without it. */
    public Map<String, Object> withPrefix(String prefix) {
        Map<String, Object> found = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(prefix) && key.length() > prefix.length()) {
                found.put(key.substring(prefix.length()), value);
            }
        });
        return found;
    }
}
