package io.millrace.connect.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigException;

/**
 * Replaces {@code ${file:PATH:KEY}}, {@code ${dir:FOLDER:FILE}} and {@code ${env:NAME}} in configurations by what they stand for (KIP-297).
 * What is stored and shown keeps the variables, so secrets stay where they are. Relative paths count from the node's {@code etc} folder.
 */
public final class Variables {

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(file|dir|env):(?:([^}]*?):)?([^}:]+)}");

    private static final int SHORTEST_PART = 6;

    private final Path base;
    private final UnaryOperator<String> environment;

    /** @param environment value of an environment variable, or null */
    public Variables(Path base, UnaryOperator<String> environment) {
        this.base = base;
        this.environment = environment;
    }

    /** @throws ConfigException if a variable stands for nothing */
    public Map<String, String> resolve(Map<String, String> config) {
        Map<Path, Properties> files = new HashMap<>();
        Map<String, String> resolved = new LinkedHashMap<>();
        config.forEach((key, value) -> resolved.put(key, value == null ? null : resolve(key, value, files)));
        return resolved;
    }

    public static boolean hasVariable(String value) {
        return value != null && VARIABLE.matcher(value).find();
    }

    /**
     * Puts variables back into settings that were made of a resolved configuration, so that what they stand for is not shown.
     *
     * @param raw the configuration with its variables
     * @throws ConfigException if a variable stands for nothing
     */
    public List<Map<String, String>> restore(Map<String, String> raw, List<Map<String, String>> settings) {
        Map<Path, Properties> files = new HashMap<>();
        Map<String, String> secrets = new LinkedHashMap<>();
        raw.forEach((key, value) -> {
            Matcher variable = value == null ? null : VARIABLE.matcher(value);
            while (variable != null && variable.find()) {
                secrets.putIfAbsent(resolve(key, variable.group(), files), variable.group());
            }
        });
        return secrets.isEmpty() ? settings : settings.stream().map(each -> restore(raw, each, secrets)).toList();
    }

    private static Map<String, String> restore(Map<String, String> raw, Map<String, String> settings, Map<String, String> secrets) {
        Map<String, String> restored = new HashMap<>(settings);
        restored.replaceAll((key, value) -> hasVariable(raw.get(key)) ? raw.get(key) : restore(value, secrets));
        return restored;
    }

    private static String restore(String value, Map<String, String> secrets) {
        if (value == null) {
            return null;
        }
        String restored = secrets.getOrDefault(value, value);
        for (Map.Entry<String, String> secret : secrets.entrySet()) {
            // Shorter ones are parts of words by chance.
            if (secret.getKey().length() >= SHORTEST_PART && !hasVariable(restored)) {
                restored = restored.replace(secret.getKey(), secret.getValue());
            }
        }
        return restored;
    }

    private String resolve(String key, String value, Map<Path, Properties> files) {
        Matcher variable = VARIABLE.matcher(value);
        StringBuilder text = new StringBuilder();
        while (variable.find()) {
            String path = variable.group(2);
            String name = variable.group(3);
            String found = switch (variable.group(1)) {
                case "env" -> environment.apply(name);
                case "file" -> file(key, value, path, files).getProperty(name);
                default -> content(key, value, path, name);
            };
            if (found == null) {
                throw new ConfigException(key, value, variable.group() + " stands for nothing; set it or correct the name");
            }
            variable.appendReplacement(text, Matcher.quoteReplacement(found));
        }
        return variable.appendTail(text).toString();
    }

    private Properties file(String key, String value, String path, Map<Path, Properties> files) {
        if (path == null) {
            throw new ConfigException(key, value, "a file variable has the form ${file:PATH:KEY}");
        }
        return files.computeIfAbsent(base.resolve(path), file -> {
            Properties properties = new Properties();
            try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
                properties.load(in);
            } catch (IOException | IllegalArgumentException e) {
                throw new ConfigException(key, value, "file " + file + " cannot be read: " + e);
            }
            return properties;
        });
    }

    private String content(String key, String value, String folder, String name) {
        if (folder == null) {
            throw new ConfigException(key, value, "a folder variable has the form ${dir:FOLDER:FILE}");
        }
        Path file = base.resolve(folder).resolve(name).normalize();
        if (!file.startsWith(base.resolve(folder).normalize())) {
            throw new ConfigException(key, value, "file " + name + " is outside of " + folder);
        }
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ConfigException(key, value, "file " + file + " cannot be read: " + e);
        }
    }
}
