package io.millrace.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;

/** A platform that runs, maybe in another process, as its data folder tells. */
public record Instance(long pid, String listen, String http) {

    /** @return empty if nothing runs on that folder, or is not ready yet */
    public static Optional<Instance> on(Path data) {
        Path file = DataFolder.instanceFile(data);
        Properties properties = new Properties();
        try (InputStream content = Files.newInputStream(file)) {
            properties.load(content);
            Instance instance = new Instance(Long.parseLong(properties.getProperty("pid")), properties.getProperty("listen"), properties.getProperty("http"));
            // A killed process leaves the file behind.
            return DataFolder.isHeld(data) ? Optional.of(instance) : Optional.empty();
        } catch (IOException | NumberFormatException _) {
            return Optional.empty();
        }
    }

    /** @return empty if it has ended */
    public Optional<ProcessHandle> process() {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    }
}
