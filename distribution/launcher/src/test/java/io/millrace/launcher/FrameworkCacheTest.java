package io.millrace.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the framework's files go, and what becomes of them. */
class FrameworkCacheTest {

    private static final long MORE_THAN_THERE_IS = Long.MAX_VALUE;

    @TempDir
    private Path data;

    private static Path used(FrameworkCache cache) throws IOException {
        Files.createDirectories(cache.folder().resolve("bundle1"));
        Files.writeString(cache.folder().resolve("bundle1").resolve("bundle.info"), "1");
        return cache.folder();
    }

    @Test
    void theyAreInTheDataFolderIfThereIsRoomAndStayForTheFrameworkToClear() throws Exception {
        Path folder;
        try (FrameworkCache cache = FrameworkCache.in(data, 0)) {
            folder = used(cache);
        }
        assertThat(folder).isEqualTo(data.resolve("framework")).isDirectoryContaining("glob:**bundle1");
    }

    @Test
    void onAFullDiskTheyAreElsewhereAndGoWithAnOrderlyStop() throws Exception {
        try (FrameworkCache cache = FrameworkCache.in(data, 0)) {
            used(cache);
        }
        Path folder;
        try (FrameworkCache cache = FrameworkCache.in(data, MORE_THAN_THERE_IS)) {
            folder = used(cache);
            assertThat(folder.startsWith(data)).isFalse();
            assertThat(data.resolve("framework").resolve("bundle1")).exists();
        }
        assertThat(folder).doesNotExist();
        assertThat(data).isEmptyDirectory();
    }

    @Test
    void whatAKilledProcessLeftElsewhereGoesWithTheNextStart() throws Exception {
        Path first = used(FrameworkCache.in(data, MORE_THAN_THERE_IS));
        Path second = used(FrameworkCache.in(data, MORE_THAN_THERE_IS));
        assertThat(first).doesNotExist();
        assertThat(second).exists();
        try (FrameworkCache cache = FrameworkCache.in(data, 0)) {
            assertThat(second).doesNotExist();
            assertThat(used(cache)).isEqualTo(data.resolve("framework"));
            assertThat(Files.isSymbolicLink(cache.folder())).isFalse();
        }
    }

    @Test
    void aLinkOfSomebodyElsesIsTakenAwayAndNotFollowed() throws Exception {
        Path other = Files.createDirectory(data.resolve("other"));
        Files.writeString(other.resolve("kept"), "kept");
        Files.createSymbolicLink(data.resolve("framework"), other);
        try (FrameworkCache cache = FrameworkCache.in(data, 0)) {
            assertThat(Files.isSymbolicLink(cache.folder())).isFalse();
        }
        assertThat(other.resolve("kept")).exists();
    }
}
