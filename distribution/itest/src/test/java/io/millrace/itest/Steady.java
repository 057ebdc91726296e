package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A well-behaved connector whose output tells whether it was disturbed: it counts without a gap, and never pauses for long. */
final class Steady implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final String release;
    private final TopicTail tail;

    private Steady(String release, TopicTail tail) {
        this.release = release;
        this.tail = tail;
    }

    /** Installs the sample plugin and starts a connector of it; returns when it counts. */
    static Steady start(Millrace millrace, Path data, Path folder) throws Exception {
        Path jar = PluginFile.sample("1.0.0").writeTo(folder.resolve("steady-1.0.0.jar"));
        Result installed = Millrace.command(LIMIT, "plugin", "install", jar.toString(), "--data", data.toString());
        assertThat(installed.exitCode()).as(installed.output()).isZero();
        millrace.await("the connect runtime", LIMIT, () -> millrace.answers("/connectors"));
        create(millrace, "steady");
        TopicTail tail = new TopicTail(millrace.bootstrap(), "steady");
        millrace.await("the steady connector to count", LIMIT, () -> tail.size() > 20);
        return new Steady("1.0.0", tail);
    }

    static void create(Millrace millrace, String name) throws Exception {
        millrace.send("POST", "/connectors", """
                {"name": "%s", "config": {"connector.class": "io.millrace.itest.sample.CountingSource", "topic": "%s",
                 "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""".formatted(name, name));
    }

    /** @return the longest pause since {@code from}, in milliseconds, after {@code more} further numbers have come without a gap */
    long longestPause(Millrace millrace, int from, int more) {
        int end = tail.size() + more;
        millrace.await("the steady connector to count on from " + tail.last(), LIMIT, () -> tail.size() > end);
        List<TopicTail.Line> lines = List.copyOf(tail.lines());
        long longest = 0;
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i).value()).isEqualTo(release + " " + i);
            if (i > Math.max(0, from)) {
                longest = Math.max(longest, (lines.get(i).atNanos() - lines.get(i - 1).atNanos()) / 1_000_000);
            }
        }
        return longest;
    }

    int counted() {
        return tail.size();
    }

    @Override
    public void close() throws InterruptedException {
        tail.close();
    }
}
