package io.millrace.connect.config;

import io.millrace.connect.catalog.Catalog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigException;

/**
 * Replaces {@code ${file:PATH:KEY}}, {@code ${dir:FOLDER:FILE}}, {@code ${env:NAME}} and what plugins provide in configurations by what they stand for
 * (KIP-297). What is stored and shown keeps the variables, so secrets stay where they are. Relative paths count from the node's {@code etc} folder.
 */
public final class Variables {

    private static final int SHORTEST_PART = 6;

    private final Map<String, ValueSource> sources;
    private final Pattern variable;

    private Variables(Map<String, ValueSource> sources) {
        this.sources = sources;
        this.variable = Pattern.compile("\\$\\{(" + sources.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|")) + "):(?:([^}]*?):)?([^}:]+)}");
    }

    /**
     * @param environment value of an environment variable, or null
     * @param providers   names of {@code config.providers}, none for the usual ones
     * @param settings    what begins with {@code config.providers.}, without it
     * @param limit       how long a plugin may take to answer
     * @throws ConfigException naming the setting that is wrong
     */
    public static Variables of(Path base, UnaryOperator<String> environment, List<String> providers, Map<String, String> settings, Catalog catalog, Duration limit) {
        return new Variables(new ValueSources(base, environment, catalog, limit).of(providers, settings));
    }

    /** One place where a variable stands. */
    private record Occurrence(String key, String value, String text, String source, String path, String name) {

        String group() {
            return source + ":" + path;
        }
    }

    /**
     * A configuration whose variables are replaced.
     *
     * @param raw     with the variables
     * @param secrets variables, by what they stand for
     * @param ttlMs   for how long that holds, {@link Long#MAX_VALUE} if it is not known to change
     */
    public record Resolved(Map<String, String> raw, Map<String, String> values, Map<String, String> secrets, long ttlMs) {

        /** Puts variables back into settings that were made of the values, so that what they stand for is not shown. */
        public List<Map<String, String>> restored(List<Map<String, String>> settings) {
            return secrets.isEmpty() ? settings : settings.stream().map(this::restored).toList();
        }

        private Map<String, String> restored(Map<String, String> settings) {
            Map<String, String> restored = new HashMap<>(settings);
            restored.replaceAll((key, value) -> raw.containsKey(key) && !raw.get(key).equals(values.get(key)) ? raw.get(key) : restored(value));
            return restored;
        }

        private String restored(String value) {
            if (value == null || secrets.containsKey(value)) {
                return value == null ? null : secrets.get(value);
            }
            String restored = value;
            for (Map.Entry<String, String> secret : secrets.entrySet()) {
                // Shorter ones are parts of words by chance.
                if (secret.getKey().length() >= SHORTEST_PART && restored.equals(value)) {
                    restored = restored.replace(secret.getKey(), secret.getValue());
                }
            }
            return restored;
        }
    }

    public boolean areIn(String value) {
        return value != null && variable.matcher(value).find();
    }

    /**
     * May block and run plugin code, for as long as that may take at most.
     *
     * @throws ConfigException if a variable stands for nothing
     */
    public Resolved resolve(Map<String, String> config) {
        List<Occurrence> found = new ArrayList<>();
        config.forEach((key, value) -> find(key, value, found));
        Map<String, ValueSource.Values> known = new HashMap<>();
        found.forEach(one -> known.computeIfAbsent(one.group(), group -> get(one, found.stream().filter(other -> other.group().equals(group))
                .map(Occurrence::name).collect(Collectors.toCollection(TreeSet::new)))));
        Map<String, String> secrets = new LinkedHashMap<>();
        Map<String, String> byText = new HashMap<>();
        for (Occurrence one : found) {
            String value = known.get(one.group()).values().get(one.name());
            if (value == null) {
                throw new ConfigException(one.key(), one.value(), one.text() + " stands for nothing; set it or correct the name");
            }
            secrets.putIfAbsent(value, one.text());
            byText.put(one.text(), value);
        }
        Map<String, String> resolved = new LinkedHashMap<>();
        config.forEach((key, value) -> resolved.put(key, value == null ? null
                : variable.matcher(value).replaceAll(match -> Matcher.quoteReplacement(byText.get(match.group())))));
        return new Resolved(config, resolved, secrets, known.values().stream().mapToLong(ValueSource.Values::ttlMs).min().orElse(ValueSource.Values.FOR_EVER));
    }

    private void find(String key, String value, List<Occurrence> found) {
        Matcher matcher = variable.matcher(value == null ? "" : value);
        while (matcher.find()) {
            found.add(new Occurrence(key, value, matcher.group(), matcher.group(1), matcher.group(2) == null ? "" : matcher.group(2), matcher.group(3)));
        }
    }

    private ValueSource.Values get(Occurrence one, Set<String> names) {
        try {
            return sources.get(one.source()).get(one.path(), names);
        } catch (ConfigException e) {
            throw new ConfigException(one.key(), one.value(), e.getMessage());
        }
    }
}
