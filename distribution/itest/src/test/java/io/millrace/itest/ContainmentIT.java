package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.itest.unruly.UnrulyPlugin;
import io.millrace.itest.unruly.UnrulySink;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that do what they must not, each in the running platform beside a connector that must not notice. */
class ContainmentIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** On a machine that builds several things at once. Nothing here may be held up for as long as a call's limit, which is 3 s. */
    private static final long LONGEST_PAUSE_MS = 2_500;

    @TempDir
    private Path folder;

    @Test
    void whateverACallbackDoesIsContainedAndNamed() throws Exception {
        Path data = folder.resolve("data");
        try (Millrace millrace = Millrace.start(data, "--set", "connect.plugin.call.timeout.ms=3000", "--set", "connect.restart.attempts=1");
                Steady steady = Steady.start(millrace, data, folder)) {
            int from = steady.counted();
            installUnruly(data);
            beginnings(millrace);
            connectors(millrace);
            tasks(millrace);
            System.out.println("longest pause of a connector beside unruly ones: " + steady.longestPause(millrace, from, 50) + " ms");
            assertThat(steady.longestPause(millrace, from, 10)).isLessThan(LONGEST_PAUSE_MS);
            changesOfOthersAreQuick(millrace);
            removal(millrace, data);
            assertThat(steady.longestPause(millrace, from, 50)).isLessThan(LONGEST_PAUSE_MS);
        }
    }

    private void installUnruly(Path data) throws Exception {
        PluginFile jar = PluginFile.of(UnrulyPlugin.classes()).provides("org.apache.kafka.connect.sink.SinkConnector", UnrulySink.class);
        UnrulyPlugin.sources().forEach(source -> jar.provides("org.apache.kafka.connect.source.SourceConnector", source));
        Result installed = Millrace.command(LIMIT, "plugin", "install", jar.writeTo(folder.resolve("unruly-6.6.6.jar")).toString(), "--data", data.toString());
        assertThat(installed.exitCode()).as(installed.output()).isZero();
    }

    private static void beginnings(Millrace millrace) throws Exception {
        long began = System.nanoTime();
        JsonNode plugins = millrace.get("/connector-plugins");
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began)).isLessThan(12);
        assertThat(plugins.toString()).contains("\"io.millrace.itest.unruly.UnrulyBeginnings$VersionBlock\",\"type\":\"source\",\"version\":\"undefined\"")
                .contains("\"io.millrace.itest.unruly.UnrulySource\",\"type\":\"source\",\"version\":\"6.6.6\"");
        assertRefused(millrace, "StaticExit", "plugin unruly 6.6.6", "Mischief.run calls System.exit(17)");
        assertRefused(millrace, "StaticBlock", "has not returned within 3 s");
        assertRefused(millrace, "ConstructorStack", "StackOverflowError");
        assertRefused(millrace, "ConfigSpin", "has not returned within 3 s", "Mischief.spin");
        assertRefused(millrace, "ConfigMemory", "OutOfMemoryError");
    }

    private static void assertRefused(Millrace millrace, String nested, String... words) {
        assertThatThrownBy(() -> create(millrace, nested, "io.millrace.itest.unruly.UnrulyBeginnings$" + nested, "", ""))
                .isInstanceOf(IOException.class).satisfies(failure -> assertThat(failure.getMessage()).contains(words));
    }

    private static void connectors(Millrace millrace) throws Exception {
        assertThatThrownBy(() -> unruly(millrace, "validate:block")).hasMessageContaining("has not returned within 3 s");
        assertThatThrownBy(() -> unruly(millrace, "validate:halt")).hasMessageContaining("Runtime.halt(18)").hasMessageContaining("plugin unruly");
        for (String place : List.of("start", "taskConfigs", "taskClass")) {
            for (String what : List.of("block", "stack", "missing class", "exit reference")) {
                unruly(millrace, place + ":" + what);
            }
        }
        unruly(millrace, "start:spin");
        Map<String, String> said = Map.of("block", "has not returned within 3 s, it was at", "spin", "Mischief.spin", "stack", "StackOverflowError",
                "missing class", "org/example/Missing", "exit reference", "System.exit(19)");
        for (String place : List.of("start", "taskConfigs", "taskClass")) {
            for (String what : List.of("block", "stack", "missing class", "exit reference")) {
                assertThat(failedConnector(millrace, place + ":" + what)).contains(said.get(what));
            }
        }
        assertThat(failedConnector(millrace, "start:spin")).contains(said.get("spin"));
    }

    private static void tasks(Millrace millrace) throws Exception {
        Map<String, String> said = Map.of("stack", "StackOverflowError", "memory", "OutOfMemoryError", "linkage", "a linkage error of the plugin",
                "missing class", "org/example/Missing", "error", "an error of the plugin", "exit", "System.exit(17)", "halt", "Runtime.halt(18)");
        for (String what : said.keySet()) {
            unruly(millrace, "task.start:" + what);
            unruly(millrace, "poll:" + what);
            sink(millrace, "put:" + what);
        }
        unruly(millrace, "commit:stack");
        sink(millrace, "open:linkage");
        sink(millrace, "flush:stack");
        for (String hanging : List.of("poll:spin", "poll:block", "commit:block", "task.start:block", "task.start:threads", "stop:block", "task.stop:stack")) {
            unruly(millrace, hanging);
        }
        sink(millrace, "put:block");
        sink(millrace, "task.stop:block");
        for (Map.Entry<String, String> one : said.entrySet()) {
            for (String place : List.of("task.start:", "poll:", "put:")) {
                assertThat(failedTask(millrace, place + one.getKey())).as(place + one.getKey()).contains(one.getValue());
            }
        }
        assertThat(failedTask(millrace, "commit:stack")).contains("StackOverflowError");
        assertThat(failedTask(millrace, "open:linkage")).contains("a linkage error of the plugin");
        assertThat(failedTask(millrace, "flush:stack")).contains("StackOverflowError");
    }

    private static void changesOfOthersAreQuick(Millrace millrace) throws Exception {
        long began = System.nanoTime();
        Steady.create(millrace, "other");
        millrace.await("the other connector to run", LIMIT, () -> state(millrace, "other").path("tasks").path(0).path("state").asText().equals("RUNNING"));
        millrace.send("DELETE", "/connectors/other", null);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began)).isLessThan(8_000);
        // One that hangs at its start is deleted without waiting for it, and what hangs in stop() only for a while.
        for (String name : List.of("task.start:block", "stop:block", "poll:spin", "poll:block", "commit:block")) {
            millrace.send("DELETE", "/connectors/" + name.replace(":", "-"), null);
        }
    }

    private static void removal(Millrace millrace, Path data) throws Exception {
        Result removed = Millrace.command(LIMIT, "plugin", "remove", "unruly", "--data", data.toString());
        assertThat(removed.exitCode()).as(removed.output()).isZero();
        JsonNode status = millrace.get("/status");
        assertThat(status.path("unreclaimed_loaders").toString()).contains("\"plugin\":\"unruly\",\"version\":\"6.6.6\"").contains("unruly-left-0")
                .contains("unruly-left-pool").contains("shutdown hook unruly-left-hook")
                .contains("thread connect-task-poll-spin-0, which does not end and keeps the plugin in memory");
        assertThat(millrace.get("/connectors/poll-exit/status").toString()).contains("UNASSIGNED").contains("install it");
        assertThat(millrace.get("/connector-plugins").toString()).doesNotContain("unruly");
    }

    private static void unruly(Millrace millrace, String mischief) throws Exception {
        create(millrace, mischief.replaceAll("[: ]", "-"), "io.millrace.itest.unruly.UnrulySource", mischief, "");
    }

    private static void sink(Millrace millrace, String mischief) throws Exception {
        create(millrace, mischief.replaceAll("[: ]", "-"), "io.millrace.itest.unruly.UnrulySink", mischief, "\"topics\": \"steady\",");
    }

    private static void create(Millrace millrace, String name, String type, String mischief, String more) throws Exception {
        millrace.send("POST", "/connectors", """
                {"name": "%s", "config": {"connector.class": "%s", "mischief": "%s", %s
                 "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""".formatted(name, type, mischief, more));
    }

    private static JsonNode state(Millrace millrace, String name) {
        try {
            return millrace.get("/connectors/" + name.replaceAll("[: ]", "-") + "/status");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String failedConnector(Millrace millrace, String name) {
        return traceOnceFailed(millrace, name, state -> state.path("connector"));
    }

    private static String failedTask(Millrace millrace, String name) {
        return traceOnceFailed(millrace, name, state -> state.path("tasks").path(0));
    }

    /** From the answer that says so: the next one may be that of another attempt. */
    private static String traceOnceFailed(Millrace millrace, String name, UnaryOperator<JsonNode> part) {
        AtomicReference<JsonNode> last = new AtomicReference<>();
        millrace.await(name + " to fail", LIMIT, () -> {
            last.set(part.apply(state(millrace, name)));
            return last.get().path("state").asText().equals("FAILED");
        });
        return last.get().path("trace").asText();
    }

    @Test
    void virtualThreadsThatSpinDoNotStopThePlatform() throws Exception {
        Path data = folder.resolve("data");
        try (Millrace millrace = Millrace.start(data); Steady steady = Steady.start(millrace, data, folder)) {
            installUnruly(data);
            int from = steady.counted();
            unruly(millrace, "task.start:virtual spin");
            millrace.await("more carriers", LIMIT, () -> millrace.output().contains("code that spins holds all"));
            assertThat(steady.longestPause(millrace, from, 200)).isLessThan(6_000);
            assertThat(millrace.get("/connectors/steady/status").toString()).contains("RUNNING");
        }
    }

    @Test
    void filesThatAreNotWhatTheySeemAreRefusedByName() throws Exception {
        Path data = folder.resolve("data");
        try (Millrace millrace = Millrace.start(data, "--set", "plugin.max.expanded.bytes=50000000"); Steady steady = Steady.start(millrace, data, folder)) {
            assertInstallFails(data, zip("slip.zip", "../../../etc/millrace-slipped.jar", new byte[10]), "'../../../etc/millrace-slipped.jar'",
                    "outside of the archive");
            assertInstallFails(data, zip("bomb.zip", "lib/bomb.jar", new byte[60_000_000]), "bomb.zip", "50000000", "plugin.max.expanded.bytes");
            Path whole = PluginFile.sample("2.0.0").writeTo(folder.resolve("whole.jar"));
            byte[] half = Files.readAllBytes(whole);
            Path corrupt = Files.write(folder.resolve("corrupt.jar"), java.util.Arrays.copyOf(half, half.length / 2));
            assertInstallFails(data, corrupt, "corrupt.jar", "corrupt, get it again");
            Path text = Files.writeString(folder.resolve("text.jar"), "this is no jar");
            assertInstallFails(data, text, "text.jar", "neither a jar or zip nor a tar.gz");
            Path unresolvable = zip("unresolvable.jar", "META-INF/MANIFEST.MF", """
                    Manifest-Version: 1.0
                    Bundle-ManifestVersion: 2
                    Bundle-SymbolicName: unresolvable
                    Bundle-Version: 1.0.0
                    Millrace-Plugin: unresolvable
                    Import-Package: org.example.nowhere;version="[3,4)"
                    """.getBytes(StandardCharsets.UTF_8));
            assertInstallFails(data, unresolvable, "plugin unresolvable 1.0.0 does not resolve", "org.example.nowhere", "[3");
            assertThat(millrace.get("/plugins").toString()).doesNotContain("unresolvable").doesNotContain("corrupt").doesNotContain("bomb");
            try (var left = Files.walk(data.resolve("plugins/staging"))) {
                assertThat(left.filter(Files::isRegularFile)).isEmpty();
            }
            assertThat(steady.longestPause(millrace, 0, 20)).isLessThan(LONGEST_PAUSE_MS);
        }
    }

    private static void assertInstallFails(Path data, Path file, String... words) throws Exception {
        Result result = Millrace.command(LIMIT, "plugin", "install", file.toString(), "--data", data.toString());
        assertThat(result.exitCode()).as(result.output()).isNotZero();
        assertThat(result.output()).contains(words);
    }

    private Path zip(String name, String entry, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file); ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write(content);
        }
        return file;
    }
}
