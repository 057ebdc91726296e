package io.millrace.connect.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigException;

/** Contents of the files of folders, as secrets are mounted into containers. */
record FolderValues(Path base, AllowedPaths allowed) implements ValueSource {

    @Override
    public Values get(String path, Set<String> names) {
        if (path.isEmpty()) {
            throw new ConfigException("a folder variable has the form ${dir:FOLDER:FILE}");
        }
        Map<String, String> values = new HashMap<>();
        for (String name : names) {
            Path file = base.resolve(path).resolve(name).normalize();
            if (!file.startsWith(base.resolve(path).normalize())) {
                throw new ConfigException("file " + name + " is outside of " + path);
            }
            allowed.check(file);
            try {
                values.put(name, Files.readString(file, StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new ConfigException("file " + file + " cannot be read: " + e);
            }
        }
        return new Values(values, Values.FOR_EVER);
    }
}
