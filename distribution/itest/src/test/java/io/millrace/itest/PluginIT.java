package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An unmodified Kafka Connect plugin: signed, installed into the running platform with the command line, removed and brought back. */
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
        try (Millrace millrace = Millrace.start(data, "--set", "plugins.signature.policy=require", "--set", "plugins.trusted.keys=" + folder.resolve("keys"))) {
            installSigned(data, connectFile);
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
            broughtBack(millrace, data, name);
        }
    }

    @Test
    void aPluginComesFromAUrlAndFromTheDeployFolderAndGoesWithItsFile() throws Exception {
        Path data = folder.resolve("data");
        Path files = Files.createDirectory(folder.resolve("files"));
        Path jar = Files.copy(Path.of("target", "plugins", "connect-file.jar"), files.resolve("connect-file-4.3.1.jar"));
        HttpServer server = SimpleFileServer.createFileServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), files.toRealPath(),
                SimpleFileServer.OutputLevel.NONE);
        server.start();
        try (Millrace millrace = Millrace.start(data)) {
            String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/connect-file-4.3.1.jar";
            assertSucceeds(Millrace.command(LIMIT, "plugin", "install", url, "--data", data.toString()));
            assertThat(millrace.get("/connector-plugins").toString()).contains("FileStreamSinkConnector");
            assertSucceeds(Millrace.command(LIMIT, "plugin", "remove", "connect-file", "--data", data.toString()));
            assertThat(millrace.get("/connector-plugins").toString()).doesNotContain("FileStreamSinkConnector");

            Path deploy = Files.createDirectories(data.resolve("deploy"));
            Path deployed = Files.copy(jar, deploy.resolve("connect-file-4.3.1.jar"));
            awaitConnectors(millrace, true);
            Files.delete(deployed);
            awaitConnectors(millrace, false);

            Result leaks = Millrace.command(LIMIT, "plugin", "leaks", "--heap-dump", "--data", data.toString());
            assertSucceeds(leaks);
            assertThat(leaks.output()).contains("0 of 2 class loaders of removed plugins are still in memory", "heap dump in ");
            Path dump = Path.of(leaks.output().lines().filter(line -> line.startsWith("heap dump in ")).findFirst().orElseThrow().substring(13));
            assertThat(dump).startsWith(data).isNotEmptyFile();
        } finally {
            server.stop(0);
        }
    }

    private static void awaitConnectors(Millrace millrace, boolean there) {
        millrace.await("connectors to " + (there ? "come" : "go"), LIMIT, () -> {
            try {
                return millrace.get("/connector-plugins").toString().contains("FileStreamSinkConnector") == there;
            } catch (IOException | InterruptedException e) {
                return false;
            }
        });
    }

    /** From the repository that the user's settings lead to, once it is signed by a key that is trusted. */
    private void installSigned(Path data, Path connectFile) throws Exception {
        Path signed = Files.copy(connectFile, folder.resolve("connect-file-4.3.1.jar"));
        Result unsigned = Millrace.command(LIMIT, "plugin", "install", signed.toString(), "--data", data.toString());
        assertThat(unsigned.exitCode()).isEqualTo(1);
        assertThat(unsigned.output()).contains("is not signed");
        Path keys = Files.createDirectory(folder.resolve("keys"));
        assertSucceeds(Millrace.command(LIMIT, "plugin", "key", folder.resolve("acme").toString()));
        assertSucceeds(Millrace.command(LIMIT, "plugin", "sign", signed.toString(), "--key", folder.resolve("acme.key").toString()));
        Result stranger = Millrace.command(LIMIT, "plugin", "install", signed.toString(), "--data", data.toString());
        assertThat(stranger.output()).contains("is not trusted");
        Files.copy(folder.resolve("acme.pub"), keys.resolve("acme.pub"));
        try (UserRepository repository = UserRepository.start(folder.resolve("maven"))) {
            repository.publish("org.example", "connect-file", "4.3.1", signed);
            Result installed = Millrace.commandWith(repository.environment(), LIMIT, "plugin", "install", "mvn:org.example:connect-file:4.3.1", "--signature",
                    signed + ".sig", "--data", data.toString());
            assertSucceeds(installed);
            assertThat(installed.output()).contains("from house");
        }
    }

    private static void broughtBack(Millrace millrace, Path data, String name) throws Exception {
        Result history = Millrace.command(LIMIT, "plugin", "history", name, "--data", data.toString());
        assertThat(history.output().lines().filter(line -> line.matches(".* (installed|removed) .*")).toList()).hasSize(2);
        assertSucceeds(Millrace.command(LIMIT, "plugin", "rollback", name, "--data", data.toString()));
        millrace.await("the connector that waited for its plugin", LIMIT, () -> {
            try {
                return millrace.get("/connectors/lines-out/status").path("connector").path("state").asText().equals("RUNNING");
            } catch (IOException | InterruptedException e) {
                return false;
            }
        });
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
