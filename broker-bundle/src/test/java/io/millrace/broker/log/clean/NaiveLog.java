package io.millrace.broker.log.clean;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a compacted log must hold, found by looking at every record each time. */
public final class NaiveLog {

    /** @param value null for a tombstone */
    public record Entry(long offset, long batch, String key, String value, long timestamp) {}

    private static final class Transaction {
        private Boolean committed;
    }

    private final TreeMap<Long, Entry> entries = new TreeMap<>();
    private final Map<Long, Transaction> transactionOf = new HashMap<>();
    private final Map<Long, Transaction> open = new HashMap<>();
    private final Map<Long, Long> horizons = new HashMap<>();

    /** @param producerId of a transaction, or -1 */
    public void append(Entry entry, long producerId) {
        entries.put(entry.offset(), entry);
        if (producerId >= 0) {
            transactionOf.put(entry.offset(), open.computeIfAbsent(producerId, _ -> new Transaction()));
        }
    }

    public void end(long producerId, boolean commit) {
        Transaction transaction = open.remove(producerId);
        if (transaction != null) {
            transaction.committed = commit;
        }
    }

    /**
     * @param until       up to where keys were noted
     * @param segmentsEnd where the last segment ends that was written anew
     */
    public void clean(long until, long segmentsEnd, long now, long retentionMs) {
        List<Entry> remaining = new ArrayList<>();
        for (Entry entry : entries.headMap(segmentsEnd).values()) {
            boolean survives = !isAborted(entry) && (entry.offset() >= until || isLatest(entry, until)
                    && (entry.value() != null || horizons.getOrDefault(entry.batch(), Long.MAX_VALUE) > now));
            if (survives) {
                remaining.add(entry);
            }
        }
        entries.headMap(segmentsEnd).clear();
        for (Entry entry : remaining) {
            entries.put(entry.offset(), entry);
            if (entry.value() == null) {
                horizons.putIfAbsent(entry.batch(), now + retentionMs);
            }
        }
    }

    private boolean isLatest(Entry entry, long until) {
        if (entry.key() == null) {
            return false;
        }
        for (Entry later : entries.subMap(entry.offset(), false, until, false).values()) {
            if (entry.key().equals(later.key()) && !isAborted(later)) {
                return false;
            }
        }
        return true;
    }

    private boolean isAborted(Entry entry) {
        Transaction transaction = transactionOf.get(entry.offset());
        return transaction != null && Boolean.FALSE.equals(transaction.committed);
    }

    /** What a consumer gets that reads uncommitted records. */
    public List<Entry> uncommitted() {
        return List.copyOf(entries.values());
    }

    /** What a consumer gets that reads committed records only, before the offset. */
    public List<Entry> committed(long before) {
        return entries.headMap(before).values().stream().filter(entry -> !isAborted(entry)).toList();
    }

    /** The latest value of each key that is not deleted. */
    public static Map<String, String> table(List<Entry> entries) {
        Map<String, String> table = new TreeMap<>();
        for (Entry entry : entries) {
            if (entry.key() != null) {
                if (entry.value() == null) {
                    table.remove(entry.key());
                } else {
                    table.put(entry.key(), entry.value());
                }
            }
        }
        return table;
    }
}
