package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An unmodified Kafka Connect plugin, installed into the running platform with the command line. */
class PluginIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @Test
    void connectFileIsInstalledRunsAndIsRemovedWhileOthersRunOn() throws Exception {
        Path data = folder.resolve("data");
        Path connectFile = Path.of("target", "plugins", "connect-file.jar").toAbsolutePath();
        Path input = Files.writeString(folder.resolve("in.txt"), "one\ntwo\n");
        Path output = folder.resolve("out.txt");
        try (Millrace millrace = Millrace.start(data)) {
            assertSucceeds(Millrace.command(LIMIT, "plugin", "install", connectFile.toString(), "--data", data.toString()));
            assertThat(millrace.get("/connector-plugins").toString()).contains("FileStreamSourceConnector", "FileStreamSinkConnector");
            millrace.send("POST", "/connectors", """
                    {"name": "lines-in", "config": {"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
                     "file": "%s", "topic": "lines", "key.converter": "org.apache.kafka.connect.storage.StringConverter",
                     "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""".formatted(input));
            millrace.send("POST", "/connectors", """
                    {"name": "lines-out", "config": {"connector.class": "FileStreamSink", "file": "%s", "topics": "lines",
                     "key.converter": "org.apache.kafka.connect.storage.StringConverter",
                     "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""".formatted(output));
            awaitLines(millrace, output, List.of("one", "two"));
            Files.writeString(input, "three\n", StandardOpenOption.APPEND);
            awaitLines(millrace, output, List.of("one", "two", "three"));
            JsonNode status = millrace.get("/connectors/lines-out/status");
            assertThat(status.path("connector").path("state").asText()).isEqualTo("RUNNING");

            String name = null;
            for (JsonNode plugin : millrace.get("/plugins")) {
                if (plugin.path("name").asText().contains("file")) {
                    name = plugin.path("name").asText();
                }
            }
            assertSucceeds(Millrace.command(LIMIT, "plugin", "remove", name, "--data", data.toString()));
            assertThat(millrace.get("/connector-plugins").toString()).doesNotContain("FileStreamSourceConnector");
            assertThat(millrace.alive()).isTrue();
        }
    }

    private static void awaitLines(Millrace millrace, Path file, List<String> lines) {
        millrace.await("lines " + lines + " in " + file, LIMIT, () -> {
            try {
                return Files.exists(file) && new ArrayList<>(Files.readAllLines(file)).equals(lines);
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    private static void assertSucceeds(Result result) {
        assertThat(result.exitCode()).as(result.output()).isZero();
    }
}
