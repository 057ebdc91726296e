package io.millrace.connect.config;

import io.millrace.connect.catalog.Catalog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.common.config.ConfigException;

/** Makes the sources of variables' values from the node's {@code config.providers}, whose keys are Kafka Connect's. */
final class ValueSources {

    private static final String KEY = "config.providers";
    private static final String CLASS = "class";
    private static final String PARAMETER = "param.";
    private static final List<String> STANDARD = List.of("file", "dir", "directory", "env");

    private final Path base;
    private final UnaryOperator<String> environment;
    private final Catalog catalog;
    private final Duration limit;

    ValueSources(Path base, UnaryOperator<String> environment, Catalog catalog, Duration limit) {
        this.base = base;
        this.environment = environment;
        this.catalog = catalog;
        this.limit = limit;
    }

    /**
     * @param names    of the providers; if there are none, those that need no class
     * @param settings what begins with {@code config.providers.}, without it
     * @throws ConfigException if a provider has no class, or a setting is nobody's
     */
    Map<String, ValueSource> of(List<String> names, Map<String, String> settings) {
        Set<String> wanted = new TreeSet<>(names.isEmpty() ? STANDARD : names);
        Map<String, Map<String, String>> own = new LinkedHashMap<>();
        wanted.forEach(name -> own.put(name, new LinkedHashMap<>()));
        settings.forEach((key, value) -> {
            int dot = key.indexOf('.');
            Map<String, String> owner = dot < 0 ? null : own.get(key.substring(0, dot));
            String rest = key.substring(dot + 1);
            if (owner == null || !rest.equals(CLASS) && !rest.startsWith(PARAMETER)) {
                throw new ConfigException(KEY + "." + key, value, "it has the form " + KEY + ".NAME.class or " + KEY + ".NAME.param.KEY, with a NAME of " + wanted);
            }
            owner.put(rest, value);
        });
        Map<String, ValueSource> sources = new LinkedHashMap<>();
        own.forEach((name, given) -> sources.put(name, source(name, given)));
        return sources;
    }

    private ValueSource source(String name, Map<String, String> given) {
        Map<String, String> parameters = new LinkedHashMap<>();
        given.forEach((key, value) -> {
            if (key.startsWith(PARAMETER)) {
                parameters.put(key.substring(PARAMETER.length()), value);
            }
        });
        if (given.containsKey(CLASS)) {
            return new ProvidedValues(name, given.get(CLASS), parameters, catalog, limit);
        }
        return switch (name) {
            case "file" -> new FileValues(base, new AllowedPaths(only(name, parameters, "allowed.paths"), base));
            case "dir", "directory" -> new FolderValues(base, new AllowedPaths(only(name, parameters, "allowed.paths"), base));
            case "env" -> new EnvironmentValues(environment, pattern(name, only(name, parameters, "allowlist.pattern")));
            default -> throw new ConfigException(KEY, name, "set " + KEY + "." + name + "." + CLASS + " to the class of the provider");
        };
    }

    private static String only(String name, Map<String, String> parameters, String known) {
        parameters.forEach((key, value) -> {
            if (!key.equals(known)) {
                throw new ConfigException(KEY + "." + name + "." + PARAMETER + key, value, "it knows " + known + " only");
            }
        });
        return parameters.getOrDefault(known, "");
    }

    private static Pattern pattern(String name, String regex) {
        try {
            return Pattern.compile(regex.isEmpty() ? ".*" : regex);
        } catch (PatternSyntaxException e) {
            throw new ConfigException(KEY + "." + name + "." + PARAMETER + "allowlist.pattern", regex, "it is no regular expression: " + e.getMessage());
        }
    }
}
