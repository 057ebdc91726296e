package io.millrace.kernel.plugin;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Watches the class loaders of removed plugin versions. One that stays long after its removal is a leak: something on the platform still
 * holds an object, a thread or a driver of the plugin. Thread-safe.
 */
public final class RetiredLoaders {

    private record Retired(String plugin, String version, Instant since, WeakReference<ClassLoader> loader, List<String> swept) {}

    private record LeftBehind(String plugin, String version, Thread thread) {}

    /** A thread of a plugin that neither returns nor heeds an interrupt. */
    public record StuckThread(String plugin, String version, String thread, String place) {}

    /**
     * @param age   since the removal; garbage is collected now and then, so seconds and minutes mean nothing yet
     * @param swept what the plugin left behind and was taken away, one phrase each
     */
    public record Unreclaimed(String plugin, String version, Duration age, List<String> swept) {}

    private final InstantSource clock;
    private final List<Retired> retired = new ArrayList<>();
    private final List<LeftBehind> stuck = new ArrayList<>();
    private long retiredInAll;
    private long sweptInAll;

    RetiredLoaders(InstantSource clock) {
        this.clock = clock;
    }

    synchronized void retire(String plugin, String version, ClassLoader loader, List<String> swept) {
        retiredInAll++;
        sweptInAll += swept.size();
        retired.add(new Retired(plugin, version, clock.instant(), new WeakReference<>(loader), swept));
    }

    synchronized void leftBehind(String plugin, String version, Thread thread) {
        stuck.add(new LeftBehind(plugin, version, thread));
    }

    /** Those of {@link #leftBehind} that still run. */
    public synchronized List<StuckThread> stuck() {
        stuck.removeIf(entry -> !entry.thread().isAlive());
        return stuck.stream().map(entry -> new StuckThread(entry.plugin(), entry.version(), entry.thread().getName(), PluginCall.place(entry.thread())))
                .toList();
    }

    /** How many versions have gone since the start. */
    public synchronized long retiredInAll() {
        return retiredInAll;
    }

    /** How many things were left behind by plugins and taken away since the start. */
    public synchronized long sweptInAll() {
        return sweptInAll;
    }

    public synchronized List<Unreclaimed> unreclaimed() {
        retired.removeIf(entry -> entry.loader().refersTo(null));
        Instant now = clock.instant();
        return retired.stream()
                .map(entry -> new Unreclaimed(entry.plugin(), entry.version(), Duration.between(entry.since(), now), entry.swept()))
                .toList();
    }
}
