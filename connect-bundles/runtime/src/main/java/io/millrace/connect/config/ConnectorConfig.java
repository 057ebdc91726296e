package io.millrace.connect.config;

import io.millrace.connect.catalog.VersionRequirement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigException;

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
    private static final String COMMON = "Common";
    private static final String ERRORS = "Error Handling";
    static final String EXACTLY_ONCE = "exactly.once.support";
    static final String TRANSACTION_BOUNDARY = "transaction.boundary";
    private static final String TRANSACTION_INTERVAL = "transaction.boundary.interval.ms";

    private final Map<String, String> values;
    private final Map<String, Object> common;

    /**
     * @param values with variables resolved
     * @throws ConfigException if a common setting is wrong
     */
    public ConnectorConfig(Map<String, String> values, boolean sink) {
        this.values = values;
        this.common = definition(sink).parse(values);
    }

    /** The common settings of sink or source connectors, in Kafka Connect's order. */
    public static ConfigDef definition(boolean sink) {
        ConfigDef def = new ConfigDef()
                .define(NAME, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, new ConfigDef.NonEmptyStringWithoutControlChars(), Importance.HIGH,
                        "Globally unique name of this connector.", COMMON, 1, ConfigDef.Width.MEDIUM, "Connector name")
                .define(CONNECTOR_CLASS, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, Importance.HIGH,
                        "Class of the connector: in full, or its simple name with or without \"Connector\" at the end.",
                        COMMON, 2, ConfigDef.Width.LONG, "Connector class");
        version(def, CONNECTOR_VERSION, "connector", Importance.MEDIUM, 3, ConfigDef.Width.MEDIUM);
        def.define(TASKS_MAX, Type.INT, 1, ConfigDef.Range.atLeast(1), Importance.HIGH,
                        "How many tasks the connector may have at most.", COMMON, 4, ConfigDef.Width.SHORT, "Tasks max")
                .define("tasks.max.enforce", Type.BOOLEAN, true, Importance.LOW,
                        "Whether a connector that makes more tasks than tasks.max fails.", COMMON, 5, ConfigDef.Width.SHORT, "Enforce tasks max");
        converter(def, KEY_CONVERTER, DEFAULT_CONVERTER, "key", 6);
        converter(def, VALUE_CONVERTER, DEFAULT_CONVERTER, "value", 8);
        converter(def, HEADER_CONVERTER, DEFAULT_HEADER_CONVERTER, "header", 10);
        def.define(TRANSFORMS, Type.LIST, List.of(), Importance.LOW,
                        "Aliases of the transformations to be applied, in order.", "Transforms", 12, ConfigDef.Width.LONG, "Transforms")
                .define(PREDICATES, Type.LIST, List.of(), Importance.LOW,
                        "Aliases of the predicates that transformations refer to.", "Predicates", 13, ConfigDef.Width.LONG, "Predicates")
                .define("config.action.reload", Type.STRING, "restart", ValidString.in("none", "restart"), Importance.LOW,
                        "What to do when a configuration variable changes.", COMMON, 14, ConfigDef.Width.MEDIUM, "Reload Action")
                .define("millrace.threads", Type.STRING, "platform", ValidString.in("virtual", "platform"), Importance.LOW,
                        "Kind of thread that tasks run on. A task that spins on a virtual one takes a carrier from the whole platform.", COMMON, 15, ConfigDef.Width.SHORT, "Threads")
                .define("errors.retry.timeout", Type.LONG, 0L, Importance.MEDIUM,
                        "How long a failed conversion or transformation is tried again, in milliseconds; -1 for ever.",
                        ERRORS, 1, ConfigDef.Width.MEDIUM, "Retry Timeout for Errors")
                .define("errors.retry.delay.max.ms", Type.LONG, 60_000L, Importance.MEDIUM,
                        "Longest pause between such tries.", ERRORS, 2, ConfigDef.Width.MEDIUM, "Maximum Delay Between Retries for Errors")
                .define("errors.tolerance", Type.STRING, "none", ValidString.in("none", "all"), Importance.MEDIUM,
                        "none: the first error fails the task. all: records with errors are skipped.",
                        ERRORS, 3, ConfigDef.Width.SHORT, "Error Tolerance")
                .define("errors.log.enable", Type.BOOLEAN, false, Importance.MEDIUM,
                        "Whether errors are logged.", ERRORS, 4, ConfigDef.Width.SHORT, "Log Errors")
                .define("errors.log.include.messages", Type.BOOLEAN, false, Importance.MEDIUM,
                        "Whether a logged error says which record failed.", ERRORS, 5, ConfigDef.Width.SHORT, "Log Error Details");
        return sink ? sink(def) : source(def);
    }

    private static void converter(ConfigDef def, String key, String standard, String what, int order) {
        String title = Character.toUpperCase(what.charAt(0)) + what.substring(1) + " converter";
        def.define(key, Type.STRING, standard, Importance.LOW, "Converter between " + what + "s in Kafka and Connect's data.",
                COMMON, order, ConfigDef.Width.SHORT, title + " class");
        version(def, key + "." + PLUGIN_VERSION, what + " converter", Importance.LOW, order + 1, ConfigDef.Width.SHORT);
    }

    private static void version(ConfigDef def, String key, String what, Importance importance, int order, ConfigDef.Width width) {
        def.define(key, Type.STRING, null, ConnectorConfig::checkVersion, importance,
                "Version of the " + what + " to use: one, a range such as [1.0,2.0), or latest.", COMMON, order, width,
                Character.toUpperCase(what.charAt(0)) + what.substring(1) + " version");
    }

    static void checkVersion(String key, Object value) {
        try {
            VersionRequirement.of(value);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(key, value, e.getMessage());
        }
    }

    /** Whether the key's value is a class's name: Kafka Connect calls the type of such settings CLASS, of that of {@code connector.class} STRING. */
    public static boolean namesClass(String key) {
        return key.equals(KEY_CONVERTER) || key.equals(VALUE_CONVERTER) || key.equals(HEADER_CONVERTER)
                || key.endsWith(".type") && (key.startsWith(TRANSFORMS + ".") || key.startsWith(PREDICATES + "."));
    }

    private static ConfigDef sink(ConfigDef def) {
        return def
                .define(TOPICS, Type.LIST, List.of(), Importance.HIGH,
                        "Topics to consume.", COMMON, 4, ConfigDef.Width.LONG, "Topics")
                .define(TOPICS_REGEX, Type.STRING, "", ConnectorConfig::checkPattern, Importance.HIGH,
                        "Pattern of the names of the topics to consume; instead of topics.", COMMON, 4, ConfigDef.Width.LONG, "Topics regex")
                .define(DLQ_TOPIC, Type.STRING, "", Importance.MEDIUM,
                        "Topic for records that failed; none if empty.", ERRORS, 6, ConfigDef.Width.MEDIUM, "Dead Letter Queue Topic Name")
                .define("errors.deadletterqueue.topic.replication.factor", Type.SHORT, (short) 3, Importance.MEDIUM,
                        "Replication factor of that topic when it is made.", ERRORS, 7, ConfigDef.Width.MEDIUM,
                        "Dead Letter Queue Topic Replication Factor")
                .define("errors.deadletterqueue.context.headers.enable", Type.BOOLEAN, false, Importance.MEDIUM,
                        "Whether headers tell why and where a record failed.", ERRORS, 8, ConfigDef.Width.MEDIUM, "Enable Error Context Headers");
    }

    private static ConfigDef source(ConfigDef def) {
        return def
                .define("topic.creation.groups", Type.LIST, List.of(), Importance.LOW,
                        "Groups of settings for topics that the connector makes (KIP-158).", "Topic Creation", 1, ConfigDef.Width.LONG,
                        "Topic Creation Groups")
                .define(EXACTLY_ONCE, Type.STRING, "requested", ConfigDef.CaseInsensitiveValidString.in("requested", "required"), Importance.MEDIUM,
                        "required: refuse to start a connector that cannot deliver exactly once.",
                        "Exactly Once Support", 2, ConfigDef.Width.SHORT, "Exactly once support")
                .define(TRANSACTION_BOUNDARY, Type.STRING, "poll", ConfigDef.CaseInsensitiveValidString.in("poll", "interval", "connector"),
                        Importance.MEDIUM, "What ends a transaction: what was polled, a time interval, or the connector.",
                        "Exactly Once Support", 3, ConfigDef.Width.SHORT, "Transaction Boundary")
                .define(TRANSACTION_INTERVAL, Type.LONG, null, ConnectorConfig::checkInterval, Importance.LOW,
                        "Length of that interval; by default the node's offset.flush.interval.ms.",
                        "Exactly Once Support", 4, ConfigDef.Width.SHORT, "Transaction boundary interval")
                .define("offsets.storage.topic", Type.STRING, null, Importance.LOW,
                        "Not used: offsets of all connectors are in one topic.", "offsets.topic", 1, ConfigDef.Width.LONG, "Offsets topic");
    }

    private static void checkPattern(String key, Object value) {
        try {
            Pattern.compile(String.valueOf(value));
        } catch (PatternSyntaxException e) {
            throw new ConfigException(key, value, "Invalid regex: " + e.getMessage());
        }
    }

    private static void checkInterval(String key, Object value) {
        if (value != null) {
            ConfigDef.Range.atLeast(0).ensureValid(key, value);
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

    /** Whether it starts again when what its variables stand for may have changed. */
    public boolean reloads() {
        return string("config.action.reload").equals("restart");
    }

    public boolean requiresExactlyOnce() {
        return string(EXACTLY_ONCE).equalsIgnoreCase("required");
    }

    /** {@code poll}, {@code interval} or {@code connector}. */
    public String transactionBoundary() {
        return string(TRANSACTION_BOUNDARY).toLowerCase(Locale.ROOT);
    }

    /** @param standard of the node, if the connector has none of its own */
    public long transactionIntervalMs(long standard) {
        return common.get(TRANSACTION_INTERVAL) == null ? standard : number(TRANSACTION_INTERVAL);
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
