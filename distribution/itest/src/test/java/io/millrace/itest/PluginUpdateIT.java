package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Updates of a plugin under a running connector: nothing is lost or doubled, and a bad release never takes over for long. */
class PluginUpdateIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path folder;
    private final Path data = folder.resolve("data" + System.nanoTime());

    private static Result cli(Path data, String... command) throws Exception {
        List<String> line = new ArrayList<>(List.of("plugin"));
        line.addAll(List.of(command));
        line.addAll(List.of("--data", data.toString()));
        return Millrace.command(LIMIT, line.toArray(String[]::new));
    }

    private static void assertSucceeds(Result result) {
        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    private static Path sample(String release) {
        return PluginFile.sample(release).writeTo(folder.resolve("sample-" + release + ".jar"));
    }

    @Test
    void anUpdatePicksUpWhereTheOldReleaseStoppedAndBadReleasesRollBackByThemselves() throws Exception {
        try (Millrace millrace = Millrace.start(data, "--set", "connect.update.watch.ms=500")) {
            assertSucceeds(cli(data, "install", sample("1.0.0").toString()));
            millrace.await("the connect runtime", LIMIT, () -> millrace.answers("/connectors"));
            Steady.create(millrace, "counted");
            try (TopicTail tail = new TopicTail(millrace.bootstrap(), "counted")) {
                millrace.await("numbers", LIMIT, () -> tail.size() > 50);
                assertSucceeds(cli(data, "update", "sample", sample("2.0.0").toString()));
                millrace.await("numbers of the new release", LIMIT, () -> tail.last().startsWith("2.0.0 "));

                for (String flaw : List.of("validate", "start", "task.start", "poll")) {
                    Path bad = PluginFile.flawed("3.0.0", flaw).writeTo(folder.resolve("sample-3.0.0.jar"));
                    assertThatThrownBy(() -> millrace.sendFile("PUT", "/plugins/sample?filename=sample-3.0.0.jar", bad)).as(flaw)
                            .hasMessageContaining("release 3.0.0 is bad at " + flaw).hasMessageContaining("counted");
                    int before = tail.size();
                    millrace.await("the old release to count on", LIMIT, () -> tail.size() > before + 20);
                    assertThat(tail.last()).startsWith("2.0.0 ");
                }
                Result refused = cli(data, "update", "sample", PluginFile.flawed("3.0.0", "start").writeTo(folder.resolve("sample-3.0.0.jar")).toString());
                assertThat(refused.exitCode()).as(refused.output()).isNotZero();
                assertThat(refused.output()).contains("release 3.0.0 is bad at start").contains("counted").contains("rolled back");
                assertThat(millrace.get("/plugins/sample/history").findValuesAsText("kind"))
                        .containsExactly("REFUSED", "REFUSED", "REFUSED", "REFUSED", "REFUSED", "UPDATED", "INSTALLED");

                assertSucceeds(cli(data, "rollback", "sample"));
                millrace.await("numbers of the first release again", LIMIT, () -> tail.last().startsWith("1.0.0 "));
                assertCounted(tail.lines());
                Result leaks = cli(data, "leaks");
                assertThat(leaks.output()).contains("0 of 7 class loaders");
            }
        }
    }

    private static void assertCounted(List<TopicTail.Line> lines) {
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i).value()).as("line " + i).endsWith(" " + i);
        }
    }
}
