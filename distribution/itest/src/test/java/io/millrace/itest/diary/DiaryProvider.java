package io.millrace.itest.diary;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.config.ConfigData;
import org.apache.kafka.common.config.provider.ConfigProvider;

/** Knows what is in the properties files of its folder, for half a second. */
public final class DiaryProvider implements ConfigProvider {

    private Path folder;

    @Override
    public void configure(Map<String, ?> settings) {
        folder = Path.of((String) settings.get("folder"));
    }

    @Override
    public ConfigData get(String path) {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(folder.resolve(path))) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> values = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> values.put(name, properties.getProperty(name)));
        return new ConfigData(values, 500L);
    }

    @Override
    public ConfigData get(String path, Set<String> keys) {
        return get(path);
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
