package io.millrace.broker.log;

/**
 * Looks through the records of a batch for anything unusual, over plain bytes and without an object per record: that is where most of an append's
 * time would go. It only tells flawless batches from others; what is wrong with the others is for a slower look to say.
 *
 * <p>Layout: "Record" in Kafka's message format, magic 2. Confined to one thread.
 */
final class RecordScan {

    /** The time of records without one. */
    private static final long NO_TIMESTAMP = -1;

    private byte[] bytes;
    private int position;
    private int end;

    /**
     * @param bytes         which hold the uncompressed records
     * @param from          first byte of the first record
     * @param to            byte after the last record
     * @param count         how many records there should be
     * @param baseTimestamp of the batch, in milliseconds
     * @param earliest      no record may be older
     * @param latest        no record may be younger
     * @param keyed         whether each must have a key
     * @return whether exactly these records are there, well-formed, with offset deltas 0, 1, 2, ..., and within the bounds
     */
    boolean isFlawless(byte[] bytes, int from, int to, int count, long baseTimestamp, long earliest, long latest, boolean keyed) {
        this.bytes = bytes;
        this.position = from;
        this.end = to;
        try {
            for (int index = 0; index < count; index++) {
                if (!isFlawless(index, baseTimestamp, earliest, latest, keyed)) {
                    return false;
                }
            }
            return position == to;
        } finally {
            this.bytes = null;
        }
    }

    private boolean isFlawless(int index, long baseTimestamp, long earliest, long latest, boolean keyed) {
        int size = varint();
        int next = position + size;
        if (size <= 0 || next > end || next < 0) {
            return false;
        }
        int all = end;
        end = next;
        position++; // attributes, of which none is in use
        long timestamp = baseTimestamp + varlong();
        if (varint() != index || timestamp < earliest || timestamp > latest || timestamp == NO_TIMESTAMP) {
            return false;
        }
        int key = varint();
        if (key < -1 || keyed && key < 0 || !skip(key)) {
            return false;
        }
        int value = varint();
        if (value < -1 || !skip(value) || !skipHeaders()) {
            return false;
        }
        end = all;
        return position == next;
    }

    private boolean skipHeaders() {
        int headers = varint();
        if (headers < 0) {
            return false;
        }
        for (; headers > 0; headers--) {
            int key = varint();
            if (key < 0 || !skip(key)) {
                return false;
            }
            int value = varint();
            if (value < -1 || !skip(value)) {
                return false;
            }
        }
        return true;
    }

    /** @return whether that many bytes are there; none if negative */
    private boolean skip(int count) {
        if (count > 0) {
            if (count > end - position) {
                return false;
            }
            position += count;
        }
        return true;
    }

    /** Zigzag; {@link Integer#MIN_VALUE}, which no field may be, where the bytes end early or go on for too long. */
    private int varint() {
        int at = position;
        int raw = 0;
        for (int shift = 0; shift < 35 && at < end; shift += 7) {
            byte next = bytes[at++];
            raw |= (next & 0x7f) << shift;
            if (next >= 0) {
                position = at;
                return raw >>> 1 ^ -(raw & 1);
            }
        }
        return Integer.MIN_VALUE;
    }

    /** Zigzag; {@link Long#MIN_VALUE} where the bytes end early or go on for too long. */
    private long varlong() {
        int at = position;
        long raw = 0;
        for (int shift = 0; shift < 70 && at < end; shift += 7) {
            byte next = bytes[at++];
            raw |= (next & 0x7fL) << shift;
            if (next >= 0) {
                position = at;
                return raw >>> 1 ^ -(raw & 1);
            }
        }
        return Long.MIN_VALUE;
    }
}
