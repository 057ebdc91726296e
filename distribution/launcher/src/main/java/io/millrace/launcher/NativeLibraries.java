package io.millrace.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where libraries put their native code before they load it: in the framework's folder, which every start clears, rather than in the system's folder for
 * temporary files, where a process that is killed would leave it. Whoever has set another folder keeps it.
 */
final class NativeLibraries implements AutoCloseable {

    /** System properties of snappy-java and zstd-jni. lz4-java has none: what the framework unpacks for it is named in the bundles. */
    private static final List<String> FOLDERS = List.of("org.xerial.snappy.tempdir", "ZstdTempFolder");

    private final String folder;
    private final List<String> set = new ArrayList<>();

    private NativeLibraries(Path folder) {
        this.folder = folder.toString();
    }

    /** @param cache the framework's folder, which has been cleared */
    static NativeLibraries in(Path cache) throws IOException {
        NativeLibraries libraries = new NativeLibraries(Files.createDirectories(cache.resolve("native")));
        for (String property : FOLDERS) {
            if (System.getProperty(property) == null) {
                System.setProperty(property, libraries.folder);
                libraries.set.add(property);
            }
        }
        return libraries;
    }

    /** Further platforms of the process have folders of their own. */
    @Override
    public void close() {
        set.forEach(System::clearProperty);
    }
}
