package io.millrace.broker.log;

import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;

/**
 * The part of a segment that was written before an unclean stop and that nobody has looked at since. Recovery reads only what the last
 * checkpoint does not cover, or starting would take as long as reading the disk; the rest is checked when it is read first, once. So what a
 * failing disk or a bad power supply turned into something else is never served, and a healthy log pays for one CRC of what is read at all.
 */
final class UnverifiedBytes {

    private final int until;
    /** Checked stretches, begin to end; neighbours are one. */
    private final TreeMap<Integer, Integer> checked = new TreeMap<>();

    /** @param until what follows was checked by recovery or written later */
    UnverifiedBytes(int until) {
        this.until = until;
    }

    /** @return {@code to}, or where the first damaged batch begins */
    synchronized int check(FileRecords file, int from, int to) {
        int at = from;
        while (at < Math.min(to, until)) {
            Map.Entry<Integer, Integer> before = checked.floorEntry(at);
            if (before != null && before.getValue() > at) {
                at = before.getValue();
                continue;
            }
            Integer next = checked.higherKey(at);
            int sound = firstDamage(file, at, Math.min(Math.min(to, until), next == null ? Integer.MAX_VALUE : next));
            note(at, sound);
            if (sound < Math.min(Math.min(to, until), next == null ? Integer.MAX_VALUE : next)) {
                return sound;
            }
            at = sound;
        }
        return to;
    }

    private void note(int from, int to) {
        if (to <= from) {
            return;
        }
        int begin = from;
        int end = to;
        Map.Entry<Integer, Integer> before = checked.floorEntry(from);
        if (before != null && before.getValue() >= from) {
            begin = before.getKey();
            end = Math.max(end, before.getValue());
        }
        Integer after = checked.remove(to);
        if (after != null) {
            end = after;
        }
        checked.put(begin, end);
    }

    /** @param bytes size of the segment */
    synchronized boolean isDone(int bytes) {
        Map.Entry<Integer, Integer> first = checked.firstEntry();
        return first != null && first.getKey() == 0 && first.getValue() >= Math.min(until, bytes);
    }

    private static int firstDamage(FileRecords file, int from, int to) {
        int at = from;
        try {
            for (FileChannelRecordBatch batch : file.batchesFrom(from)) {
                if (batch.position() >= to) {
                    break;
                }
                batch.ensureValid();
                at = batch.position() + batch.sizeInBytes();
            }
        } catch (KafkaException damaged) {
            return at;
        }
        return at;
    }
}
