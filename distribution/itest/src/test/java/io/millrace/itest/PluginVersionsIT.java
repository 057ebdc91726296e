package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two releases of one plugin at the same time, and connectors that ask for one of them (KIP-891). */
class PluginVersionsIT {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String SOURCE = "io.millrace.itest.sample.CountingSource";

    @TempDir
    private Path folder;

    @Test
    void connectorsRunFromTheReleasesTheyAskForAndKeepThem() throws Exception {
        Path data = folder.resolve("data");
        try (Millrace millrace = Millrace.start(data)) {
            install(data, "1.0.0", "install");
            install(data, "2.0.0", "install", "--beside");
            assertThat(shown(millrace.get("/connector-plugins?connectorsOnly=false"), SOURCE)).containsExactly("1.0.0", "2.0.0");

            create(millrace, "current", "");
            create(millrace, "ranged", "\"connector.plugin.version\": \"[2.0,3.0)\",");
            create(millrace, "mixed", """
                    "connector.plugin.version": "1.0.0", "transforms": "mark", "transforms.mark.type": "io.millrace.itest.sample.ReleaseMark",
                    "transforms.mark.plugin.version": "latest",""");
            create(millrace, "own", """
                    "connector.plugin.version": "latest", "transforms": "mark", "transforms.mark.type": "io.millrace.itest.sample.ReleaseMark",""");
            awaitFirst(millrace, "current", "1.0.0 0");
            awaitFirst(millrace, "ranged", "2.0.0 0");
            awaitFirst(millrace, "mixed", "mark-2.0.0 1.0.0 0");
            awaitFirst(millrace, "own", "mark-2.0.0 2.0.0 0");

            refusals(millrace);
            Result refused = Millrace.command(LIMIT, "plugin", "update", "sample", PluginFile.sample("3.0.0").writeTo(folder.resolve("sample-3.0.0.jar"))
                    .toString(), "--data", data.toString());
            assertThat(refused.exitCode()).isNotZero();
            assertThat(refused.output()).contains("connector mixed").contains("required by '1.0.0'");
            assertThat(millrace.get("/connectors/current/status").toString()).contains("RUNNING");
        }
    }

    private static void refusals(Millrace millrace) throws Exception {
        assertThatThrownBy(() -> create(millrace, "none", "\"connector.plugin.version\": \"[4.0,)\","))
                .hasMessageContaining("400").hasMessageContaining("[4.0,)").hasMessageContaining("1.0.0, 2.0.0");
        assertThatThrownBy(() -> create(millrace, "none", "\"connector.plugin.version\": \"[4.0\",")).hasMessageContaining("no version requirement");
        JsonNode validated = millrace.send("PUT", "/connector-plugins/CountingSource/config/validate", """
                {"name": "x", "connector.class": "CountingSource", "topic": "x", "transforms": "t", "connector.plugin.version": "1.0.0",
                 "transforms.t.type": "io.millrace.itest.sample.ReleaseMark", "transforms.t.plugin.version": "(2.0.0,)"}""");
        assertThat(validated.path("error_count").asInt()).isEqualTo(1);
        for (JsonNode setting : validated.path("configs")) {
            if (setting.path("value").path("name").asText().equals("transforms.t.plugin.version")) {
                assertThat(setting.path("value").path("errors").toString()).contains("(2.0.0,)");
                assertThat(setting.path("value").path("recommended_values").toString()).isEqualTo("[\"2.0.0\",\"1.0.0\"]");
            }
        }
        assertThat(millrace.get("/connector-plugins/CountingSource/config?version=2.0.0").toString()).contains("pause.ms");
        assertThatThrownBy(() -> millrace.get("/connector-plugins/CountingSource/config?version=9")).hasMessageContaining("400");
    }

    private void install(Path data, String release, String... command) throws Exception {
        Path jar = PluginFile.sample(release).writeTo(folder.resolve("sample-" + release + ".jar"));
        List<String> line = new ArrayList<>(List.of("plugin"));
        line.addAll(List.of(command));
        line.addAll(List.of(jar.toString(), "--data", data.toString()));
        Result result = Millrace.command(LIMIT, line.toArray(String[]::new));
        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    private static List<String> shown(JsonNode plugins, String className) {
        List<String> versions = new ArrayList<>();
        plugins.forEach(plugin -> {
            if (plugin.path("class").asText().equals(className)) {
                versions.add(plugin.path("version").asText());
            }
        });
        return versions.stream().sorted().toList();
    }

    private static void create(Millrace millrace, String name, String more) throws Exception {
        millrace.send("POST", "/connectors", """
                {"name": "%s", "config": {"connector.class": "%s", %s "topic": "%s",
                 "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""".formatted(name, SOURCE, more, name));
    }

    private static void awaitFirst(Millrace millrace, String topic, String value) throws Exception {
        try (TopicTail tail = new TopicTail(millrace.bootstrap(), topic)) {
            millrace.await("the first number of " + topic, LIMIT, () -> tail.size() > 0);
            assertThat(tail.lines().getFirst().value()).isEqualTo(value);
        }
    }
}
