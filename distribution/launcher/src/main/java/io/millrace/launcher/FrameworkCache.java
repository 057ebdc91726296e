package io.millrace.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Where the OSGi framework keeps its files, anew with every start: in the data folder, or, so that a node starts on a disk that is full, in the system's
 * folder for temporary files. What an earlier start left in the data folder makes room for everything else then.
 */
final class FrameworkCache implements AutoCloseable {

    /** More than the framework, the shipped bundles and a few plugins take. */
    private static final long ROOM = 128L << 20;

    private final Path folder;
    private final boolean temporary;

    private FrameworkCache(Path folder, boolean temporary) {
        this.folder = folder;
        this.temporary = temporary;
    }

    static FrameworkCache in(Path data) throws IOException {
        Path usual = data.resolve("framework");
        if (Files.getFileStore(data).getUsableSpace() >= ROOM) {
            return new FrameworkCache(usual, false);
        }
        remove(usual);
        return new FrameworkCache(Files.createTempDirectory("millrace-framework-"), true);
    }

    Path folder() {
        return folder;
    }

    /** The framework is gone. */
    @Override
    public void close() throws IOException {
        if (temporary) {
            remove(folder);
        }
    }

    private static void remove(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                Files.delete(file);
            }
        }
    }
}
