package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} when an operation on a plugin tells of a step, with a connector of it running: afterwards there is the old or the new, whole, and the
 * connector goes on without a gap. {@code -Dmillrace.kill.rounds=} sets how often; what is beyond the planned ones is drawn with {@code -Dmillrace.kill.seed=}.
 */
class PluginKillIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String NONE = "none";

    private enum Operation { INSTALL, UPDATE, ROLLBACK, REMOVE }

    private record Kill(Operation operation, String step) {}

    private static final List<Kill> PLANNED = List.of(new Kill(Operation.UPDATE, "HANDED_OVER"), new Kill(Operation.UPDATE, "STORED"),
            new Kill(Operation.ROLLBACK, "HANDED_OVER"), new Kill(Operation.REMOVE, "STORED"), new Kill(Operation.INSTALL, "STARTED"));
    private static final List<String> STEPS = List.of("STAGED", "VERIFIED", "RESOLVED", "STARTED", "VALIDATED", "HANDED_OVER", "STORED", "RETIRED");
    /** The operation has happened when these are told. */
    private static final Set<String> AFTER = Set.of("STORED", "RETIRED", "DONE");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path folder;
    private final Path data = folder.resolve("data");
    private Millrace millrace;
    private int releases = 1;

    @Test
    void aKillAtAnyStepLeavesTheOldOrTheNew() throws Exception {
        long seed = Long.getLong("millrace.kill.seed", System.nanoTime());
        System.out.println("kill -9 during operations on plugins, seed " + seed);
        int[] outcomes = new int[2];
        millrace = Millrace.start(data);
        try {
            install(sample());
            Steady.create(millrace, "counted");
            String running = awaitRunning("1.0.0");
            for (Kill kill : kills(new Random(seed))) {
                Kill possible = possible(kill, running);
                String next = switch (possible.operation()) {
                    case INSTALL, UPDATE -> ++releases + ".0.0";
                    case ROLLBACK -> before(running);
                    case REMOVE -> NONE;
                };
                boolean happened = killed(possible, next);
                millrace = Millrace.start(data);
                String after = current();
                assertThat(after).as("after %s from %s to %s, seed %d", possible, running, next, seed).isIn(happened ? Set.of(next) : Set.of(running, next));
                outcomes[after.equals(next) ? 1 : 0]++;
                running = awaitRunning(after);
            }
            if (running.equals(NONE)) {
                releases++;
                install(sample());
            }
            try (TopicTail tail = new TopicTail(millrace.bootstrap(), "counted")) {
                awaitRunning(current());
                millrace.await("all numbers", LIMIT, () -> tail.size() > 100);
                List<TopicTail.Line> lines = List.copyOf(tail.lines());
                for (int i = 0; i < lines.size(); i++) {
                    assertThat(lines.get(i).value()).as("line " + i).endsWith(" " + i);
                }
            }
            System.out.println("after the kills there was the old " + outcomes[0] + " times and the new " + outcomes[1] + " times");
        } finally {
            millrace.close();
        }
    }

    private static List<Kill> kills(Random random) {
        int rounds = Integer.getInteger("millrace.kill.rounds", PLANNED.size());
        List<Kill> kills = new ArrayList<>(PLANNED.subList(0, Math.min(rounds, PLANNED.size())));
        while (kills.size() < rounds) {
            kills.add(new Kill(Operation.values()[random.nextInt(Operation.values().length)], STEPS.get(random.nextInt(STEPS.size()))));
        }
        return kills;
    }

    /** What is not there can only be installed, what is there only changed. */
    private Kill possible(Kill kill, String running) throws Exception {
        return switch (kill.operation()) {
            case INSTALL -> running.equals(NONE) ? kill : new Kill(Operation.UPDATE, kill.step());
            case UPDATE, REMOVE -> running.equals(NONE) ? new Kill(Operation.INSTALL, kill.step()) : kill;
            case ROLLBACK -> running.equals(NONE) ? new Kill(Operation.INSTALL, kill.step())
                    : before(running).equals(NONE) ? new Kill(Operation.UPDATE, kill.step()) : kill;
        };
    }

    private String before(String running) throws Exception {
        for (JsonNode change : millrace.get("/plugins/sample/history")) {
            String version = change.path("version").asText();
            if (change.path("kept").asBoolean() && !version.equals(running) && !change.path("kind").asText().equals("REFUSED")) {
                return version;
            }
        }
        return NONE;
    }

    /** @return whether the operation had told that it has happened */
    private boolean killed(Kill kill, String next) throws Exception {
        long after = 0;
        for (JsonNode event : millrace.get("/plugins/events")) {
            after = event.path("sequence").asLong();
        }
        Path file = kill.operation() == Operation.INSTALL || kill.operation() == Operation.UPDATE ? sample() : null;
        AtomicBoolean answered = new AtomicBoolean();
        Thread operation = Thread.ofPlatform().start(() -> {
            try {
                switch (kill.operation()) {
                    case INSTALL -> install(file);
                    case UPDATE -> millrace.sendFile("PUT", "/plugins/sample?filename=" + file.getFileName(), file);
                    case ROLLBACK -> millrace.send("POST", "/plugins/sample/rollback?version=" + next, "");
                    case REMOVE -> millrace.send("DELETE", "/plugins/sample", null);
                }
                answered.set(true);
            } catch (Exception e) {
                // The process dies in the middle of it.
            }
        });
        boolean happened = false;
        boolean reached = false;
        while (!reached) {
            for (JsonNode event : millrace.get("/plugins/events?wait=5000&after=" + after)) {
                after = event.path("sequence").asLong();
                String step = event.path("step").asText();
                assertThat(step).as(event.toString()).isNotEqualTo("FAILED");
                happened |= AFTER.contains(step);
                // Not every operation has every step.
                reached |= step.equals(kill.step()) || step.equals("DONE");
            }
        }
        millrace.kill();
        operation.join();
        return happened || answered.get();
    }

    private Path sample() {
        return PluginFile.sample(releases + ".0.0").writeTo(folder.resolve("sample-" + releases + ".0.0.jar"));
    }

    private void install(Path file) throws Exception {
        millrace.sendFile("POST", "/plugins?filename=" + file.getFileName(), file);
    }

    /** What the store says is to run, and does. */
    private String current() throws Exception {
        JsonNode history = millrace.get("/plugins/sample/history");
        for (JsonNode change : history) {
            switch (change.path("kind").asText()) {
                case "REMOVED" -> {
                    return NONE;
                }
                case "REFUSED" -> { }
                default -> {
                    return millrace.awaitPlugin("sample");
                }
            }
        }
        throw new AssertionError("no plugin was ever there: " + history);
    }

    private String awaitRunning(String release) throws IOException, InterruptedException {
        if (!release.equals(NONE)) {
            try (TopicTail tail = new TopicTail(millrace.bootstrap(), "counted")) {
                millrace.await("numbers of release " + release, LIMIT, () -> tail.last().startsWith(release + " "));
            }
        }
        return release;
    }
}
