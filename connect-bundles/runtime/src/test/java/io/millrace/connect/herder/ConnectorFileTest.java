package io.millrace.connect.herder;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectorFileTest {

    @TempDir
    private Path folder;

    @Test
    void aBrokenFileDoesNotKeepTheOthersOut() throws Exception {
        Files.writeString(folder.resolve("a.json"), "{\"name\":");
        Files.writeString(folder.resolve("b.json"), "{\"name\": \"b\", \"config\": {\"tasks.max\": 2, \"x\": true, \"topics\": \"t\"}}");
        Files.writeString(folder.resolve("c.json"), "{\"name\": \"c\"}");
        Files.writeString(folder.resolve("d.txt"), "no connector");
        List<ConnectorFile> files = ConnectorFile.readAll(folder);
        assertThat(files).singleElement().satisfies(file -> assertThat(file.config())
                .containsEntry("name", "b").containsEntry("tasks.max", "2").containsEntry("x", "true").containsEntry("topics", "t"));
    }

    @Test
    void theDigestChangesWithTheFile() throws Exception {
        Path file = folder.resolve("a.json");
        Files.writeString(file, "{\"name\": \"a\", \"config\": {}}");
        String before = ConnectorFile.read(file).digest();
        assertThat(ConnectorFile.read(file).digest()).isEqualTo(before);
        Files.writeString(file, "{\"name\": \"a\", \"config\": {\"k\": \"v\"}}");
        assertThat(ConnectorFile.read(file).digest()).isNotEqualTo(before);
    }

    @Test
    void noFolderIsNoConnectors() {
        assertThat(ConnectorFile.readAll(folder.resolve("none"))).isEmpty();
    }
}
