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

    private record Retired(String plugin, String version, Instant since, WeakReference<ClassLoader> loader) {}

    /** @param age since the removal; garbage is collected now and then, so seconds and minutes mean nothing yet */
    public record Unreclaimed(String plugin, String version, Duration age) {}

    private final InstantSource clock;
    private final List<Retired> retired = new ArrayList<>();

    RetiredLoaders(InstantSource clock) {
        this.clock = clock;
    }

    synchronized void retire(String plugin, String version, ClassLoader loader) {
        retired.add(new Retired(plugin, version, clock.instant(), new WeakReference<>(loader)));
    }

    public synchronized List<Unreclaimed> unreclaimed() {
        retired.removeIf(entry -> entry.loader().refersTo(null));
        Instant now = clock.instant();
        return retired.stream()
                .map(entry -> new Unreclaimed(entry.plugin(), entry.version(), Duration.between(entry.since(), now)))
                .toList();
    }
}
