package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The REST interface beside what a real Kafka Connect worker 4.3.1 answered to the same calls. */
class ConnectRestIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @Test
    void everyCallIsAnsweredAsKafkaConnectAnswersIt() throws Exception {
        Path data = folder.resolve("data");
        Path lines = Files.createDirectory(folder.resolve("lines"));
        Files.writeString(lines.resolve("in.txt"), "one\ntwo\nthree\n");
        try (Millrace millrace = Millrace.start(data)) {
            for (String plugin : new String[] {"connect-file.jar", "connect-test-plugins.jar"}) {
                Path jar = Path.of("target", "plugins", plugin).toAbsolutePath();
                Result installed = Millrace.command(LIMIT, "plugin", "install", jar.toString(), "--data", data.toString());
                assertThat(installed.exitCode()).as(installed.output()).isZero();
            }
            try (RestPlayer player = new RestPlayer(millrace.url(), lines)) {
                assertThat(RestRecording.report(player)).isEmpty();
            }
        }
    }
}
