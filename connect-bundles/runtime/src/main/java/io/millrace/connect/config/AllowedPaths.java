package io.millrace.connect.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigException;

/** Files and folders that variables may be read from ({@code allowed.paths}, KIP-993). */
final class AllowedPaths {

    /** More than settings, keys and certificates are. */
    private static final long MOST_BYTES = 16 << 20;

    private final List<Path> allowed;

    /** @param list with commas between; empty allows everything */
    AllowedPaths(String list, Path base) {
        this.allowed = Stream.of(list.split(",")).map(String::strip).filter(path -> !path.isEmpty()).map(path -> real(base.resolve(path))).toList();
    }

    /** @throws ConfigException if it may not be read: it is not allowed, or, such as {@code /dev/zero}, more than a configuration */
    void check(Path file) {
        if (!allowed.isEmpty() && allowed.stream().noneMatch(real(file)::startsWith)) {
            throw new ConfigException(file + " may not be read; allowed.paths are " + allowed);
        }
        if (Files.exists(file) && !(Files.isRegularFile(file) && file.toFile().length() <= MOST_BYTES)) {
            throw new ConfigException(file + " may not be read; it is not a file, or has more than " + (MOST_BYTES >> 20) + " MB");
        }
    }

    /** Where it really is: a link may lead out of an allowed folder. */
    private static Path real(Path path) {
        try {
            return Files.exists(path) ? path.toRealPath() : path.toAbsolutePath().normalize();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }
}
