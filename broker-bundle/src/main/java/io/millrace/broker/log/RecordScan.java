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
    private static final int UNDECIDED = -1;
    /** The length of a key or value that there is none of, as it is written. */
    private static final int ABSENT = 1;
    /** More bytes than the fields before a usual record's key take. */
    private static final int HEAD = 12;
    /** As many as those after it take at least, with a value's length of two bytes. */
    private static final int TAIL = 3;

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
                int next = quick(bytes, position, to, index, baseTimestamp, earliest, latest, keyed);
                if (next != UNDECIDED) {
                    position = next;
                } else if (!isFlawless(index, baseTimestamp, earliest, latest, keyed)) {
                    return false;
                }
            }
            return position == to;
        } finally {
            this.bytes = null;
        }
    }

    /**
     * Looks at a record as most are: no number in it takes more than two bytes, and it has no headers. The lengths before key and value only ever lead
     * forward, so whoever comes out exactly at the record's end has read nothing behind it.
     *
     * @return where it ends if it is flawless; else {@link #UNDECIDED}
     */
    private static int quick(byte[] bytes, int from, int to, int index, long baseTimestamp, long earliest, long latest, boolean keyed) {
        if (to - from < HEAD) {
            return UNDECIDED;
        }
        int at = from;
        int size = bytes[at++];
        if (size < 0) {
            size = both(size, bytes[at++]);
        }
        int end = at + (size >> 1);
        at++; // attributes, of which none is in use
        int time = bytes[at++];
        if (time < 0) {
            time = both(time, bytes[at++]);
        }
        int offset = bytes[at++];
        if (offset < 0) {
            offset = both(offset, bytes[at++]);
        }
        int key = bytes[at++];
        if (key < 0) {
            key = both(key, bytes[at++]);
        }
        long timestamp = baseTimestamp + (time >>> 1 ^ -(time & 1));
        if ((size & 1) != 0 || time < 0 || offset != index << 1 || timestamp < earliest || timestamp > latest || timestamp == NO_TIMESTAMP) {
            return UNDECIDED;
        }
        int value = afterKey(at, to, key, keyed);
        if (value < 0) {
            return UNDECIDED;
        }
        at = value;
        int length = bytes[at++];
        if (length < 0) {
            length = both(length, bytes[at++]);
        }
        if ((length & 1) == 0 && length >= 0) {
            at += length >> 1;
        } else if (length != ABSENT) {
            return UNDECIDED;
        }
        return at < to && bytes[at] == 0 && at + 1 == end ? end : UNDECIDED;
    }

    /** Where the value's length is. */
    private static int afterKey(int at, int to, int key, boolean keyed) {
        int next = (key & 1) == 0 && key >= 0 ? at + (key >> 1) : key == ABSENT && !keyed ? at : UNDECIDED;
        return next <= to - TAIL ? next : UNDECIDED;
    }

    /** A number of two bytes; negative if there are more. */
    private static int both(int first, byte second) {
        return first & 0x7f | second << 7;
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
