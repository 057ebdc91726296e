package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.testkit.PluginTestKit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code millrace plugin new} writes compiles, its test does too, and it runs in a {@link PluginTestKit}. */
class PluginAuthorIT {

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
            String classPath = System.getProperty("java.class.path") + java.io.File.pathSeparator + project.resolve("target/classes");
            List<String> arguments = Stream.concat(Stream.of("--release", part.equals("main") ? "17" : "25", "-d", target.toString(), "-cp", classPath),
                    sources.map(Path::toString).filter(file -> file.endsWith(".java"))).toList();
            assertThat(ToolProvider.getSystemJavaCompiler().run(null, System.out, System.err, arguments.toArray(String[]::new))).isZero();
        }
        return target;
    }
}
