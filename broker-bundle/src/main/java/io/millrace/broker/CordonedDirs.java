package io.millrace.broker;

import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.metadata.SettingsFollower;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidConfigurationException;

/** Lets the log store follow which of its folders get no new partitions (KIP-1066). */
final class CordonedDirs implements SettingsFollower {

    static final String KEY = "cordoned.log.dirs";
    private static final String ALL = "*";

    private final LogStore store;

    CordonedDirs(LogStore store) {
        this.store = store;
    }

    /** @throws IllegalStateException if one is none of the folders, in one line for the user */
    static Set<Path> of(String value, List<Path> folders) {
        List<Path> cordoned = value.strip().equals(ALL) ? folders : paths(KEY, value);
        for (Path folder : cordoned) {
            if (!folders.contains(folder)) {
                throw new IllegalStateException(KEY + "=" + value + ": " + folder + " is none of the log folders, which are " + folders);
            }
        }
        return Set.copyOf(cordoned);
    }

    /** @throws IllegalStateException if one is there twice or not absolute */
    static List<Path> paths(String key, String value) {
        List<Path> paths = new ArrayList<>();
        for (String text : value.split(",")) {
            if (text.isBlank()) {
                continue;
            }
            Path path = Path.of(text.strip()).normalize();
            if (!path.isAbsolute() || paths.contains(path)) {
                throw new IllegalStateException(key + "=" + value + ": " + path + (path.isAbsolute() ? " is there twice" : " is not absolute")
                        + "; write absolute paths, separated by commas");
            }
            paths.add(path);
        }
        return paths;
    }

    @Override
    public void check(NodeSettings next) {
        try {
            of(next.value(KEY), store.folders());
        } catch (IllegalStateException refused) {
            throw new InvalidConfigurationException(refused.getMessage(), refused);
        }
    }

    /** A folder that was cordoned when it was a log folder, and is none since a restart, does not matter. */
    @Override
    public void apply(NodeSettings now) {
        String value = now.value(KEY);
        store.cordon(Set.copyOf(value.strip().equals(ALL) ? store.folders() : paths(KEY, value)));
    }
}
