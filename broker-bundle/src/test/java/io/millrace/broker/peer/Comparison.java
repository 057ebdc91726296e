package io.millrace.broker.peer;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/** Asks two brokers the same and notes where their answers differ. */
final class Comparison {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Side peer;
    private final Side ours;
    private String scene;
    private int asked;
    private int differing;
    private final Map<String, Integer> byScene = new TreeMap<>();
    private final Map<String, List<Integer>> differences = new LinkedHashMap<>();

    Comparison(Side peer, Side ours) {
        this.peer = peer;
        this.ours = ours;
    }

    interface Scene {
        void play() throws IOException;
    }

    /** Prints the differences that come up, with the versions in which they do. */
    void play(String name, Scene played) throws IOException {
        scene = name;
        differences.clear();
        try {
            played.play();
        } finally {
            differences.forEach((difference, versions) -> System.out.println("v" + versions + " " + difference));
        }
    }

    @Override
    public String toString() {
        return asked + " requests, " + differing + " answers differ " + byScene;
    }

    void ask(String what, ApiKeys api, int version, Function<Side, ApiMessage> request, BiConsumer<Side, ApiMessage> took)
            throws IOException {
        asked++;
        String theirs;
        String mine;
        try {
            theirs = peer.ask(api, version, request, took);
            mine = ours.ask(api, version, request, took);
        } catch (UnsupportedVersionException _) {
            asked--;
            return;
        }
        if (!theirs.equals(mine)) {
            differing++;
            byScene.merge(scene, 1, Integer::sum);
            differences.computeIfAbsent(scene + ": " + what + ", " + api + difference(theirs, mine), _ -> new ArrayList<>()).add(version);
        }
    }

    /** Asks both again and again until the answer is what is waited for; that does not count as a comparison. */
    void await(String what, ApiKeys api, int version, Function<Side, ApiMessage> request, Predicate<ApiMessage> come) throws IOException {
        for (Side side : List.of(peer, ours)) {
            long end = System.nanoTime() + LIMIT.toNanos();
            AtomicBoolean here = new AtomicBoolean();
            while (!here.get()) {
                String answer = side.ask(api, version, request, (_, given) -> here.set(come.test(given)));
                if (System.nanoTime() > end) {
                    throw new IllegalStateException(scene + ": " + what + " has not come after " + LIMIT + ", the last answer is " + answer);
                }
                LockSupport.parkNanos(100_000_000);
            }
        }
    }

    /** Field by field, as the answers' texts show them. */
    private static String difference(String theirs, String mine) {
        String[] one = theirs.split(", ");
        String[] other = mine.split(", ");
        if (one.length != other.length) {
            return "\n  peer " + theirs + "\n  ours " + mine;
        }
        StringBuilder differing = new StringBuilder();
        for (int i = 0; i < one.length; i++) {
            if (!one[i].equals(other[i])) {
                differing.append("\n  peer ").append(one[i]).append("   ours ").append(other[i]);
            }
        }
        return differing.toString();
    }
}
