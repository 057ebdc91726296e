package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.testkit.PluginTestKit;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What authors are told to begin with works: what {@code millrace plugin new} writes, its test, and the stream job of {@code docs/streams.md}. */
class PluginAuthorIT {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @Test
    void aNewPluginWorksFromTheStartAndGoesOnAfterAnUpdate() throws Exception {
        Path project = folder.resolve("tide-gauge");
        Result made = Millrace.command(Duration.ofSeconds(30), "plugin", "new", project.toString(), "--package", "org.example.tides");
        assertThat(made.exitCode()).as(made.output()).isZero();
        assertThat(Files.readString(project.resolve("pom.xml"))).contains("<artifactId>tide-gauge</artifactId>").doesNotContain("@");
        Path classes = compiled(project, "main");
        compiled(project, "test");
        Files.writeString(classes.resolve("org/example/tides/release.properties"), "version=1.0.0\n");

        try (PluginTestKit kit = PluginTestKit.start()) {
            kit.install("tide-gauge", classes);
            Map<String, String> config = Map.of("connector.class", "org.example.tides.TideGaugeSource", "topic", "tides", "pause.ms", "5",
                    "value.converter", "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable", "false");
            kit.connector("tides", config);
            assertThat(kit.values("tides", 3)).startsWith("0", "1", "2");
            assertThat(kit.get("/connector-plugins")).contains("\"class\":\"org.example.tides.TideGaugeSource\",\"type\":\"source\",\"version\":\"1.0.0\"");

            kit.install("tide-gauge", classes);
            List<String> values = kit.values("tides", kit.values("tides", 1).size() + 50);
            for (int i = 0; i < values.size(); i++) {
                assertThat(values.get(i)).isEqualTo(Integer.toString(i));
            }
            assertThatThrownBy(() -> kit.connector("wrong", Map.of("connector.class", "org.example.tides.TideGaugeSource")))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("topic");
            kit.produce("echo", "key", "value");
            assertThat(kit.values("echo", 1)).containsExactly("value");
        }
        assertThat(DriverManager.drivers()).as("JDBC drivers of the test's own").isNotEmpty();
    }

    @Test
    void theStreamJobOfItsPageRunsFromAPlainJar() throws Exception {
        String page = Files.readString(Path.of("..", "..", "docs", "streams.md"));
        Path source = Files.writeString(folder.resolve("VisitsPerPage.java"), page.substring(page.indexOf("package visits;"), page.indexOf("```\n\nPut it")));
        Path classes = folder.resolve("classes");
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, System.out, System.err, "-d", classes.toString(), "-cp",
                String.join(File.pathSeparator, jar("50-streams"), jar("35-kafka")), source.toString())).isZero();
        try (PluginTestKit kit = PluginTestKit.start()) {
            kit.install("visits", classes);
            HttpResponse<String> made = HTTP.send(HttpRequest.newBuilder(URI.create(kit.url() + "/jobs")).POST(HttpRequest.BodyPublishers.ofString("""
                    {"name": "visits", "job": "visits-per-page", "config": {}}""")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
            kit.produce("visits", "home", "ann");
            assertThat(kit.records("visits-per-minute", 1).getFirst()).satisfies(counted -> {
                assertThat(counted.key()).startsWith("home@");
                assertThat(counted.value()).isEqualTo("\0\0\0\0\0\0\0\1");
            });
            kit.install("visits", classes);
            kit.produce("visits", "home", "bob");
            List<ConsumerRecord<String, String>> counted = kit.records("visits-per-minute", 2);
            boolean sameMinute = counted.getLast().key().equals(counted.getFirst().key());
            assertThat(counted.getLast().value()).as("what was counted before the update, too").isEqualTo("\0\0\0\0\0\0\0" + (sameMinute ? "\2" : "\1"));
        }
    }

    private static String jar(String folder) throws IOException {
        try (Stream<Path> jars = Files.list(Millrace.home().resolve("system").resolve(folder))) {
            return jars.findFirst().orElseThrow().toString();
        }
    }

    private static Path compiled(Path project, String part) throws Exception {
        Path target = project.resolve("target").resolve(part.equals("main") ? "classes" : "test-classes");
        Files.createDirectories(target);
        Path resources = project.resolve("src/" + part + "/resources");
        if (Files.exists(resources)) {
            try (Stream<Path> files = Files.walk(resources)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path copy = target.resolve(resources.relativize(file).toString());
                    Files.createDirectories(copy.getParent());
                    Files.copy(file, copy);
                }
            }
        }
        try (Stream<Path> sources = Files.walk(project.resolve("src/" + part + "/java"))) {
            String classPath = System.getProperty("java.class.path") + File.pathSeparator + project.resolve("target/classes");
            List<String> arguments = Stream.concat(Stream.of("--release", part.equals("main") ? "17" : "25", "-d", target.toString(), "-cp", classPath),
                    sources.map(Path::toString).filter(file -> file.endsWith(".java"))).toList();
            assertThat(ToolProvider.getSystemJavaCompiler().run(null, System.out, System.err, arguments.toArray(String[]::new))).isZero();
        }
        return target;
    }
}
