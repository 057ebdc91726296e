package io.millrace.cdc;

import io.debezium.connector.postgresql.PostgresConnector;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;

/** Translates this connector's options into Debezium's. Every option of Debezium may be given as it is and wins. */
final class CaptureConfig {

    static final String URL = "database.url";
    static final String TABLES = "tables";

    static final ConfigDef OWN = new ConfigDef()
            .define(URL, Type.STRING, null, Importance.HIGH, "Database to capture: postgresql://user:password@host:port/database")
            .define(TABLES, Type.STRING, null, Importance.HIGH, "Tables to capture, comma-separated, as schema.table; empty captures all");

    /** Whether the slot's name was made here: then it is nobody else's. */
    static final String OWN_SLOT = "millrace.own.slot";

    private static final int LONGEST_SLOT_NAME = 63;

    private CaptureConfig() {}

    /** @throws ConfigException naming the option that cannot be read */
    static Map<String, String> toDebezium(Map<String, String> given) {
        Map<String, String> result = new HashMap<>(defaults(given.getOrDefault("name", "capture")));
        String url = given.get(URL);
        if (url != null && !url.isBlank()) {
            result.putAll(fromUrl(url));
        }
        String tables = given.get(TABLES);
        if (tables != null && !tables.isBlank()) {
            result.put("table.include.list", tables.replaceAll("\\s+", ""));
        }
        given.forEach((key, value) -> {
            if (!key.equals(URL) && !key.equals(TABLES)) {
                result.put(key, value);
            }
        });
        result.put(OWN_SLOT, Boolean.toString(!given.containsKey("slot.name")));
        // Debezium chooses its parts by this class.
        result.put("connector.class", PostgresConnector.class.getName());
        return result;
    }

    private static Map<String, String> defaults(String connector) {
        String identifier = ("millrace_" + connector).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "_");
        identifier = identifier.substring(0, Math.min(LONGEST_SLOT_NAME, identifier.length()));
        Map<String, String> defaults = new HashMap<>();
        defaults.put("plugin.name", "pgoutput");
        defaults.put("slot.name", identifier);
        defaults.put("publication.name", identifier);
        defaults.put("publication.autocreate.mode", "filtered");
        // Debezium waits for a full batch or this long: its default of 500 ms is the latency its users see.
        defaults.put("poll.interval.ms", "10");
        // An idle captured table would otherwise pin the server's log.
        defaults.put("heartbeat.interval.ms", "10000");
        defaults.put("statistics.metrics.enabled", "false");
        return defaults;
    }

    private static Map<String, String> fromUrl(String url) {
        URI uri;
        try {
            uri = URI.create(url.startsWith("jdbc:") ? url.substring("jdbc:".length()) : url);
        } catch (IllegalArgumentException e) {
            throw malformed(e.getMessage());
        }
        if (uri.getHost() == null || uri.getPath() == null || uri.getPath().length() < 2
                || !("postgresql".equals(uri.getScheme()) || "postgres".equals(uri.getScheme()))) {
            throw malformed("host or database is missing");
        }
        Map<String, String> parts = new HashMap<>();
        parts.put("database.hostname", uri.getHost());
        parts.put("database.port", Integer.toString(uri.getPort() < 0 ? 5432 : uri.getPort()));
        parts.put("database.dbname", uri.getPath().substring(1));
        if (uri.getRawUserInfo() != null) {
            String[] login = uri.getRawUserInfo().split(":", 2);
            parts.put("database.user", decoded(login[0]));
            parts.put("database.password", login.length > 1 ? decoded(login[1]) : "");
        }
        return parts;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** The address itself is not repeated: it holds the password. */
    private static ConfigException malformed(String why) {
        return new ConfigException(URL + " is not an address of a PostgreSQL database (" + why + "); write postgresql://user:password@host:port/database");
    }
}
