package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.itest.diary.DiaryPlugin;
import io.millrace.itest.diary.DiarySink;
import io.millrace.itest.diary.DiarySource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/** Connectors of the diary plugin, and what they have noted, in one folder. */
final class DiaryConnectors {

    static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path folder;

    DiaryConnectors(Path folder) {
        this.folder = folder;
    }

    /** @param plugin its name: the same classes may be there as several plugins */
    void install(Path data, String plugin) throws Exception {
        Path jar = PluginFile.of(DiaryPlugin.classes()).provides("org.apache.kafka.connect.source.SourceConnector", DiarySource.class)
                .provides("org.apache.kafka.connect.sink.SinkConnector", DiarySink.class).writeTo(folder.resolve(plugin + "-1.0.0.jar"));
        Result result = Millrace.command(LIMIT, "plugin", "install", jar.toString(), "--data", data.toString());
        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    /** @param more further settings, each {@code "key": "value",} */
    JsonNode source(Millrace millrace, String name, String more) throws Exception {
        return put(millrace, name, "DiarySource", more + " \"topic\": \"" + name + "\"");
    }

    JsonNode sink(Millrace millrace, String name, String topic, String more) throws Exception {
        return put(millrace, name, "DiarySink", more + " \"topics\": \"" + topic + "\"");
    }

    private JsonNode put(Millrace millrace, String name, String type, String settings) throws Exception {
        return millrace.send("PUT", "/connectors/" + name + "/config", """
                {"connector.class": "%s", "diary": "%s", "value.converter": "org.apache.kafka.connect.storage.StringConverter", %s}"""
                .formatted(type, folder.resolve(name + ".diary"), settings));
    }

    List<String> diary(String name) {
        try {
            Path file = folder.resolve(name + ".diary");
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param author such as {@code task 1}, or {@code task} for all of them */
    long starts(String name, String author) {
        return diary(name).stream().filter(line -> line.startsWith(author) && line.contains(" starts")).count();
    }

    /** The file that tells somebody to fail or to wait while it is there. */
    Path wish(String name, String author, String wish) {
        return folder.resolve(name + ".diary." + author.replace(' ', '-') + "." + wish);
    }

    void await(Millrace millrace, String name, String what, Predicate<JsonNode> status) {
        JsonNode[] last = new JsonNode[1];
        try {
            millrace.await(what, LIMIT, () -> {
                try {
                    last[0] = millrace.get("/connectors/" + name + "/status");
                    return status.test(last[0]);
                } catch (IOException e) {
                    return false;
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        } catch (AssertionError e) {
            throw new AssertionError("the last status was " + last[0] + ", the diary " + diary(name), e);
        }
    }

    void awaitStates(Millrace millrace, String name, String connector, String... tasks) {
        await(millrace, name, name + " to be " + connector + " with " + List.of(tasks), status -> status.at("/connector/state").asText().equals(connector)
                && status.path("tasks").findValuesAsText("state").equals(List.of(tasks)));
    }}
