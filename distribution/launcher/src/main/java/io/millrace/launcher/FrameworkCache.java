package io.millrace.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Where the OSGi framework keeps its files, anew with every start: in the data folder, or, so that a node starts on a disk that is full, in the system's
 * folder for temporary files. What an earlier start left in the data folder makes room for everything else then. A link in the data folder tells the next
 * start of what a process that was killed left elsewhere.
 */
final class FrameworkCache implements AutoCloseable {

    /** More than the framework, the shipped bundles and a few plugins take. */
    private static final long ROOM = 128L << 20;
    private static final String ELSEWHERE = "millrace-framework-";

    private final Path folder;
    /** In the data folder, to where the files are; null if they are in the data folder themselves. */
    private final Path link;

    private FrameworkCache(Path folder, Path link) {
        this.folder = folder;
        this.link = link;
    }

    /** @param data a folder that this process has for itself */
    static FrameworkCache in(Path data) throws IOException {
        return in(data, ROOM);
    }

    static FrameworkCache in(Path data, long room) throws IOException {
        Path usual = data.resolve("framework");
        if (Files.isSymbolicLink(usual)) {
            removeElsewhere(usual);
        }
        if (Files.getFileStore(data).getUsableSpace() >= room) {
            return new FrameworkCache(usual, null);
        }
        remove(usual);
        Path elsewhere = Files.createTempDirectory(ELSEWHERE);
        try {
            Files.createSymbolicLink(usual, elsewhere);
        } catch (IOException | UnsupportedOperationException _) {
            // There is no space even for that: whoever kills the process sees to it.
        }
        return new FrameworkCache(elsewhere, usual);
    }

    /** Only what such a start has made, and not what somebody else has put in its place since. */
    private static void removeElsewhere(Path link) throws IOException {
        Path target = Files.readSymbolicLink(link);
        boolean own = target.getFileName().toString().startsWith(ELSEWHERE) && Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)
                && Files.getOwner(target, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(link, LinkOption.NOFOLLOW_LINKS));
        if (own) {
            remove(target);
        }
        Files.delete(link);
    }

    Path folder() {
        return folder;
    }

    /** The framework is gone. */
    @Override
    public void close() throws IOException {
        if (link != null) {
            remove(folder);
            if (Files.isSymbolicLink(link)) {
                Files.delete(link);
            }
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
