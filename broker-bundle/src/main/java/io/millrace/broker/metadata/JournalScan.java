package io.millrace.broker.metadata;

import java.nio.ByteBuffer;

/** Looks for whole records of a journal where their beginnings are not known. */
final class JournalScan {

    /** A type and a version. */
    static final int SHORTEST = 2;

    private JournalScan() {
    }

    /** @return the first byte at or after {@code from} at which a record begins that is whole, or -1 */
    static int nextRecord(ByteBuffer content, int from) {
        for (int at = from; at + FileJournal.HEADER + SHORTEST <= content.limit(); at++) {
            int length = content.getInt(at);
            if (length >= SHORTEST && length <= FileJournal.MAX_RECORD && length <= content.limit() - at - FileJournal.HEADER) {
                byte[] payload = new byte[length];
                content.get(at + FileJournal.HEADER, payload);
                if (FileJournal.crc(payload) == content.getInt(at + Integer.BYTES)) {
                    return at;
                }
            }
        }
        return -1;
    }
}
