package io.millrace.broker.log;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;

/**
 * The part of a segment that was written before the last start and that nobody has looked at since. Recovery reads only what the last
 * checkpoint does not cover, or starting would take as long as reading the disk; the rest is checked when it is read first, once. So what a
 * failing disk or a bad power supply turned into something else is never served, and a healthy log pays for one CRC of what is read at all.
 *
 * <p>No CRC covers a batch's offset, but its neighbours tell: it does not begin before the one before it ends.
 */
final class UnverifiedBytes {

    private final int until;
    private final long baseOffset;
    private final long endOffset;
    /** Checked stretches, begin to end; neighbours are one. */
    private final TreeMap<Integer, Integer> checked = new TreeMap<>();

    /**
     * @param until      what follows was checked by recovery or written later
     * @param baseOffset no offset is before it
     * @param endOffset  every offset is before it
     */
    UnverifiedBytes(int until, long baseOffset, long endOffset) {
        this.until = until;
        this.baseOffset = baseOffset;
        this.endOffset = endOffset;
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

    private int firstDamage(FileRecords file, int from, int to) {
        int at = from;
        FileChannelRecordBatch before = null;
        boolean behindGap = false;
        try {
            for (FileChannelRecordBatch batch : file.batchesFrom(from)) {
                BatchSearch.checkFormat(file.file(), batch);
                if (before != null && batch.baseOffset() < before.nextOffset()) {
                    // One of the two has a wrong offset: the one that does not fit what is before.
                    boolean first = before.position() == from ? before.baseOffset() != endBefore(file, from) : behindGap;
                    return first ? before.position() : at;
                }
                if (batch.position() >= to) {
                    break;
                }
                if (batch.baseOffset() < baseOffset || batch.lastOffset() < batch.baseOffset() || batch.lastOffset() >= endOffset) {
                    return at;
                }
                batch.ensureValid();
                behindGap = before != null && batch.baseOffset() != before.nextOffset();
                before = batch;
                at = batch.position() + batch.sizeInBytes();
            }
        } catch (KafkaException | IllegalArgumentException damaged) {
            if (at == from) {
                throwUnlessDamage(file, damaged);
            }
            return at;
        }
        return at;
    }

    private static void throwUnlessDamage(FileRecords file, RuntimeException failure) {
        try {
            ReadFailure.throwUnlessDamage(file.file().toPath(), failure);
        } catch (IOException ofDisk) {
            throw new KafkaStorageException(ofDisk.getMessage(), ofDisk);
        }
    }

    private long endBefore(FileRecords file, int position) {
        long end = baseOffset;
        for (FileChannelRecordBatch batch : file.batchesFrom(0)) {
            if (batch.position() >= position) {
                break;
            }
            end = batch.nextOffset();
        }
        return end;
    }
}
