package io.millrace.broker.log.clean;

import io.millrace.broker.log.clean.CleanerStatus.Uncleanable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which logs are clean up to where, which are being cleaned, and which could not be. Chooses the next one. No threads, clock or I/O. */
final class CleanerState {

    private static final int MOST_DOUBLINGS = 6;

    /** A log to be cleaned, and what of it. */
    record Job(CleanableLog log, DirtyRange range) {}

    private final long retryMs;
    private final Map<CleanableLog, Long> cleanedUntil;
    private final Map<CleanableLog, Uncleanable> failures = new HashMap<>();
    private final Set<CleanableLog> underWay = new HashSet<>();
    private final List<Uncleanable> unreadableSince = new ArrayList<>();
    private double dirtiest;
    private long mostOverdueMs;
    private long uncleanableBytes;
    private boolean changed;

    /** @param stored up to where logs are clean */
    CleanerState(Map<CleanableLog, Long> stored, long retryMs) {
        this.cleanedUntil = new HashMap<>(stored);
        this.retryMs = retryMs;
    }

    /** The log with the greatest share of dirty bytes of those that are worth it; it is taken until {@link #done} or {@link #failed}. */
    Optional<Job> choose(Collection<? extends CleanableLog> logs, long now) {
        forgetOthers(logs);
        dirtiest = 0;
        mostOverdueMs = 0;
        uncleanableBytes = 0;
        Job best = null;
        for (CleanableLog log : logs) {
            if (underWay.contains(log)) {
                continue;
            }
            DirtyRange range = look(log, now);
            if (range == null) {
                continue;
            }
            if (range.invalidStart()) {
                cleanedUntil.put(log, range.firstDirty());
                changed = true;
            }
            Uncleanable failure = failures.get(log);
            if (failure != null) {
                uncleanableBytes += range.dirtyBytes();
            }
            dirtiest = Math.max(dirtiest, range.ratio());
            mostOverdueMs = Math.max(mostOverdueMs, range.dirtyBytes() > 0 ? range.overdueMs() : 0);
            if (!rests(log, now) && range.isWorthCleaning(log.policy()) && (best == null || range.ratio() > best.range().ratio())) {
                best = new Job(log, range);
            }
        }
        if (best != null) {
            underWay.add(best.log());
        }
        return Optional.ofNullable(best);
    }

    /** @return null if its files do not tell, which must not keep the others from being cleaned */
    private DirtyRange look(CleanableLog log, long now) {
        try {
            return DirtyRange.of(log, cleanedUntil.getOrDefault(log, -1L), now);
        } catch (RuntimeException unreadable) {
            if (log.isOnline() && !rests(log, now)) {
                unreadableSince.add(failed(log, String.valueOf(unreadable.getMessage() == null ? unreadable : unreadable.getMessage()), now));
            }
            return null;
        }
    }

    private boolean rests(CleanableLog log, long now) {
        Uncleanable failure = failures.get(log);
        return failure != null && failure.retryAt() > now;
    }

    private void forgetOthers(Collection<? extends CleanableLog> logs) {
        Set<CleanableLog> present = new HashSet<>(logs);
        // One whose policy is not compact for a while keeps what is known of it, as its file does.
        changed |= cleanedUntil.keySet().removeIf(log -> !present.contains(log) && !underWay.contains(log) && !log.isOnline());
        failures.keySet().removeIf(log -> !present.contains(log) && !underWay.contains(log));
    }

    void done(CleanableLog log, long until) {
        underWay.remove(log);
        failures.remove(log);
        cleanedUntil.put(log, until);
        changed = true;
    }

    /** It is left alone for a while, which is longer with every failure in a row. */
    Uncleanable failed(CleanableLog log, String reason, long now) {
        underWay.remove(log);
        int count = failures.containsKey(log) ? failures.get(log).failures() + 1 : 1;
        Uncleanable failure = new Uncleanable(log.partition(), reason, count, now + (retryMs << Math.min(count - 1, MOST_DOUBLINGS)));
        failures.put(log, failure);
        return failure;
    }

    /** It went offline meanwhile, or the cleaner stops. */
    void abandoned(CleanableLog log) {
        underWay.remove(log);
    }

    /** Logs that could not even be looked at, since the last call. */
    List<Uncleanable> takeUnreadable() {
        List<Uncleanable> taken = List.copyOf(unreadableSince);
        unreadableSince.clear();
        return taken;
    }

    /** What is to be stored if it changed since the last call. */
    Optional<Map<CleanableLog, Long>> takeChanges() {
        if (!changed) {
            return Optional.empty();
        }
        changed = false;
        return Optional.of(Map.copyOf(cleanedUntil));
    }

    /** The last changes could not be stored. */
    void keepChanges() {
        changed = true;
    }

    boolean isUnderWay() {
        return !underWay.isEmpty();
    }

    double dirtiest() {
        return dirtiest;
    }

    long mostOverdueMs() {
        return mostOverdueMs;
    }

    long uncleanableBytes() {
        return uncleanableBytes;
    }

    List<Uncleanable> uncleanable() {
        return new ArrayList<>(failures.values());
    }
}
