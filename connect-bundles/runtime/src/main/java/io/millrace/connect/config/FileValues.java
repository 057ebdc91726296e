package io.millrace.connect.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.config.ConfigException;

/** Values of the keys of properties files. */
record FileValues(Path base, AllowedPaths allowed) implements ValueSource {

    @Override
    public Values get(String path, Set<String> names) {
        if (path.isEmpty()) {
            throw new ConfigException("a file variable has the form ${file:PATH:KEY}");
        }
        Path file = base.resolve(path);
        allowed.check(file);
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(in);
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException("file " + file + " cannot be read: " + e);
        }
        Map<String, String> values = new HashMap<>();
        names.forEach(name -> values.put(name, properties.getProperty(name)));
        return new Values(values, Values.FOR_EVER);
    }
}
